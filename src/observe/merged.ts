/** Observing a pull request as it was when it was merged, from what GitHub still shows of it (O7). */
import type { Account } from '../core/account.ts'
import { RetryLater, Terminal } from '../core/errors.ts'
import type { Fact, FactBody } from '../core/facts.ts'
import { formatKey, type RepositoryName, type Sha, type SubjectKey } from '../core/ids.ts'
import type { MergedPull, PullObservation } from '../core/ports.ts'
import type { NativeReview, PullSnapshot } from '../core/snapshot/pull.ts'
import type { Policy } from '../policy/schema.ts'
import { type PastPorts, viewOfPast } from './mergedView.ts'
import { observePull } from './pull.ts'

/**
 * The pull request in its last round before the merge, at its best where the past is not told: what stops this snapshot
 * would have stopped the pull request. What passes has passed for certain only where `doubts` is empty (S9).
 */
export type Past =
  | {
      known: true
      snapshot: PullSnapshot<Policy>
      /** False: the snapshot says that its author pushed it. */
      pusherKnown: boolean
      doubts: string[]
    }
  /** Not even the change can be seen, for this reason. */
  | { known: false; sentence: string }

/**
 * Observe with production's own reader on a view of the past. Roles and teams are those of now.
 *
 * @param policy what it is judged by; its merge mode is left aside, since what GitHub's rules enforce is doctor's to say.
 * @throws Terminal for what the App refuses to look at (T18) and RetryLater when GitHub is limited or out.
 */
export async function observeMerged(
  name: RepositoryName,
  merged: MergedPull,
  policy: Policy,
  ports: PastPorts,
): Promise<Past> {
  const found = await ports.forge.pull(name, merged.number)
  if (!found.found) return { known: false, sentence: 'GitHub does not show it any more.' }
  const base = await baseOf(merged, found.value, ports)
  if (base === null)
    return {
      known: false,
      sentence:
        'Its change is not known: from no base that it may have had does git see the commits that GitHub lists.',
    }
  const past = before(merged, found.value, base)
  const { head, author } = past.pull
  const { pushes, why } = await pushesTo(name, past, ports)
  const pushed = pushes.some(({ sha }) => sha === head.sha)
  const key = formatKey({ kind: 'pull', repository: name, number: merged.number })
  const told: [FactBody, Account | null][] = [
    [{ kind: 'base.seen', baseRef: past.pull.base.ref, reviewsUpTo: 0 }, null],
    ...(pushed ? [] : [asPushed(head.sha, author)]),
  ]
  const facts = told.map(([body, actor], seq) => factOf(key, seq, body, actor, merged.mergedAtMs))
  const view = viewOfPast(name, past, pushes, facts, ports)
  const clock = { nowMs: () => merged.mergedAtMs }
  const judgedBy = { ...policy, merge: { ...policy.merge, mode: 'checks' as const } }
  const snapshot = await observePull(
    key,
    { ...view, clock },
    { depth: 1, policy: { ok: true, policy: judgedBy, sha: base, source: 'repository' } },
  )
  if (!snapshot) return { known: false, sentence: 'GitHub shows it under another name of the repository.' }
  const doubts = [
    ...(pushed ? [] : [`${why} It is judged as if its author had.`]),
    ...doubtsOf(merged, found.value),
  ]
  return {
    known: true,
    snapshot: { ...snapshot, missing: [] },
    pusherKnown: pushed,
    doubts: [...doubts, ...snapshot.missing],
  }
}

function doubtsOf({ reviewedMs }: MergedPull, { pull, reviews }: PullObservation): string[] {
  const changed = (pull.baseChanges ?? 0) > 0
  const dismissed = reviews.some((one) => isDismissed(one, pull.head.sha))
  return [
    ...(reviewedMs === null ? ['It has more than 100 reviews; when each was given is not read.'] : []),
    ...(changed
      ? ['Its base branch was changed: approvals and CI from before that would not have counted.']
      : []),
    ...(dismissed
      ? ['A review of the merged commit was dismissed; whether before the merge is not told.']
      : []),
  ]
}

const isDismissed = ({ state, sha }: NativeReview, head: Sha) => state === 'DISMISSED' && sha === head

/** What GitHub shows, as it was: open, on the base of that moment, without the reviews that came after the merge. */
function before(merged: MergedPull, seen: PullObservation, base: Sha): PullObservation {
  const { reviewedMs, mergedAtMs } = merged
  const cameLater = ({ id, state }: NativeReview) => {
    const submittedMs = reviewedMs?.get(id)
    // At best, one whose time is not read is an approval in time.
    if (submittedMs === undefined) return reviewedMs !== null || state === 'CHANGES_REQUESTED'
    return submittedMs > mergedAtMs
  }
  return {
    ...seen,
    pull: {
      ...seen.pull,
      state: 'open',
      draft: false,
      mergeCommit: null,
      // At best, it was reviewed and tested after the last change of its base.
      baseChanges: 0,
      base: { ...seen.pull.base, tip: base },
    },
    reviews: seen.reviews
      .filter((one) => !cameLater(one))
      .map((one) => (isDismissed(one, seen.pull.head.sha) ? { ...one, state: 'APPROVED' } : one)),
    siblings: [],
    baseRules: null,
  }
}

/**
 * The base's tip just before the merge: the one from which git sees exactly the commits that GitHub lists. What was
 * pushed onto its base without GitHub's button has none where the merge commit says.
 */
async function baseOf(
  merged: MergedPull,
  { pull, commits }: PullObservation,
  { collect }: PastPorts,
): Promise<Sha | null> {
  const listed = new Set(commits.map(({ sha }) => sha))
  for (const base of merged.bases) {
    const read = await collect({ kind: 'commits', base, head: pull.head.sha })
    if (!read?.ok || !('commits' in read.body)) continue
    const range = read.body.commits
    if (range.length === listed.size && range.every(({ sha }) => listed.has(sha))) return base
  }
  return null
}

/** Who pushed, as far as GitHub still tells, and why the last one is not known where it is not among them. */
async function pushesTo(name: RepositoryName, { pull: { head } }: PullObservation, { forge }: PastPorts) {
  if (head.fork) return { pushes: [], why: 'Who pushed to a fork is not told by GitHub.' }
  try {
    const why = 'GitHub does not tell any more who pushed its last commit.'
    return { pushes: await forge.pushes(name, head.ref), why }
  } catch (error) {
    if (error instanceof Terminal) return { pushes: [], why: error.forUser }
    if (error instanceof RetryLater) return { pushes: [], why: `${error.message}.` }
    throw error
  }
}

const asPushed = (sha: Sha, by: Account): [FactBody, Account] => [
  { kind: 'head.pushed', sha, before: null },
  by,
]

/** A fact as if it had been recorded; no chain holds it, and nothing reads its hash. */
function factOf(subject: SubjectKey, seq: number, body: FactBody, actor: Account | null, atMs: number): Fact {
  const none = '0'.repeat(64)
  return { subject, seq, actor, atMs, delivery: null, body, previousHash: none, hash: none }
}
