/** The snapshot of a rollout: an environment, what is deployed there, and what is on its way there (R1). */
import type { Account, Standing } from '../account.ts'
import type { ObservedCheckRun } from '../checkRun.ts'
import type { EvidenceView } from '../evidence.ts'
import type { Fact } from '../facts.ts'
import type { Sha, SubjectKey } from '../ids.ts'
import type { AppIdentity, Known, PolicyReading, RepositoryReading } from './common.ts'
import type { WorkflowRun } from './pull.ts'

/** `none`: GitHub has the deployment and nobody has said yet how it goes. */
export type DeploymentState =
  | 'none'
  | 'pending'
  | 'queued'
  | 'waiting'
  | 'in_progress'
  | 'success'
  | 'failure'
  | 'error'
  | 'inactive'

/** A deployment as GitHub shows it now, with its latest status. */
export interface DeploymentReading {
  id: number
  /** The commit that GitHub names. A dispatched workflow deploys what it was told, and GitHub names its branch's tip. */
  sha: Sha
  environment: string
  createdBy: Account | null
  /** Numeric id of the App that created it, if one did. */
  viaApp: number | null
  /** What we wrote into its payload when it is ours: the key of the intent. */
  marker: string | null
  state: DeploymentState
  /** Any of its statuses is a success: what came later (inactive, our own mark of failure) does not take that back. */
  succeeded: boolean
  /** When it began to take effect, as far as GitHub tells: a round may come to it much later. */
  beganMs: number | null
  environmentUrl: string | null
  /** The workflow run whose job made it, as its log address tells. */
  runId: number | null
}

/** One first-parent step of the way from what is healthy to what wants to be deployed, and who brought it (T41). */
export interface RangeStep {
  sha: Sha
  /** Merged pull requests that brought it, each with its facts; empty for a direct push. */
  pulls: { number: number; key: SubjectKey; facts: Fact[] }[]
  /** Who pushed it, when no pull request brought it and GitHub's activity still tells. */
  pusher: Account | null
}

export interface RolloutSnapshot<P = unknown> {
  key: SubjectKey
  nowMs: number
  missing: string[]
  app: AppIdentity
  repository: RepositoryReading
  /** Read at the tip of the default branch (S14, T21). */
  policy: PolicyReading<P>
  /** As policy spells it; GitHub takes any case for the same. */
  environment: string
  branch: { ref: string; tip: Sha }
  /** Newest first, at most 20, and those that are open besides. */
  deployments: Known<DeploymentReading[]>
  /** The facts of the environment that policy puts before this one. */
  before: { environment: string; facts: Fact[] } | null
  /** From the commit that stands to the candidate, oldest first; empty while git is being read. The candidate alone where nothing stands. */
  range: Known<RangeStep[]>
  /** The same to what was deployed last without our word, where that is another commit. */
  came: Known<RangeStep[]>
  /** Our own runs on the candidate. */
  runs: Known<ObservedCheckRun[]>
  /** Runs that somebody else started by hand and that wait for our word, where a workflow of policy is told its commit. */
  askers: Known<WorkflowRun[]>
  /** Runs of the smoke workflow that were dispatched and are under way or ended, by id. */
  smoke: Known<WorkflowRun | null>
  people: ReadonlyMap<number, Standing>
  facts: Fact[]
  evidence: EvidenceView
}
