/** What the stand-in's Actions remember: workflows, their runs by attempt, jobs with logs, artifacts. */
import type { Account, Conclusion, Permissions, Repo } from '../github/state.ts'

export type CiEvent = 'push' | 'pull_request' | 'merge_group' | 'deployment' | 'workflow_dispatch'

/** One job of the workflow: its check run's name and the shell command that is really run. */
export type JobSettings = {
  name: string
  run: string
  /** Jobs of the same workflow that must have succeeded before; otherwise this one is skipped. */
  needs?: readonly string[]
  /**
   * The job deploys to this environment: it waits for its protection, and a deployment tells how it went. The name may come
   * from the event (`${{ inputs.environment }}`), the address also from the job (`${{ steps.deploy.outputs.url }}`).
   */
  environment?: { name: string; url?: string }
}

/** A file or folder of the checkout, uploaded under `name` after the jobs that wrote it, whether they passed or not. */
export type ArtifactSettings = { name: string; path: string }

export type CiSettings = {
  /** Path of the workflow file; commits whose tree lacks it start no run, as on GitHub. */
  workflow: string
  /** What GitHub shows as the workflow's name. */
  title: string
  jobs: readonly JobSettings[]
  events: readonly CiEvent[]
  /** Branches whose pushes start it; null: all. */
  branches: readonly string[] | null
  /** The branches whose pushes start it; null for all. */
  branches: readonly string[] | null
  artifacts: readonly ArtifactSettings[]
  /** Added to the clean environment of every job. */
  env: Readonly<Record<string, string>>
  /** A folder that every checkout gets linked as `node_modules`, as a restored dependency cache would. */
  dependencies: string | null
  /** What the jobs' GITHUB_TOKEN may do in the repository; null: the jobs get none. */
  permissions: Permissions | null
  /** Bound of one job in milliseconds of real time. */
  timeoutMs: number
  /** Bound of one job's output in bytes. */
  outputBytes: number
}

export type Workflow = {
  id: number
  repoId: number
  path: string
  name: string
  state: 'active'
  createdAt: string
}

export type RunStatus = 'queued' | 'waiting' | 'in_progress' | 'completed'

export type Step = {
  name: string
  number: number
  status: Exclude<RunStatus, 'waiting'>
  conclusion: string | null
  startedAt: string | null
  completedAt: string | null
}

/** Its id is its check run's id, as on GitHub. */
export type Job = {
  id: number
  runId: number
  attempt: number
  name: string
  /** Null for a job whose result was scripted. */
  command: string | null
  needs: readonly string[]
  environment: NonNullable<JobSettings['environment']> | null
  status: RunStatus
  conclusion: Conclusion | null
  createdAt: string
  startedAt: string
  completedAt: string | null
  steps: Step[]
  log: string
  /** What its command wrote to GITHUB_OUTPUT. */
  outputs: Record<string, string>
}

/** What is known of a job before it exists. */
export type JobOutline = Pick<Job, 'name' | 'command' | 'environment' | 'needs'>

export type Attempt = {
  number: number
  status: RunStatus
  conclusion: Conclusion | null
  startedAt: string
  updatedAt: string
  triggeredBy: Account
  jobs: Job[]
  /** Jobs that wait for others of the run, and do not exist yet. */
  later: JobOutline[]
}

export type WorkflowRun = {
  id: number
  repoId: number
  workflowId: number
  suiteId: number
  /** Counts the runs of one workflow. */
  number: number
  event: CiEvent
  headSha: string
  headBranch: string
  /** The repository the head lives in: a fork's for pull requests from forks. */
  headRepo: Repo
  title: string
  actor: Account
  /** What the jobs read at GITHUB_EVENT_PATH. */
  payload: Record<string, unknown>
  createdAt: string
  /** Oldest first; never empty. */
  attempts: Attempt[]
}

export type Artifact = {
  id: number
  runId: number
  attempt: number
  name: string
  /** The zip archive. */
  bytes: Buffer
  /** `sha256:` and the hex digest of the archive. */
  digest: string
  createdAt: string
  /** As upload-artifact's `retention-days`; GitHub's default is 90. */
  retentionDays: number
}

/** All records of one stand-in, whatever the repository. */
export type CiRecords = {
  workflows: Map<number, Workflow>
  runs: Map<number, WorkflowRun>
  jobs: Map<number, Job>
  artifacts: Map<number, Artifact>
}

export function createRecords(): CiRecords {
  return { workflows: new Map(), runs: new Map(), jobs: new Map(), artifacts: new Map() }
}

/** The attempt that counts now. */
export function latestAttempt(run: WorkflowRun): Attempt {
  const attempt = run.attempts.at(-1)
  if (attempt === undefined) throw new Error(`stand-in Actions: run ${run.id} has no attempt`)
  return attempt
}
