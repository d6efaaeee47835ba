/** What every rule about a pull request starts from: policy, the issued plan, origin, writers and the change itself. */
import { judgeOrigin, type Origin } from '../../approvals/origin.ts'
import { effectiveProfile } from '../../approvals/profiles.ts'
import type { PeopleSettings, Profile } from '../../approvals/settings.ts'
import { type UpdateMerges, updateMerges } from '../../approvals/updates.ts'
import { writersOf } from '../../approvals/writers.ts'
import type { Account } from '../../core/account.ts'
import type { CommitBody, DiffBody, EvidenceRequest } from '../../core/evidence.ts'
import { type FactOf, factsOf, lastFact } from '../../core/facts.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import type { Policy } from '../../policy/schema.ts'

export interface PullContext {
  snapshot: PullSnapshot<Policy>
  policy: Policy
  /** The plan that the ledger issued for this very branch; null for everyone else's pull requests. */
  issued: FactOf<'plan.issued'> | null
  delegator: Account | null
  profile: Profile
  origin: Origin
  /** What policy asks of it: an agent's (or unclear) pull request always gets everything (A6). */
  treatment: PeopleSettings
  /** Null while git is being read, or when it could not be. */
  commits: CommitBody[] | null
  diff: DiffBody | null
  /** Why git could not be read, when that is final. */
  unreadable: string | null
  updates: UpdateMerges | null
  writers: Map<number, string> | null
  /** Our own task's pull request that holds nothing but its plan commit. */
  planning: boolean
}

export const diffOf = (snapshot: PullSnapshot, head = snapshot.pull.head.sha) =>
  ({ kind: 'diff', base: snapshot.pull.base.tip, head }) as const
export const commitsOf = (snapshot: PullSnapshot) =>
  ({ kind: 'commits', base: snapshot.pull.base.tip, head: snapshot.pull.head.sha }) as const

/** The issued plan that belongs to this pull request: same branch, same repository, never a fork's. */
function issuedPlan(snapshot: PullSnapshot): FactOf<'plan.issued'> | null {
  const issued = snapshot.task ? lastFact(snapshot.task.facts, 'plan.issued') : undefined
  const { head } = snapshot.pull
  if (!issued || head.fork || head.repositoryId !== snapshot.repository.id || issued.body.branch !== head.ref)
    return null
  return issued
}

/** Who pushed what: GitHub's activity and the heads that webhooks told of, together. */
function pushersOf(snapshot: PullSnapshot): { sha: string; by: Account }[] | 'unknown' {
  if (snapshot.pushers === 'unknown') return 'unknown'
  const told = factsOf(snapshot.facts, 'head.pushed').flatMap(({ actor, body }) =>
    actor ? [{ sha: body.sha, by: actor }] : [],
  )
  return [...snapshot.pushers, ...told]
}

/** Put together what the rules read. `policy` is the usable policy of the snapshot. */
export function contextOf(snapshot: PullSnapshot<Policy>, policy: Policy): PullContext {
  const issued = issuedPlan(snapshot)
  const frozen = issued && snapshot.task ? lastFact(snapshot.task.facts, 'bundle.frozen') : undefined
  const profile = effectiveProfile(policy.approvals.profile, frozen?.body.bundle.riskClass ?? null)
  const commitsResult = snapshot.evidence.get(commitsOf(snapshot))
  const diffResult = snapshot.evidence.get(diffOf(snapshot))
  const commits = commitsResult?.ok ? commitsResult.body.commits : null
  const diff = diffResult?.ok ? diffResult.body : null
  const failed = [commitsResult, diffResult].find((result) => result?.ok === false)
  const updates = commits && updateMerges(snapshot.pull.head.sha, commits, snapshot.evidence)
  const pushers = pushersOf(snapshot)
  const origin = judgeOrigin({
    app: snapshot.app,
    agents: policy.agents,
    pull: snapshot.pull,
    commits: snapshot.commits,
    gitCommits: commits,
    pushers,
    people: snapshot.people,
    facts: snapshot.facts,
    ownTask: issued !== null,
  })
  const people = policy.people ?? (profile === 'strict' ? 'gates' : 'pass')
  const mapped = snapshot.commits === 'unknown' ? null : new Set(snapshot.commits.map((commit) => commit.sha))
  const writers =
    commits &&
    updates &&
    !updates.pending &&
    mapped &&
    pushers !== 'unknown' &&
    snapshot.commits !== 'unknown' &&
    commits.every((commit) => mapped.has(commit.sha))
      ? writersOf({
          pull: snapshot.pull,
          commits: snapshot.commits,
          pushers,
          range: new Set(commits.map((commit) => commit.sha)),
          cleanMerges: updates.merges,
        })
      : null
  return {
    snapshot,
    policy,
    issued,
    delegator: frozen?.body.delegator ?? null,
    profile,
    origin,
    treatment: origin.kind === 'person' ? people : 'full',
    commits,
    diff,
    unreadable: failed && !failed.ok ? failed.reason : null,
    updates,
    writers,
    planning:
      issued !== null &&
      (snapshot.pull.head.sha === issued.body.commit || (diff !== null && diff.files.length === 0)),
  }
}

/** Evidence that approvals and origin read, beside what the gates ask for. */
export function contextNeeds(context: PullContext): EvidenceRequest[] {
  const { snapshot, updates } = context
  const covered = updates?.covered.slice(1) ?? []
  return [
    commitsOf(snapshot),
    diffOf(snapshot),
    ...(updates?.needs ?? []),
    ...covered.map((sha) => diffOf(snapshot, sha)),
  ]
}

/** The record of the base as it is now, or null when the base has changed since it was last put on record (T3). */
export function baseSeenNow({ facts, pull }: PullSnapshot): FactOf<'base.seen'>['body'] | null {
  const seen = lastFact(facts, 'base.seen')?.body
  return seen && seen.baseRef === pull.base.ref && (seen.baseChanges ?? 0) === (pull.baseChanges ?? 0)
    ? seen
    : null
}

/**
 * Whether CI that a pull request started at this head may have run for another base: the base was changed, and nothing was
 * pushed since. GitHub starts nothing when the base changes, and a run that is run again merges what it merged before.
 */
export function isRetargeted(snapshot: PullSnapshot): boolean {
  const { pull } = snapshot
  if ((pull.baseChanges ?? 0) === 0) return false
  const seen = baseSeenNow(snapshot)
  return seen?.head === undefined || seen.head === pull.head.sha
}
