/** Workflows, runs, jobs and artifacts as GitHub shows them. */
import { must, type Site } from '../github/site.ts'
import type { Repo } from '../github/state.ts'
import { nodeId, simpleUser } from '../github/views/account.ts'
import { pullMinimal, pullsAt } from '../github/views/check.ts'
import { simpleCommit } from '../github/views/commit.ts'
import { minimalRepository, repoApi, repoHtml } from '../github/views/repo.ts'
import type { Schema } from '../github/views/schemas.ts'
import type { Artifact, Attempt, CiRecords, Job, Workflow, WorkflowRun } from './records.ts'

const DAY_MS = 86_400_000
/** GitHub's own first hosted-runner group. */
const HOSTED_RUNNERS = { id: 0, name: 'GitHub Actions' }

const repoOf = (site: Site, run: WorkflowRun): Repo => must(site.state.repos, run.repoId, 'repository')

export function workflowView(site: Site, workflow: Workflow): Schema<'workflow'> {
  const repo = must(site.state.repos, workflow.repoId, 'repository')
  const file = workflow.path.split('/').at(-1) ?? workflow.path
  return {
    id: workflow.id,
    node_id: nodeId('W', workflow.id),
    name: workflow.name,
    path: workflow.path,
    state: workflow.state,
    created_at: workflow.createdAt,
    updated_at: workflow.createdAt,
    url: `${repoApi(site, repo)}/actions/workflows/${workflow.id}`,
    html_url: `${repoHtml(site, repo)}/blob/${repo.defaultBranch}/${workflow.path}`,
    badge_url: `${repoHtml(site, repo)}/workflows/${encodeURIComponent(file)}/badge.svg`,
  }
}

/** The run at one of its attempts. */
export async function runView(
  site: Site,
  records: CiRecords,
  run: WorkflowRun,
  attempt: Attempt,
): Promise<Schema<'workflow-run'>> {
  const repo = repoOf(site, run)
  const workflow = must(records.workflows, run.workflowId, 'workflow')
  const url = `${repoApi(site, repo)}/actions/runs/${run.id}`
  return {
    id: run.id,
    name: workflow.name,
    node_id: nodeId('WFR', run.id),
    check_suite_id: run.suiteId,
    check_suite_node_id: nodeId('CS', run.suiteId),
    head_branch: run.headBranch,
    head_sha: run.headSha,
    path: workflow.path,
    run_number: run.number,
    run_attempt: attempt.number,
    referenced_workflows: [],
    event: run.event,
    status: attempt.status,
    conclusion: attempt.conclusion,
    workflow_id: run.workflowId,
    url,
    html_url: `${repoHtml(site, repo)}/actions/runs/${run.id}`,
    pull_requests: pullsAt(site, run.repoId, run.headSha).map((pull) => pullMinimal(site, pull)),
    created_at: run.createdAt,
    updated_at: attempt.updatedAt,
    actor: simpleUser(site, run.actor),
    triggering_actor: simpleUser(site, attempt.triggeredBy),
    run_started_at: attempt.startedAt,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${repoApi(site, repo)}/check-suites/${run.suiteId}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: attempt.number === 1 ? null : `${url}/attempts/${attempt.number - 1}`,
    workflow_url: `${repoApi(site, repo)}/actions/workflows/${run.workflowId}`,
    head_commit: simpleCommit(await site.git.commit(repo.dir, run.headSha)),
    repository: minimalRepository(site, repo),
    head_repository: minimalRepository(site, run.headRepo),
    display_title: run.title,
  }
}

export function jobView(site: Site, records: CiRecords, job: Job): Schema<'job'> {
  const run = must(records.runs, job.runId, 'workflow run')
  const api = repoApi(site, repoOf(site, run))
  const started = job.status !== 'queued' && job.status !== 'waiting'
  return {
    id: job.id,
    run_id: run.id,
    run_url: `${api}/actions/runs/${run.id}`,
    run_attempt: job.attempt,
    node_id: nodeId('CR', job.id),
    head_sha: run.headSha,
    url: `${api}/actions/jobs/${job.id}`,
    html_url: jobHtml(site, run, job.id),
    status: job.status,
    // A job is never stale: only check runs of absent Apps become so.
    conclusion: job.conclusion === 'stale' ? null : job.conclusion,
    created_at: job.createdAt,
    started_at: job.startedAt,
    completed_at: job.completedAt,
    name: job.name,
    steps: job.steps.map((step) => ({
      name: step.name,
      status: step.status,
      conclusion: step.conclusion,
      number: step.number,
      started_at: step.startedAt,
      completed_at: step.completedAt,
    })),
    check_run_url: `${api}/check-runs/${job.id}`,
    labels: ['ubuntu-latest'],
    runner_id: started ? 1 : null,
    runner_name: started ? 'GitHub Actions 1' : null,
    runner_group_id: started ? HOSTED_RUNNERS.id : null,
    runner_group_name: started ? HOSTED_RUNNERS.name : null,
    workflow_name: must(records.workflows, run.workflowId, 'workflow').name,
    head_branch: run.headBranch,
  }
}

export const jobHtml = (site: Site, run: WorkflowRun, jobId: number) =>
  `${repoHtml(site, repoOf(site, run))}/actions/runs/${run.id}/job/${jobId}`

const expiresAtMs = (artifact: Artifact) => Date.parse(artifact.createdAt) + artifact.retentionDays * DAY_MS

/** GitHub keeps the record of an expired artifact, and not its bytes. */
export const isExpired = (site: Site, artifact: Artifact) => site.clock.now() >= expiresAtMs(artifact)

export function artifactView(site: Site, records: CiRecords, artifact: Artifact): Schema<'artifact'> {
  const run = must(records.runs, artifact.runId, 'workflow run')
  const url = `${repoApi(site, repoOf(site, run))}/actions/artifacts/${artifact.id}`
  const expires = new Date(expiresAtMs(artifact))
  return {
    id: artifact.id,
    node_id: nodeId('A', artifact.id),
    name: artifact.name,
    size_in_bytes: artifact.bytes.length,
    url,
    archive_download_url: `${url}/zip`,
    expired: isExpired(site, artifact),
    created_at: artifact.createdAt,
    expires_at: expires.toISOString().replace('.000Z', 'Z'),
    updated_at: artifact.createdAt,
    digest: artifact.digest,
    workflow_run: {
      id: run.id,
      repository_id: run.repoId,
      head_repository_id: run.headRepo.id,
      head_branch: run.headBranch,
      head_sha: run.headSha,
    },
  }
}
