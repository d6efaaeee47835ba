/** The webhooks of Actions: workflow_run and workflow_job (check runs and suites send their own). */
import { must, type Site } from '../github/site.ts'
import type { Account, Repo } from '../github/state.ts'
import { repository } from '../github/views/repo.ts'
import { type CiRecords, type Job, latestAttempt, type WorkflowRun } from './records.ts'
import { jobView, runView, workflowView } from './views.ts'

export async function emitWorkflowRun(
  site: Site,
  records: CiRecords,
  run: WorkflowRun,
  action: 'requested' | 'in_progress' | 'completed',
): Promise<void> {
  const repo = must(site.state.repos, run.repoId, 'repository')
  const attempt = latestAttempt(run)
  const workflow = workflowView(site, must(records.workflows, run.workflowId, 'workflow'))
  const { display_title, ...view } = await runForWebhook(site, records, run)
  // The description of in_progress does not know the title.
  const workflow_run = { ...view, ...(action === 'in_progress' ? {} : { display_title }) }
  site.emit('workflow_run', action, { action, workflow, workflow_run }, { repo, sender: attempt.triggeredBy })
}

/** A run inside a webhook, with its repositories in short. */
export async function runForWebhook(site: Site, records: CiRecords, run: WorkflowRun) {
  return {
    ...(await runView(site, records, run, latestAttempt(run))),
    repository: liteRepository(site, must(site.state.repos, run.repoId, 'repository')),
    head_repository: liteRepository(site, run.headRepo),
  }
}

export function emitWorkflowJob(
  site: Site,
  records: CiRecords,
  job: Job,
  action: 'queued' | 'waiting' | 'in_progress' | 'completed',
  sender: Account,
): void {
  const run = must(records.runs, job.runId, 'workflow run')
  const repo = must(site.state.repos, run.repoId, 'repository')
  site.emit('workflow_job', action, { action, workflow_job: jobView(site, records, job) }, { repo, sender })
}

const LITE = new Set(['id', 'node_id', 'name', 'full_name', 'private', 'owner', 'description', 'fork', 'url'])
const NOT_LITE = new Set(['git_url', 'ssh_url', 'clone_url', 'svn_url', 'mirror_url'])

/** Inside a workflow_run, webhooks show a repository in short: what names it and its addresses in the API. */
function liteRepository(site: Site, repo: Repo): Record<string, unknown> {
  const entries = Object.entries(repository(site, repo))
  return Object.fromEntries(
    entries.filter(([key]) => LITE.has(key) || (key.endsWith('_url') && !NOT_LITE.has(key))),
  )
}
