/** GitHub read with a person's own token: what the App reads of a pull request, and nothing that writes (O7). */
import { z } from 'zod'
import type { RepositoryName } from '../../core/ids.ts'
import type { Clock, ForgeReads, GitCredentials, Log, MergedPull, PullReads } from '../../core/ports.ts'
import type { AppIdentity } from '../../core/snapshot/common.ts'
import { readArtifact } from './artifacts.ts'
import { createClient } from './client.ts'
import { absentOn404, GitHubRefusal } from './failures.ts'
import { webAddress } from './forge.ts'
import { createLru } from './lru.ts'
import { createChecks, readWorkflowRuns } from './readChecks.ts'
import { readMerged } from './readMerged.ts'
import { readPushes } from './readMoves.ts'
import { createStandings } from './readPeople.ts'
import { createOpenedBy, readPull } from './readPull.ts'
import * as repositories from './readRepository.ts'

export interface ReaderOptions {
  token: string
  /** As for the forge. */
  baseUrl: string
  /** The App for which is read: its own checks and comments are known as such, if it is there already. */
  app: AppIdentity
  clock: Clock
  log: Log
  /** Told of every request. */
  onRequest: () => void
}

/** What is left of a person's requests of this hour. */
export interface Allowance {
  limit: number
  left: number
  /** Milliseconds since 1970. */
  renewedAtMs: number
}

export interface Reader extends PullReads, Pick<ForgeReads, 'identity' | 'artifact'> {
  merged(name: RepositoryName, base: string, wanted: { most: number; sinceMs: number }): Promise<MergedPull[]>
  /** The smaller of what REST and GraphQL leave; null on a server without limits. Asking is free. */
  allowance(): Promise<Allowance | null>
  credentials: Pick<GitCredentials, 'read'>
}

/** What is asked twice (a person's role, a head's checks) is asked once; of each kind of question so many are kept. */
const answersKept = 200
const Resource = z.object({ limit: z.number(), remaining: z.number(), reset: z.number() })
const Limits = z.object({ resources: z.object({ core: Resource, graphql: Resource.optional() }) })

/**
 * Read GitHub as one person sees it. An answer is kept for as long as the reader: it is made for one short run.
 *
 * Every method throws as the forge's do, in words for somebody who holds a token and no App.
 */
export function createReader(options: ReaderOptions): Reader {
  const { token, app, clock, log, onRequest } = options
  const baseUrl = options.baseUrl.replace(/\/+$/, '')
  const nothing = () => undefined
  const client = createClient({
    as: { token },
    baseUrl,
    clock,
    log,
    metrics: { count: onRequest, observe: nothing, gauge: nothing },
    onSecret: nothing,
    // It writes nothing.
    clean: (text) => text,
  })
  const checks = createChecks(client, app.appId)
  const files = repositories.createFiles(client, clock)
  const standing = createStandings(client, log, clock)
  const know = { openedBy: createOpenedBy(), checks, files, own: [app.bot] as const }
  return {
    identity: async () => app,
    repository: once((name) => repositories.readRepository(client, name)),
    branchTip: once((name, ref) => repositories.readBranchTip(client, name, ref)),
    file: once(files.read),
    pull: once((name, number) => readPull(client, know, name, number)),
    checks: once(checks.read),
    workflowRuns: once((name, sha) => readWorkflowRuns(client, name, sha)),
    pushes: once((name, ref) => readPushes(client, name, ref)),
    standing: once(standing),
    artifact: (name, request) => forHolder(readArtifact(client, name, request)),
    merged: once((name, base, wanted) => readMerged(client, name, base, wanted)),
    allowance: once(async () => {
      const answer = await absentOn404(client.rest({ kind: 'app' }, 'GET /rate_limit', {}, Limits))
      if (!answer.found) return null
      const { core, graphql = core } = answer.value.resources
      const { limit, remaining, reset } = graphql.remaining < core.remaining ? graphql : core
      return { limit, left: remaining, renewedAtMs: reset * 1000 }
    }),
    credentials: { read: async (name) => ({ url: `${webAddress(baseUrl)}/${name}.git`, token }) },
  }
}

/** The same read, whose answer to the same question is kept. */
function once<A extends unknown[], R>(read: (...asked: A) => Promise<R>): (...asked: A) => Promise<R> {
  const kept = createLru<Promise<R>>({ entries: answersKept })
  return (...asked) => {
    const key = JSON.stringify(asked)
    const known = kept.get(key)
    if (known !== undefined) return known
    const answer = forHolder(read(...asked))
    kept.set(key, answer)
    answer.catch(() => kept.delete(key))
    return answer
  }
}

/** Refusals in words for the holder of a token. */
async function forHolder<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw inOtherWords(error)
  }
}

function inOtherWords(error: unknown): unknown {
  if (!(error instanceof GitHubRefusal)) return error
  const { status, words } = error
  if (status === 401)
    return new GitHubRefusal(
      status,
      words,
      `GitHub does not accept GITHUB_TOKEN (${words}). Make a new one in your GitHub settings, under Developer settings.`,
      { cause: error },
    )
  if (status !== 403) return error
  return new GitHubRefusal(
    status,
    words,
    `GITHUB_TOKEN may not read this: GitHub answered 403, ${words}. docs/backtest.md lists what it has to read.`,
    { cause: error },
  )
}
