/** Observations: what one read of GitHub tells, with what came along. */
import type { Account } from '../account.ts'
import type { ObservedCheckRun } from '../checkRun.ts'
import type { EvidenceRequest } from '../evidence.ts'
import type { Sha } from '../ids.ts'
import type { OwnComment, RepositoryReading } from '../snapshot/common.ts'
import type { CiCheck, CommitPeople, NativeReview, PullReading, ReviewThread } from '../snapshot/pull.ts'
import type { BranchRules } from '../snapshot/rules.ts'
import type { IssueReading } from '../snapshot/task.ts'

/** A thing that does not exist or cannot be seen. Telling the two apart is not possible on GitHub (T44). */
export type Found<T> = { found: true; value: T } | { found: false }

export interface PullObservation {
  repository: RepositoryReading
  pull: PullReading
  commits: CommitPeople[]
  reviews: NativeReview[]
  threads: ReviewThread[]
  ownComments: OwnComment[]
  /** Numbers of other open pull requests with the same head. */
  siblings: number[]
  /** The checks of its head, when they came with it whole; null when they must be asked for. */
  checks: CheckObservation | null
  /** The rules in force on its base, under the same condition. */
  baseRules: BranchRules | null
}

export interface IssueObservation {
  repository: RepositoryReading
  /** Where the default branch pointed at that moment, when it came with the issue; null when it must be asked for. */
  tip: Sha | null
  issue: Omit<IssueReading, 'type'>
  ownComments: OwnComment[]
}

export interface CheckObservation {
  own: ObservedCheckRun[]
  ci: CiCheck[]
}

/** A merged pull request as a list of them tells of it: when it was merged, and what its base was until then (O7). */
export interface MergedPull {
  number: number
  title: string
  url: string
  head: Sha
  /** GitHub's clock, milliseconds since 1970. */
  mergedAtMs: number
  /** Where the base branch may have pointed just before, the likeliest first; only git tells which of them fits. */
  bases: Sha[]
  /** When each native review was submitted, by the review's id; null when there are more than were listed. */
  reviewedMs: ReadonlyMap<number, number> | null
}

/** One move of a branch, as GitHub keeps them. */
export interface BranchMove {
  id: number
  branch: string
  /** Null when the branch was made. */
  from: Sha | null
  /** Null when the branch was deleted. */
  to: Sha | null
  /** Something that was on the branch no longer is. */
  forced: boolean
  /** Null when GitHub no longer knows the account. */
  by: Account | null
}

/** Reports to take out of an artifact of CI. */
export type ReportsRequest = Extract<EvidenceRequest, { kind: 'reports' }>
