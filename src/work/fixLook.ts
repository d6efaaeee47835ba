/** A fix's look at GitHub and git: the threads as they were asked about, by people who may, and their regions (F1, T24). */
import { hasRole } from '../core/account.ts'
import { sha256 } from '../core/digest.ts'
import { Terminal } from '../core/errors.ts'
import type { EvidenceResult } from '../core/evidence.ts'
import type { ThreadEnd } from '../core/facts/fix.ts'
import type { RepositoryName } from '../core/ids.ts'
import type { ForgeReads, Git, PullObservation, Readings } from '../core/ports.ts'
import { code } from '../core/sentences.ts'
import type { PolicyReading, RepositoryReading } from '../core/snapshot/common.ts'
import type { ReviewThread } from '../core/snapshot/pull.ts'
import { LineMapBody } from '../core/twoCommits.ts'
import type { LineRange } from '../fix/lineMap.ts'
import { requestText } from '../fix/prompt.ts'
import { type LineMapRequest, mapsFor, type RegionPlace, regionOf } from '../fix/region.ts'
import type { FixState } from '../fix/state.ts'
import type { Policy } from '../policy/schema.ts'

export interface LookPorts {
  readings: Pick<Readings, 'open'>
  git: Pick<Git, 'ensure' | 'collect'>
  readPolicy(
    repository: RepositoryReading,
    base: { ref: string; tip: string },
  ): Promise<PolicyReading<Policy>>
}

/** A thread that can be worked on. */
export interface CitedThread {
  thread: ReviewThread
  path: string
  range: LineRange
  comments: { author: string; text: string }[]
}

export interface Look {
  observed: PullObservation
  policy: PolicyReading<Policy>
  /** Why nothing may be pushed or done at all, or null. */
  refusal: string | null
  threads: CitedThread[]
  /** Threads that ended without work. */
  ended: ThreadEnd[]
}

/**
 * Read the pull request and resolve the request's threads.
 *
 * @param anew false: the round that accepted the request has just read the pull request, and that will do.
 */
export async function lookAt(
  name: RepositoryName,
  number: number,
  fix: FixState,
  anew: boolean,
  ports: LookPorts,
): Promise<Look> {
  const { forge } = ports.readings.open({ fresh: anew })
  const found = await forge.pull(name, number)
  if (!found.found)
    throw new Terminal(`#${number} of ${name} cannot be seen`, 'This pull request cannot be read any more.')
  const observed = found.value
  const policy = await ports.readPolicy(observed.repository, observed.pull.base)
  const { body } = fix.accepted
  const look: Look = { observed, policy, refusal: refusalOf(observed), threads: [], ended: [] }
  if (look.refusal !== null || !policy.ok) return look
  const place: RegionPlace = {
    head: observed.pull.head.sha,
    baseTip: observed.pull.base.tip,
    askedAt: body.head,
  }
  await ports.git.ensure(name, [place.head, place.baseTip])
  const readers = readersOf(name, forge)
  for (const asked of body.threads) {
    const end = (outcome: ThreadEnd['outcome'], reply: string) =>
      look.ended.push({ thread: asked.thread, root: asked.root, outcome, reply })
    const thread = observed.threads.find((one) => one.id === asked.thread)
    if (!thread) end('gone', 'This thread was deleted meanwhile; nothing was changed for it.')
    else if (thread.resolved) end('gone', 'This thread was resolved meanwhile; nothing was changed for it.')
    else {
      const comments = await readers(thread, asked.comments)
      if (typeof comments === 'string') end('refused', `Not fixed: ${comments}`)
      else {
        const region = await resolve(name, thread, fix, place, ports)
        if (region.ok) look.threads.push({ thread, path: region.path, range: region.range, comments })
        else end('refused', `Not fixed: ${region.sentence}`)
      }
    }
  }
  return look
}

function refusalOf({ pull }: PullObservation): string | null {
  if (pull.state !== 'open') return `This pull request is ${pull.state}.`
  // A fork's branch is not pushed to at all; its fix is a suggestion.
  if (pull.head.protected && !pull.head.fork)
    return `The branch ${code(pull.head.ref)} is protected by rules, so nothing is pushed to it. Open the pull request from a branch without rules, or make the change by hand.`
  return null
}

/** The frozen comments by people with write access and by Countersign itself; a sentence when none is left to act on. */
function readersOf(name: RepositoryName, forge: Pick<ForgeReads, 'identity' | 'standing'>) {
  const allowed = new Map<number, boolean>()
  return async (
    thread: ReviewThread,
    frozen: readonly { id: number; digest: string }[],
  ): Promise<CitedThread['comments'] | string> => {
    const digests = new Map(frozen.map((one) => [one.id, one.digest]))
    const { bot, drafterBot } = await forge.identity()
    const comments: CitedThread['comments'] = []
    for (const { id, author, body } of thread.comments) {
      const digest = digests.get(id)
      if (digest === undefined || author === null) continue
      if (digest !== sha256(body))
        return `a comment of this thread was edited after the request, so it is not what was asked. Comment ${code('/agent fix')} again.`
      if (author.id !== bot.id && author.id !== drafterBot?.id) {
        if (author.type !== 'User') continue
        let may = allowed.get(author.id)
        may ??= hasRole(await forge.standing(name, author, []), 'write')
        allowed.set(author.id, may)
        if (!may) continue
      } else if (body.startsWith('<!-- countersign:fix:')) continue
      const text = requestText(body)
      if (text !== '') comments.push({ author: author.login, text })
    }
    return comments.length > 0
      ? comments
      : 'nothing in this thread was written by somebody with write access. Say in your own words what to change, then ask again.'
  }
}

async function resolve(
  name: RepositoryName,
  thread: ReviewThread,
  fix: FixState,
  place: RegionPlace,
  { git }: LookPorts,
) {
  const { scope } = fix.accepted.body
  const maps = new Map<string, Awaited<ReturnType<typeof mapOf>>>()
  for (const request of mapsFor(thread, scope, place))
    maps.set(JSON.stringify(request), await mapOf(name, request, git))
  return regionOf(
    thread,
    scope,
    place,
    (request) => maps.get(JSON.stringify(request)) ?? { ok: false, reason: 'it was not read.' },
  )
}

async function mapOf(name: RepositoryName, request: LineMapRequest, git: LookPorts['git']) {
  try {
    await git.ensure(name, [request.from])
  } catch (error) {
    if (!(error instanceof Terminal)) throw error
    return {
      ok: false as const,
      reason: `the commented commit ${request.from.slice(0, 12)} is not there any more.`,
    }
  }
  const result: EvidenceResult = await git.collect(name, request)
  if (!result.ok) return { ok: false as const, reason: result.reason }
  return { ok: true as const, body: LineMapBody.parse(result.body) }
}
