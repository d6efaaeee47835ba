/** Environments with their protection, deployments with their statuses, and jobs that an environment holds back. */

export type DeploymentState =
  | 'error'
  | 'failure'
  | 'inactive'
  | 'pending'
  | 'success'
  | 'queued'
  | 'in_progress'
  | 'waiting'

export type Reviewer = { type: 'User' | 'Team'; id: number }

/** A custom deployment protection rule: the App that is asked before a job may use the environment. */
export type CustomRule = { id: number; appId: number }

export type Environment = {
  id: number
  repoId: number
  name: string
  /** Minutes that a job waits. */
  waitTimer: number
  reviewers: Reviewer[]
  preventSelfReview: boolean
  branchPolicy: { protected_branches: boolean; custom_branch_policies: boolean } | null
  customRules: CustomRule[]
  createdAt: string
  updatedAt: string
}

export type DeploymentStatus = {
  id: number
  state: DeploymentState
  creatorId: number
  viaAppId: number | null
  description: string
  environment: string
  environmentUrl: string
  logUrl: string
  createdAt: string
}

export type Deployment = {
  id: number
  repoId: number
  sha: string
  ref: string
  task: string
  payload: Record<string, unknown> | string
  /** The name as it was given; statuses may move the deployment to another environment. */
  originalEnvironment: string
  environment: string
  description: string | null
  creatorId: number
  viaAppId: number | null
  transient: boolean
  production: boolean
  createdAt: string
  updatedAt: string
  /** Oldest first. */
  statuses: DeploymentStatus[]
}

export type HoldVerdict = 'approved' | 'rejected'

/** A job that waits for its environment: for Apps that were asked, and for a reviewer where the environment names some. */
export type Hold = {
  runId: number
  repoId: number
  environmentId: number
  deploymentId: number
  /** Apps that have not answered yet. */
  apps: Set<number>
  /** A person still has to review. */
  review: boolean
  triggeredById: number
  /** Status reports of Apps while they make up their mind, and their answers. */
  reports: { appId: number; state: HoldVerdict | null; comment: string }[]
  settle: (verdict: HoldVerdict) => void
}
