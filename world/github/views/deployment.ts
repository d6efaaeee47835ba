/** Environments, deployments, statuses and held jobs as GitHub shows them. */
import { must, type Site } from '../site.ts'
import type { Deployment, DeploymentStatus, Environment, Hold, Reviewer } from '../state.ts'
import { appView, nodeId, teamFull, userById } from './account.ts'
import { repoApi, repoHtml } from './repo.ts'
import type { Schema } from './schemas.ts'

const appOf = (site: Site, id: number | null) =>
  id === null ? null : appView(site, must(site.state.apps, id, 'app'))

export function deploymentView(site: Site, deployment: Deployment): Schema<'deployment'> {
  const repo = must(site.state.repos, deployment.repoId, 'repository')
  const url = `${repoApi(site, repo)}/deployments/${deployment.id}`
  return {
    url,
    id: deployment.id,
    node_id: nodeId('DE', deployment.id),
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.originalEnvironment,
    environment: deployment.environment,
    description: deployment.description,
    creator: userById(site, deployment.creatorId),
    created_at: deployment.createdAt,
    updated_at: deployment.updatedAt,
    statuses_url: `${url}/statuses`,
    repository_url: repoApi(site, repo),
    transient_environment: deployment.transient,
    production_environment: deployment.production,
    performed_via_github_app: appOf(site, deployment.viaAppId),
  }
}

export function statusOfDeployment(
  site: Site,
  deployment: Deployment,
  status: DeploymentStatus,
): Schema<'deployment-status'> {
  const repo = must(site.state.repos, deployment.repoId, 'repository')
  const url = `${repoApi(site, repo)}/deployments/${deployment.id}`
  return {
    url: `${url}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId('DES', status.id),
    // A job that its environment holds back shows as waiting, which the description does not list.
    state: status.state as Exclude<DeploymentStatus['state'], 'waiting'>,
    creator: userById(site, status.creatorId),
    description: status.description,
    environment: status.environment,
    target_url: status.logUrl,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    deployment_url: url,
    repository_url: repoApi(site, repo),
    environment_url: status.environmentUrl,
    log_url: status.logUrl,
    performed_via_github_app: appOf(site, status.viaAppId),
  }
}

/** Inside a webhook an App is shown without its client id, and without a permission that came later. */
export function forWebhook<T extends { performed_via_github_app?: object | null }>(view: T): T {
  const app = view.performed_via_github_app
  if (app === null || app === undefined) return view
  const { client_id: _, permissions, ...short } = app as { client_id?: string; permissions?: object }
  const { merge_queues: __, ...known } = (permissions ?? {}) as { merge_queues?: string }
  return { ...view, performed_via_github_app: { ...short, permissions: known } }
}

const environmentApi = (site: Site, environment: Environment) =>
  `${repoApi(site, must(site.state.repos, environment.repoId, 'repository'))}/environments/${encodeURIComponent(environment.name)}`
const environmentHtml = (site: Site, environment: Environment) =>
  `${repoHtml(site, must(site.state.repos, environment.repoId, 'repository'))}/deployments/activity_log?environments_filter=${encodeURIComponent(environment.name)}`

export function environmentView(site: Site, environment: Environment): Schema<'environment'> {
  const rule = (type: string, more: object) => {
    const id = environment.id * 10 + type.length
    return { id, node_id: nodeId('GA', id), type, ...more }
  }
  return {
    id: environment.id,
    node_id: nodeId('EN', environment.id),
    name: environment.name,
    url: environmentApi(site, environment),
    html_url: environmentHtml(site, environment),
    created_at: environment.createdAt,
    updated_at: environment.updatedAt,
    protection_rules: [
      ...(environment.waitTimer > 0 ? [rule('wait_timer', { wait_timer: environment.waitTimer })] : []),
      ...(environment.reviewers.length > 0
        ? [
            rule('required_reviewers', {
              prevent_self_review: environment.preventSelfReview,
              reviewers: environment.reviewers.map((one) => reviewerView(site, one)),
            }),
          ]
        : []),
      ...(environment.branchPolicy === null ? [] : [rule('branch_policy', {})]),
    ],
    deployment_branch_policy: environment.branchPolicy,
  }
}

function reviewerView(site: Site, { type, id }: Reviewer) {
  const reviewer = type === 'User' ? userById(site, id) : teamFull(site, must(site.state.teams, id, 'team'))
  return { type, reviewer } as { type: 'User'; reviewer: Schema<'simple-user'> }
}

export function customRuleView(
  site: Site,
  rule: Environment['customRules'][number],
): Schema<'deployment-protection-rule'> {
  return {
    id: rule.id,
    node_id: nodeId('GA', rule.id),
    enabled: true,
    app: ruleAppView(site, rule.appId),
  }
}

export function ruleAppView(site: Site, appId: number): Schema<'custom-deployment-rule-app'> {
  const app = must(site.state.apps, appId, 'app')
  return {
    id: app.id,
    slug: app.slug,
    integration_url: `${site.url}/apps/${app.slug}`,
    node_id: nodeId('A', app.id),
  }
}

export function pendingView(site: Site, hold: Hold): Schema<'pending-deployment'> {
  const environment = must(site.state.environments, hold.environmentId, 'environment')
  return {
    environment: {
      id: environment.id,
      node_id: nodeId('EN', environment.id),
      name: environment.name,
      url: environmentApi(site, environment),
      html_url: environmentHtml(site, environment),
    },
    wait_timer: environment.waitTimer,
    wait_timer_started_at: null,
    current_user_can_approve: hold.review,
    reviewers: environment.reviewers.map((one) => reviewerView(site, one)),
  }
}
