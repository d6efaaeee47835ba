/** Check suites, check runs and commit statuses. */

export type CheckStatus = 'queued' | 'in_progress' | 'completed' | 'waiting' | 'requested' | 'pending'
export type Conclusion =
  | 'success'
  | 'failure'
  | 'neutral'
  | 'cancelled'
  | 'skipped'
  | 'timed_out'
  | 'action_required'
  | 'stale'
export type Annotation = {
  path: string
  start_line: number
  end_line: number
  start_column: number | null
  end_column: number | null
  annotation_level: 'notice' | 'warning' | 'failure'
  message: string
  title: string | null
  raw_details: string | null
}
export type CheckAction = { label: string; description: string; identifier: string }
export type SuiteState = {
  status: Exclude<CheckStatus, 'requested' | 'pending'>
  conclusion: Conclusion | null
}
export type CheckSuite = {
  id: number
  repoId: number
  appId: number
  headSha: string
  headBranch: string | null
  before: string | null
  /** The run of GitHub Actions that the suite belongs to. */
  workflowRun?: { id: number; event: string; path: string; state(): SuiteState }
  createdAt: string
  updatedAt: string
}
export type CheckRun = {
  id: number
  repoId: number
  suiteId: number
  appId: number
  name: string
  headSha: string
  status: CheckStatus
  conclusion: Conclusion | null
  startedAt: string
  completedAt: string | null
  externalId: string
  detailsUrl: string
  output: { title: string | null; summary: string | null; text: string | null }
  annotations: Annotation[]
  actions: CheckAction[]
}

export type CommitStatus = {
  id: number
  repoId: number
  sha: string
  context: string
  state: 'error' | 'failure' | 'pending' | 'success'
  description: string | null
  targetUrl: string | null
  creatorId: number
  appId: number | null
  createdAt: string
}
