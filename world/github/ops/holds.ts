/** Environments hold jobs back until every App that was asked, and a reviewer where there are some, has said yes. */
import { GitHubError, invalid } from '../errors.ts'
import { must, type Site } from '../site.ts'
import type { Account, App, Deployment, Environment, Hold, HoldVerdict, Repo } from '../state.ts'
import { deploymentView } from '../views/deployment.ts'
import { repoApi } from '../views/repo.ts'
import { isSameEnvironment } from './deployments.ts'

/** GitHub takes this many status reports of one App on one held job, of this many characters each. */
const mostReports = 10
const longestReport = 1024

export type HeldJob = {
  repo: Repo
  runId: number
  event: string
  environment: Environment
  deployment: Deployment
  triggeredBy: Account
}

/** Holds a job back; resolves at once when the environment has nothing to wait for. */
export function hold(site: Site, job: HeldJob): Promise<HoldVerdict> {
  const { environment } = job
  const review = environment.reviewers.length > 0
  if (!review && environment.customRules.length === 0) return Promise.resolve('approved')
  return new Promise((settle) => {
    const held: Hold = {
      runId: job.runId,
      repoId: job.repo.id,
      environmentId: environment.id,
      deploymentId: job.deployment.id,
      apps: new Set(environment.customRules.map((rule) => rule.appId)),
      review,
      triggeredById: job.triggeredBy.id,
      reports: [],
      settle,
    }
    site.state.holds.add(held)
    for (const appId of held.apps) ask(site, job, appId)
  })
}

function ask(site: Site, job: HeldJob, onlyAppId: number): void {
  const { repo, environment, deployment } = job
  const payload = {
    action: 'requested',
    environment: environment.name,
    event: job.event,
    deployment_callback_url: `${repoApi(site, repo)}/actions/runs/${job.runId}/deployment_protection_rule`,
    deployment: deploymentView(site, deployment),
    pull_requests: [],
  }
  site.emit('deployment_protection_rule', 'requested', payload, { repo, sender: job.triggeredBy, onlyAppId })
}

/** Held jobs of a run that wait in an environment of this name. */
export function holdsOf(site: Site, runId: number, environment?: string): Hold[] {
  return [...site.state.holds].filter(
    (one) =>
      one.runId === runId &&
      (environment === undefined ||
        isSameEnvironment(must(site.state.environments, one.environmentId, 'environment').name, environment)),
  )
}

/** An App answers for its own rule; without a state it only reports. Refused (422) where nothing waits for it. */
export function answerAsApp(
  site: Site,
  runId: number,
  app: App,
  answer: { environment: string; state: HoldVerdict | null; comment: string },
): void {
  if (answer.comment.length > longestReport)
    throw invalid([], `Comment is too long (maximum is ${longestReport} characters)`)
  const waiting = holdsOf(site, runId, answer.environment).filter((one) => one.apps.has(app.id))
  if (waiting.length === 0) throw new GitHubError(422, 'No pending deployment requests to approve or reject')
  for (const held of waiting) {
    if (answer.state === null && held.reports.filter((one) => one.appId === app.id).length >= mostReports)
      throw invalid([], `You have reached the limit of ${mostReports} status reports`)
    held.reports.push({ appId: app.id, state: answer.state, comment: answer.comment })
    if (answer.state === null) continue
    held.apps.delete(app.id)
    settleWhenDone(site, held, answer.state)
  }
}

/** A person whom the environment names reviews the held jobs of a run. */
export function reviewAsPerson(
  site: Site,
  runId: number,
  by: Account,
  answer: { environmentIds: readonly number[]; state: HoldVerdict },
): Hold[] {
  const waiting = [...site.state.holds].filter(
    (one) => one.runId === runId && one.review && answer.environmentIds.includes(one.environmentId),
  )
  if (waiting.length === 0) throw new GitHubError(422, 'No pending deployment requests to approve or reject')
  for (const held of waiting) {
    const environment = must(site.state.environments, held.environmentId, 'environment')
    const named = environment.reviewers.some(({ type, id }) =>
      type === 'User' ? id === by.id : must(site.state.teams, id, 'team').members.has(by.id),
    )
    if (!named || (environment.preventSelfReview && held.triggeredById === by.id))
      throw new GitHubError(403, 'Resource not accessible by this user: not a reviewer of the environment')
    held.review = false
    settleWhenDone(site, held, answer.state)
  }
  return waiting
}

function settleWhenDone(site: Site, held: Hold, verdict: HoldVerdict): void {
  if (verdict === 'approved' && (held.apps.size > 0 || held.review)) return
  site.state.holds.delete(held)
  held.settle(verdict)
}
