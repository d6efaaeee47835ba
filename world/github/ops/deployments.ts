/** Deployments: made by people, Apps and jobs, moved on by statuses; an environment that nobody set up is made on first use. */
import { must, type Site } from '../site.ts'
import type { Account, Deployment, DeploymentState, DeploymentStatus, Environment, Repo } from '../state.ts'
import { deploymentView, forWebhook, statusOfDeployment } from '../views/deployment.ts'

/** Whether two names are one environment's: GitHub ignores their case. */
export const isSameEnvironment = (one: string, other: string): boolean =>
  one.toLowerCase() === other.toLowerCase()

/** The environment of this name, in any case. */
export function environmentNamed(site: Site, repo: Repo, name: string): Environment | null {
  for (const one of site.state.environments.values())
    if (one.repoId === repo.id && isSameEnvironment(one.name, name)) return one
  return null
}

/** Finds the environment or makes it, without any protection. */
export function ensureEnvironment(site: Site, repo: Repo, name: string): Environment {
  const known = environmentNamed(site, repo, name)
  if (known) return known
  const at = site.now()
  const environment: Environment = {
    id: site.nextId(),
    repoId: repo.id,
    name,
    waitTimer: 0,
    reviewers: [],
    preventSelfReview: false,
    branchPolicy: null,
    customRules: [],
    createdAt: at,
    updatedAt: at,
  }
  site.state.environments.set(environment.id, environment)
  return environment
}

export type DeploymentInput = Pick<Deployment, 'sha' | 'ref' | 'environment'> &
  Partial<Pick<Deployment, 'task' | 'payload' | 'description' | 'transient' | 'production'>>

/** What the webhook of a deployment tells of the run that made it; null for one made through the API. */
export type MadeBy = { workflow: unknown; workflow_run: unknown } | null

/** Makes a deployment and tells the world. It deploys nothing by itself: a workflow must listen. */
export function createDeployment(
  site: Site,
  repo: Repo,
  creator: Account,
  viaAppId: number | null,
  input: DeploymentInput,
  madeBy: MadeBy = null,
): Deployment {
  ensureEnvironment(site, repo, input.environment)
  const at = site.now()
  const deployment: Deployment = {
    id: site.nextId(),
    repoId: repo.id,
    sha: input.sha,
    ref: input.ref,
    task: input.task ?? 'deploy',
    payload: input.payload ?? {},
    originalEnvironment: input.environment,
    environment: input.environment,
    description: input.description ?? null,
    creatorId: creator.id,
    viaAppId,
    transient: input.transient ?? false,
    production: input.production ?? input.environment === 'production',
    createdAt: at,
    updatedAt: at,
    statuses: [],
  }
  site.state.deployments.set(deployment.id, deployment)
  const payload = {
    action: 'created',
    deployment: forWebhook(deploymentView(site, deployment)),
    workflow: null,
    workflow_run: null,
  }
  site.emit('deployment', 'created', { ...payload, ...madeBy }, { repo, sender: creator })
  return deployment
}

export type StatusInput = { state: DeploymentState } & Partial<
  Pick<DeploymentStatus, 'description' | 'environment' | 'environmentUrl' | 'logUrl'>
> & { autoInactive?: boolean }

/** Adds a status and tells the world; a success makes older ones of the environment inactive, production excepted. */
export function addDeploymentStatus(
  site: Site,
  deployment: Deployment,
  creator: Account,
  viaAppId: number | null,
  input: StatusInput,
): DeploymentStatus {
  const repo = must(site.state.repos, deployment.repoId, 'repository')
  const environment = input.environment ?? deployment.statuses.at(-1)?.environment ?? deployment.environment
  ensureEnvironment(site, repo, environment)
  const status: DeploymentStatus = {
    id: site.nextId(),
    state: input.state,
    creatorId: creator.id,
    viaAppId,
    description: input.description ?? '',
    environment,
    environmentUrl: input.environmentUrl ?? '',
    logUrl: input.logUrl ?? '',
    createdAt: site.now(),
  }
  deployment.statuses.push(status)
  deployment.environment = environment
  deployment.updatedAt = status.createdAt
  const payload = {
    action: 'created',
    deployment_status: forWebhook(statusOfDeployment(site, deployment, status)),
    deployment: forWebhook(deploymentView(site, deployment)),
  }
  site.emit('deployment_status', 'created', payload, { repo, sender: creator })
  if (input.state === 'success' && input.autoInactive !== false) {
    for (const older of site.state.deployments.values()) {
      if (older.repoId !== repo.id || older.id >= deployment.id) continue
      if (!isSameEnvironment(older.environment, environment)) continue
      if (older.transient || older.production || older.statuses.at(-1)?.state !== 'success') continue
      addDeploymentStatus(site, older, creator, viaAppId, { state: 'inactive' })
    }
  }
  return status
}
