/** Workflow runs as a whole: what they say beyond the check runs of their jobs (T15, T16). */
import type { CiCheck } from '../../core/snapshot/pull.ts'

/** The workflow run behind a suite of GitHub Actions; a suite has one for good, however often it is run again. */
export interface Workflow {
  id: number
  path: string
  event: string
}

/** GitHub appends `@ref` for reusable workflows. */
export const workflowPath = ({ path }: { path: string }): string => path.replace(/@.*$/, '')

/** A workflow run, as it stands as a whole, with those of its jobs that exist. */
export interface WholeRun extends Pick<CiCheck, 'appId' | 'sha' | 'conclusion'> {
  workflow: Workflow
  status: string
  jobs: readonly CiCheck[]
}

const harmless = new Set<string | null>(['success', 'neutral', 'skipped'])

/**
 * What runs say beyond their jobs, as a check each. A job that needs another does not exist before that one has ended,
 * so jobs that are all green may be half of them; and a run that could not start, or that waits for somebody to let it
 * run, has none at all. How runs of one workflow and event ended is said by the newest; none of them may be under way.
 */
export function beyondJobs(runs: readonly WholeRun[]): CiCheck[] {
  const newest = new Map<string, number>()
  for (const { workflow } of runs)
    newest.set(keyOf(workflow), Math.max(workflow.id, newest.get(keyOf(workflow)) ?? 0))
  return runs
    .filter((run) => !isTold(run))
    .filter(({ workflow, status }) => status !== 'completed' || newest.get(keyOf(workflow)) === workflow.id)
    .map(({ workflow, appId, sha, status, conclusion }) => ({
      checkRunId: workflow.id,
      name: 'the run itself',
      appId,
      sha,
      status: status === 'completed' ? 'completed' : 'in_progress',
      conclusion: status === 'completed' ? conclusion : null,
      workflowPath: workflowPath(workflow),
      event: workflow.event,
      // It has no log, and no job that could be run again.
      runId: null,
    }))
}

const keyOf = (workflow: Workflow) => JSON.stringify([workflowPath(workflow), workflow.event])

/** True when its jobs say as much: one of them is under way as well, or ended no better. */
function isTold({ status, conclusion, jobs }: WholeRun): boolean {
  if (status !== 'completed') return jobs.some((job) => job.status !== 'completed')
  return harmless.has(conclusion) || jobs.some((job) => !harmless.has(job.conclusion))
}
