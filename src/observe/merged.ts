/** Observing a pull request as it was when it was merged, from what GitHub still shows of it (O7). */
import type { Account } from '../core/account.ts'
import { checkNames } from '../core/checkRun.ts'
import { Bug, RetryLater, Terminal } from '../core/errors.ts'
import { type EvidenceRequest, type EvidenceResult, evidenceKey } from '../core/evidence.ts'
import type { Fact, FactBody } from '../core/facts.ts'
import { type Digest, formatKey, type RepositoryName, type Sha, type SubjectKey } from '../core/ids.ts'
import type { MergedPull, PullObservation } from '../core/ports.ts'
import type { NativeReview, PullSnapshot } from '../core/snapshot/pull.ts'
import type { Policy } from '../policy/schema.ts'
import type { PullPorts } from './ports.ts'
import { observePull } from './pull.ts'

export interface PastPorts {
  forge: Omit<PullPorts['forge'], 'branchRules'>
  needs: PullPorts['needs']
  /** What git and CI left; undefined where it cannot be known any more. Asked once for each request. */
  collect(request: EvidenceRequest): Promise<EvidenceResult | undefined>
}

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
  const pushes = head.fork ? [] : await pushesTo(name, head.ref, ports)
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
  const doubts = [...(pushed ? [] : [unknownPusher]), ...reviewDoubts(merged, found.value, past.reviews)]
  return {
    known: true,
    snapshot: { ...snapshot, missing: [] },
    pusherKnown: pushed,
    doubts: [...doubts, ...snapshot.missing],
  }
}

const unknownPusher =
  'GitHub does not tell any more who pushed its last commit, so it is judged as if its author had.'

function reviewDoubts(
  { reviewedMs, baseChanged }: MergedPull,
  { pull, reviews }: PullObservation,
  past: readonly NativeReview[],
): string[] {
  const changed = baseChanged && past.some(({ state }) => state === 'APPROVED')
  const dismissed = reviews.some((one) => isDismissed(one, pull.head.sha))
  return [
    ...(reviewedMs === null ? ['It has more than 100 reviews; when each was given is not read.'] : []),
    ...(changed ? ['Its base branch was changed: approvals from before that would not have counted.'] : []),
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
      base: { ...seen.pull.base, tip: base },
    },
    reviews: seen.reviews
      .filter((one) => !cameLater(one))
      .map((one) => (isDismissed(one, seen.pull.head.sha) ? { ...one, state: 'APPROVED' } : one)),
    siblings: [],
    baseRules: null,
  }
}

/** What observing asks, answered by the past: the ledger has collected whatever it is asked for. */
function viewOfPast(
  name: RepositoryName,
  past: PullObservation,
  pushes: { sha: Sha; by: Account }[],
  facts: Fact[],
  { forge, needs, collect }: PastPorts,
): Omit<PullPorts, 'clock'> {
  const asked = new Map<Digest, EvidenceRequest>()
  return {
    forge: {
      ...forge,
      pull: async () => ({ found: true, value: past }),
      pushes: async () => pushes,
      async checks(repository, sha) {
        const { own, ci } = past.checks ?? (await forge.checks(repository, sha))
        // Without the App's id its own checks would look like somebody's CI; a job of Actions is one, whatever its name.
        return { own, ci: ci.filter((one) => one.workflowPath !== null || !ownNames.has(one.name)) }
      },
      branchRules() {
        throw new Bug('rules are watched in merge mode, and the past is judged in checks mode')
      },
    },
    needs: {
      pull(snapshot) {
        const requests = needs.pull(snapshot)
        for (const request of requests) asked.set(evidenceKey(name, request), request)
        return requests
      },
    },
    ledger: {
      facts: async (subject) => (subject === facts[0]?.subject ? facts : []),
      setting: async () => null,
      putSetting: async () => undefined,
      async evidence(keys) {
        const results = new Map<Digest, EvidenceResult>()
        for (const key of keys) {
          const request = asked.get(key)
          const result = request && (await collect(request))
          if (result) results.set(key, result)
        }
        return results
      },
    },
  }
}

const ownNames: ReadonlySet<string> = new Set(checkNames)

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

/** None, where the list cannot be read: who it was is then not known, and said so. */
async function pushesTo(name: RepositoryName, ref: string, { forge }: PastPorts) {
  try {
    return await forge.pushes(name, ref)
  } catch (error) {
    if (error instanceof Terminal || error instanceof RetryLater) return []
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
