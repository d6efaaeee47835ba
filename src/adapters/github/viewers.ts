/** Viewers: people sign in by the App's web flow, and GitHub says with their own token what they may see (T36). */
import { createHash } from 'node:crypto'
import type { Octokit } from '@octokit/rest'
import { z } from 'zod'
import { RetryLater } from '../../core/errors.ts'
import { RepositoryName } from '../../core/ids.ts'
import type { Clock, Log, Metrics, Viewers } from '../../core/ports.ts'
import { jobSignalWithin } from '../abort.ts'
import { parts } from './access.ts'
import { RestAccount } from './accounts.ts'
import { checked, nextPage } from './answers.ts'
import { createFailing } from './failing.ts'
import { GitHubRefusal } from './failures.ts'
import { createOctokit } from './octokit.ts'
import { createPacing } from './pacing.ts'
import { createWebFlow } from './webFlow.ts'

/** A person waits in front of a browser. */
const defaultTimeoutMs = 10_000
/** Of a token for which GitHub names no end: an App may have switched off that tokens expire. */
const longestLifeMs = 8 * 3_600_000
const repositoriesListed = 1000
/** Of repositories, over all installations: what a person may not open counts too. */
const pagesAsked = 50

const Permissions = z.record(z.string(), z.boolean()).default({})
const Repository = z.object({ full_name: z.string(), private: z.boolean(), permissions: Permissions })
const Repositories = z.object({ repositories: z.array(Repository) })
const Installation = z.object({ id: z.number().int(), suspended_at: z.string().nullish() })
const Installations = z.object({ installations: z.array(Installation) })

export interface ViewersOptions {
  /** From the App's settings page. */
  credentials: { clientId: string; clientSecret: string }
  /** As for the forge; the website's address follows from it. */
  baseUrl: string
  clock: Clock
  log: Log
  metrics: Metrics
  /** Told every token at each use, so that the log can blank it by value (O5). */
  onSecret: (secret: string) => void
  /** How long one request may take. */
  timeoutMs?: number
}

/** Nothing is asked before the first call, and nothing is kept between two: how long an answer counts is the caller's to say. */
export function createViewers(options: ViewersOptions): Viewers {
  const { credentials, clock, log, metrics, onSecret } = options
  const octokit = createOctokit(options.baseUrl.replace(/\/+$/, ''), log)
  boundAndCount(octokit, metrics, options.timeoutMs ?? defaultTimeoutMs)
  const pacing = createPacing(clock)
  const failing = createFailing(clock, pacing)
  const webFlow = createWebFlow({ credentials, octokit, pacing, failing, log, onSecret })

  /** Each person has limits of their own, and waits for nobody else's. */
  async function ask(token: string, route: string, parameters: object = {}): Promise<Shown> {
    onSecret(token)
    const who = createHash('sha256').update(token).digest('hex').slice(0, 16)
    const headers = { authorization: `Bearer ${token}` }
    try {
      const { data, headers: told } = await pacing.read(who, () =>
        octokit.request(route, { ...parameters, headers }),
      )
      return { kind: 'shown', data, link: told.link }
    } catch (error) {
      return refusedTo(failing(who, `${route} for a viewer`, error))
    }
  }

  async function repositoriesOf(token: string, installations: number[]): Promise<RepositoryName[] | null> {
    const route = 'GET /user/installations/{installation_id}/repositories'
    const names: RepositoryName[] = []
    let pages = 0
    for (const installation_id of installations) {
      let next: object | null = {}
      while (next !== null && pages < pagesAsked && names.length < repositoriesListed) {
        pages += 1
        const answer = await ask(token, route, { installation_id, per_page: 100, ...next })
        if (answer.kind === 'gone') return null
        // Suspended, or taken off, since it was listed.
        if (answer.kind === 'hidden') break
        const { repositories } = checked(route, Repositories, answer.data)
        names.push(...repositories.filter(mayOpen).flatMap(({ full_name }) => nameOf(full_name)))
        next = nextPage(answer.link)
      }
    }
    return names.slice(0, repositoriesListed).sort(byName)
  }

  return {
    address: ({ state, callback }) => webFlow.address(state, callback),

    async signIn({ code, callback }) {
      // Before the exchange: by our clock the token ends a little early rather than late.
      const askedMs = clock.nowMs()
      const given = await webFlow.exchange(code, callback)
      if (given === null) return null
      const token = given.access_token
      const lifeMs = given.expires_in === undefined ? longestLifeMs : given.expires_in * 1000
      try {
        const answer = await ask(token, 'GET /user')
        if (answer.kind !== 'shown') return null
        return { account: checked('GET /user', RestAccount, answer.data), token, expiresMs: askedMs + lifeMs }
      } catch (error) {
        // Nobody is handed this token any more.
        await webFlow.takeBack(token)
        throw error
      }
    },

    async mayRead(token, repository) {
      const route = 'GET /repos/{owner}/{repo}'
      const answer = await ask(token, route, parts(repository))
      if (answer.kind !== 'shown') return answer.kind === 'gone' ? 'gone' : 'no'
      const found = checked(route, Repository, answer.data)
      // An old name leads to what now stands under another.
      const same = found.full_name.toLowerCase() === repository.toLowerCase()
      return same && mayOpen(found) ? 'yes' : 'no'
    },

    async repositories(token) {
      const route = 'GET /user/installations'
      const answer = await ask(token, route, { per_page: 100 })
      if (answer.kind !== 'shown') return answer.kind === 'gone' ? null : []
      const { installations } = checked(route, Installations, answer.data)
      const working = installations.filter((one) => !one.suspended_at).map((one) => one.id)
      return repositoriesOf(token, working)
    },

    async signOut(token) {
      onSecret(token)
      await webFlow.takeBack(token)
    },
  }
}

/** Around every request, those of the sign-in library included. */
function boundAndCount(octokit: Octokit, metrics: Metrics, timeoutMs: number): void {
  octokit.hook.wrap('request', async (request, options) => {
    try {
      // Set in place: what a hook hands on to the next one is not looked at.
      options.request = { ...options.request, signal: jobSignalWithin(timeoutMs) }
      const response = await request(options)
      const { status, data } = response
      if (status !== 204 && (typeof data !== 'object' || data === null))
        throw new RetryLater("GitHub's answer was cut short, or is not GitHub's", timeoutMs)
      return response
    } finally {
      metrics.count('github_requests_total', { kind: options.method === 'GET' ? 'read' : 'token' })
    }
  })
}

type Shown =
  | { kind: 'shown'; data: unknown; link: string | undefined }
  | { kind: 'hidden' }
  | { kind: 'gone' }

/** What a refusal says of the person: 401 ends the token; 403, 404 and 451 hide what was asked for. Throws anything else. */
function refusedTo(error: unknown): Shown {
  const status = error instanceof GitHubRefusal ? error.status : null
  if (status === 401) return { kind: 'gone' }
  if (status === 403 || status === 404 || status === 451) return { kind: 'hidden' }
  throw error
}

/**
 * A public repository is the whole world's to read, and what agents cost there, what was objected to, and where
 * enforcement is weak are not: it takes a role that somebody gave. Internal repositories say `private` too.
 */
function mayOpen({ private: hidden, permissions }: z.infer<typeof Repository>): boolean {
  return hidden
    ? permissions['pull'] === true
    : permissions['triage'] === true || permissions['push'] === true
}

/** Nothing for a name that no repository of ours can have. */
function nameOf(fullName: string): RepositoryName[] {
  return RepositoryName.safeParse(fullName).success ? [fullName] : []
}

function byName(one: RepositoryName, other: RepositoryName): number {
  return one.toLowerCase() < other.toLowerCase() ? -1 : 1
}
