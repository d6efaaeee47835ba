/** The snapshot of a merge queue's group: what would land on the base branch, entry by entry (T10). */
import type { ObservedCheckRun } from '../checkRun.ts'
import type { EvidenceView } from '../evidence.ts'
import type { Fact, FactOf } from '../facts.ts'
import type { Sha, SubjectKey } from '../ids.ts'
import type { GroupStep } from '../mergeGroup.ts'
import type { AppIdentity, Known, PolicyReading, RepositoryReading } from './common.ts'
import type { CiCheck, PullSnapshot } from './pull.ts'

/** One step of the group and the open pull requests that it may bring in, each observed as in its own round. */
export interface GroupEntry<P = unknown> {
  step: GroupStep
  pulls: PullSnapshot<P>[]
  /** None is open, and one was merged: the base branch was read a moment too early. */
  landed: boolean
}

export interface GroupSnapshot<P = unknown> {
  key: SubjectKey
  nowMs: number
  /** As on a pull request: nothing is green while there is any. */
  missing: string[]
  app: AppIdentity
  repository: RepositoryReading
  policy: PolicyReading<P>
  head: Sha
  requested: FactOf<'group.requested'>
  /** GitHub has given the group up, or merged it. */
  destroyed: boolean
  base: { ref: string; tip: Sha }
  /** Empty while git is being read. */
  entries: Known<GroupEntry<P>[]>
  runs: Known<ObservedCheckRun[]>
  ci: Known<CiCheck[]>
  facts: Fact[]
  evidence: EvidenceView
}
