/** Workflow runs as they are opened: the workflow that is registered for a path, and a run with a suite of its own. */
import { must, type Site } from '../github/site.ts'
import type { Account, App, Repo, SuiteState } from '../github/state.ts'
import type { CiEvent, CiRecords, Workflow, WorkflowRun } from './records.ts'

export type RunOrigin = {
  event: CiEvent
  sha: string
  branch: string
  before: string | null
  headRepo: Repo
  actor: Account
  payload?: Record<string, unknown>
}

/** Finds the workflow of this path, or registers it. */
export function workflowAt(site: Site, records: CiRecords, repo: Repo, path: string, name: string): Workflow {
  for (const known of records.workflows.values()) {
    if (known.repoId === repo.id && known.path === path) return known
  }
  const workflow: Workflow = {
    id: site.nextId(),
    repoId: repo.id,
    path,
    name,
    state: 'active',
    createdAt: site.now(),
  }
  records.workflows.set(workflow.id, workflow)
  return workflow
}

/** A run with a check suite of its own: GitHub makes one suite for each run, so that two events on one SHA stay apart. */
export async function openRun(
  site: Site,
  records: CiRecords,
  app: App,
  workflow: Workflow,
  origin: RunOrigin,
): Promise<WorkflowRun> {
  const repo = must(site.state.repos, workflow.repoId, 'repository')
  const at = site.now()
  const suiteId = site.nextId()
  const runId = site.nextId()
  site.state.checkSuites.set(suiteId, {
    id: suiteId,
    repoId: repo.id,
    appId: app.id,
    headSha: origin.sha,
    headBranch: origin.branch,
    before: origin.before,
    workflowRun: { id: runId, event: origin.event, path: workflow.path, state: () => stateOf(run) },
    createdAt: at,
    updatedAt: at,
  })
  const { message } = await site.git.commit(repo.dir, origin.sha)
  const run: WorkflowRun = {
    id: runId,
    repoId: repo.id,
    workflowId: workflow.id,
    suiteId,
    number: [...records.runs.values()].filter((other) => other.workflowId === workflow.id).length + 1,
    event: origin.event,
    headSha: origin.sha,
    headBranch: origin.branch,
    headRepo: origin.headRepo,
    title: message.split('\n')[0] ?? '',
    actor: origin.actor,
    payload: origin.payload ?? {},
    createdAt: at,
    attempts: [],
  }
  records.runs.set(run.id, run)
  return run
}

/** A suite of Actions is over when its run is, not when every job that has begun is: others may be yet to come. */
function stateOf({ attempts }: WorkflowRun): SuiteState {
  const { status, conclusion } = attempts.at(-1) ?? { status: 'queued', conclusion: null }
  return { status, conclusion }
}
