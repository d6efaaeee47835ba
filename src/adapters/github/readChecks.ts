/** Reading the checks of a commit: our own runs, and the repository's CI joined with the workflow each belongs to. */
import { z } from 'zod'
import { checkNames, type ObservedCheckRun } from '../../core/checkRun.ts'
import type { RepositoryName, Sha } from '../../core/ids.ts'
import type { CheckObservation } from '../../core/ports.ts'
import type { CiCheck } from '../../core/snapshot/pull.ts'
import { on, parts } from './access.ts'
import type { Client } from './client.ts'

const pagesOfChecks = 10

const CheckRun = z.object({
  id: z.number().int(),
  name: z.string(),
  head_sha: z.string(),
  external_id: z.string().nullable(),
  status: z.enum(['queued', 'in_progress', 'completed', 'waiting', 'requested', 'pending']),
  conclusion: z.string().nullable(),
  output: z.object({ title: z.string().nullable(), summary: z.string().nullable() }),
  check_suite: z.object({ id: z.number().int() }).nullable(),
  app: z.object({ id: z.number().int(), slug: z.string().optional() }).nullable(),
})
type CheckRun = z.infer<typeof CheckRun>
const CheckRuns = z.object({ check_runs: z.array(CheckRun) })
const WorkflowRun = z.object({
  id: z.number().int(),
  path: z.string(),
  event: z.string(),
  check_suite_id: z.number().int().optional(),
})
const WorkflowRuns = z.object({ workflow_runs: z.array(WorkflowRun) })

/**
 * The latest run of each check at a commit. Workflow and event come from the Actions runs of the same suite, so that a
 * check is known by more than its name (T15); they are asked for only when GitHub Actions has a check here.
 *
 * @throws GitHubRefusal over 1,000 check runs: half of the checks is no answer.
 */
export async function readChecks(
  client: Client,
  appId: number,
  name: RepositoryName,
  sha: Sha,
): Promise<CheckObservation> {
  const access = on(name, 'read')
  const route = 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs'
  const inputs = { ...parts(name), ref: sha, filter: 'latest' }
  const runs = await client.pages(access, route, inputs, {
    schema: CheckRuns,
    items: (page) => page.check_runs,
    most: pagesOfChecks,
  })
  const others = runs.filter((run) => run.app?.id !== appId)
  const usesActions = others.some((run) => run.app?.slug === 'github-actions')
  const workflows = usesActions
    ? await client.pages(
        access,
        'GET /repos/{owner}/{repo}/actions/runs',
        { ...parts(name), head_sha: sha },
        { schema: WorkflowRuns, items: (page) => page.workflow_runs, most: pagesOfChecks },
      )
    : []
  const bySuite = new Map(workflows.map((run) => [run.check_suite_id, run]))
  return {
    own: runs.filter((run) => run.app?.id === appId).flatMap(ownRun),
    ci: others.map((run) => ciCheck(run, bySuite.get(run.check_suite?.id ?? -1))),
  }
}

/** A run of ours in the core's form; a name that this version does not write is left out. */
export function ownRun(run: CheckRun): ObservedCheckRun[] {
  const known = checkNames.find((one) => one === run.name)
  if (!known) return []
  return [
    {
      id: run.id,
      name: known,
      sha: run.head_sha,
      externalId: run.external_id ?? '',
      status: run.status,
      conclusion: run.conclusion,
      title: run.output.title,
      summary: run.output.summary,
    },
  ]
}

function ciCheck(run: CheckRun, workflow: z.infer<typeof WorkflowRun> | undefined): CiCheck {
  return {
    checkRunId: run.id,
    name: run.name,
    // A check whose App is gone matches no policy entry.
    appId: run.app?.id ?? 0,
    sha: run.head_sha,
    status: run.status === 'completed' || run.status === 'in_progress' ? run.status : 'queued',
    conclusion: run.conclusion,
    // GitHub appends `@ref` for reusable workflows.
    workflowPath: workflow?.path.replace(/@.*$/, '') ?? null,
    event: workflow?.event ?? null,
    runId: workflow?.id ?? null,
  }
}
