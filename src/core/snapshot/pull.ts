/** The snapshot of a pull request: everything that may be known in one round, read-only. */
import type { Account, Standing } from '../account.ts'
import type { ObservedCheckRun } from '../checkRun.ts'
import type { EvidenceView } from '../evidence.ts'
import type { Fact } from '../facts.ts'
import type { Digest, Sha, SubjectKey } from '../ids.ts'
import type { AppIdentity, Known, OwnComment, PolicyReading, RepositoryReading } from './common.ts'
import type { EnforcementReading } from './rules.ts'

/** The pull request as GitHub shows it now. */
export interface PullReading {
  id: number
  /** GraphQL node id, needed to mark a draft as ready. */
  nodeId: string
  number: number
  title: string
  body: string
  /** Digest of title and body. */
  textDigest: Digest
  state: 'open' | 'closed' | 'merged'
  draft: boolean
  author: Account
  /** Numeric id of the App that opened it, if one did. */
  viaApp: number | null
  head: {
    sha: Sha
    ref: string
    repositoryId: number | null
    fork: boolean
    /** Whether rules say who may update the branch: then a fix is never pushed there. Absent counts as no. */
    protected?: boolean
  }
  /** `tip` is the current commit of the base branch, not the one at opening. */
  base: { ref: string; tip: Sha; protected: boolean }
  /** Whether rules on the base or the head branch want every commit signed. Absent counts as no. */
  signaturesRequired?: boolean
  /**
   * How often the base branch was changed, by people or by GitHub itself. Native reviews and CI name no base: this tells
   * that they may have been about another, also when it came back between two rounds (T3). Absent counts as never.
   */
  baseChanges?: number
  labels: string[]
  mergeable: 'mergeable' | 'conflicting' | 'unknown'
  mergeCommit: Sha | null
  changedFiles: number
  commitCount: number
}

/** GitHub's mapping of one commit to accounts; null where an e-mail address resolves to nobody. */
export interface CommitPeople {
  sha: Sha
  /** Author first, then co-authors from trailers. */
  authors: (Account | null)[]
  committer: Account | null
  /** GitHub has verified its signature. Absent counts as no. */
  verified?: boolean
}

export interface NativeReview {
  id: number
  author: Account | null
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED' | 'PENDING'
  /** The commit that was reviewed; null when GitHub no longer knows it. */
  sha: Sha | null
  edited: boolean
  /** In its first line, when it is a review of our own. */
  marker?: string
}

/** One comment of a review thread. */
export interface ThreadComment {
  id: number
  author: Account | null
  body: string
  /** The review that it was submitted with. */
  reviewId: number | null
}

/**
 * A review thread as GitHub keeps it. Lines are 1-based; `original...` always stand, and mean the commit that was
 * looked at (github-facts).
 */
export interface ReviewThread {
  /** GraphQL node id. */
  id: string
  resolved: boolean
  path: string
  subject: 'line' | 'file'
  side: 'LEFT' | 'RIGHT'
  startSide: 'LEFT' | 'RIGHT' | null
  /** Null when the comment is outdated. */
  line: number | null
  originalLine: number | null
  originalStartLine: number | null
  originalCommit: Sha | null
  /** Oldest first, at most 50. */
  comments: ThreadComment[]
}

/** A check of the repository's own CI (or another App) at the head. Matched by App, workflow, event and SHA (T15). */
export interface CiCheck {
  checkRunId: number
  name: string
  appId: number
  sha: Sha
  status: 'queued' | 'in_progress' | 'completed'
  conclusion: string | null
  /** `.github/workflows/ci.yml`, for runs of GitHub Actions. */
  workflowPath: string | null
  /** `push`, `pull_request`, ... for runs of GitHub Actions. */
  event: string | null
  runId: number | null
}

/** A run of a workflow of GitHub Actions at a commit, as its latest attempt stands. */
export interface WorkflowRun {
  id: number
  /** `.github/workflows/ci.yml`. */
  path: string
  event: string
  sha: Sha
  /** Counts from 1; a run that is run again keeps its id. */
  attempt: number
  ended: boolean
  /** Null while it has not ended. */
  conclusion: string | null
}

export interface PullSnapshot<P = unknown> {
  key: SubjectKey
  /** App clock, milliseconds since 1970. */
  nowMs: number
  /** One sentence for each thing that could not be read; empty when the observation is complete (S3). */
  missing: string[]
  app: AppIdentity
  repository: RepositoryReading
  policy: PolicyReading<P>
  pull: PullReading
  people: ReadonlyMap<number, Standing>
  commits: Known<CommitPeople[]>
  /** Who pushed each known head of this branch, newest last. */
  pushers: Known<{ sha: Sha; by: Account }[]>
  reviews: Known<NativeReview[]>
  /** Review threads, oldest first, at most 100 (F1). */
  threads: ReviewThread[]
  /** Our own runs at the head. */
  runs: Known<ObservedCheckRun[]>
  ci: Known<CiCheck[]>
  /** Runs at the head and, where the gates want reports of both, at the merge base (else none) (G18). */
  workflowRuns: { head: Known<WorkflowRun[]>; base: Known<WorkflowRun[]> }
  /** Other open pull requests whose head is the same commit; their own `siblings` are empty (T3, S5). */
  siblings: Known<PullSnapshot<P>[]>
  /** The rules in force on the base branch, where they are watched, and what was proven of them (A5, T19). */
  enforcement: Known<EnforcementReading>
  /** The policy as the head would have it, where the change touches the file; only told about, never followed (S14). */
  proposedPolicy: PolicyReading<P> | null
  ownComments: OwnComment[]
  facts: Fact[]
  /** The task that issued a plan for this pull request, if any, and its facts. */
  task: { key: SubjectKey; issue: number; facts: Fact[] } | null
  /** Once it is merged, the environments of policy and what is on record of each (O4). */
  environments: { name: string; facts: readonly Fact[] }[]
  evidence: EvidenceView
}
