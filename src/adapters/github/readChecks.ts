/** Reading the checks of a commit: our own runs, and the repository's CI joined with the workflow each belongs to. */
import { z } from 'zod'
import { checkNames, type ObservedCheckRun } from '../../core/checkRun.ts'
import type { RepositoryName, Sha } from '../../core/ids.ts'
import type { CheckObservation, Found } from '../../core/ports.ts'
import type { CiCheck, WorkflowRun } from '../../core/snapshot/pull.ts'
import { on, parts } from './access.ts'
import type { Client } from './client.ts'
import { absentOn404 } from './failures.ts'
import type { SuiteNode, Suites } from './queriesChecks.ts'
import { beyondJobs, type WholeRun, type Workflow, workflowPath } from './wholeRuns.ts'

const pagesOfChecks = 10

/** A check run as REST shows it. */
export const CheckRun = z.object({
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
export type CheckRun = z.infer<typeof CheckRun>
const CheckRuns = z.object({ check_runs: z.array(CheckRun) })
const RunOfWorkflow = z.object({
  id: z.number().int(),
  path: z.string(),
  event: z.string(),
  head_sha: z.string(),
  run_attempt: z.number().int().positive().default(1),
  status: z.string().nullable(),
  conclusion: z.string().nullable(),
  check_suite_id: z.number().int().optional(),
})
type RunOfWorkflow = z.infer<typeof RunOfWorkflow>
const RunsOfWorkflows = z.object({ workflow_runs: z.array(RunOfWorkflow) })

/** The readers of checks. */
export function createChecks(client: Client, appId: number) {
  return {
    read: (name: RepositoryName, sha: Sha) => readChecks(client, appId, name, sha),
    /** The same from the suites that came with a pull request; null when they are not all, and must be read. */
    of: (sha: Sha, suites: z.infer<typeof Suites>) => checksOf(appId, sha, suites),
  }
}

/** Anything that is cut off, unnamed or in a form that we do not know makes the whole of it no answer (S9). */
function checksOf(appId: number, sha: Sha, suites: z.infer<typeof Suites>): CheckObservation | null {
  if (!suites || suites.pageInfo.hasNextPage) return null
  const seen: CheckObservation = { own: [], ci: [] }
  const whole: WholeRun[] = []
  for (const suite of suites.nodes) {
    const { checkRuns } = suite
    if (!checkRuns || checkRuns.pageInfo.hasNextPage) return null
    if (checkRuns.nodes.length === 0 && !suite.workflowRun) continue
    const workflow = workflowIn(suite)
    if (workflow === null) return null
    const jobs: CiCheck[] = []
    for (const node of checkRuns.nodes) {
      const run = CheckRun.safeParse({
        id: node.databaseId,
        name: node.name,
        head_sha: sha,
        external_id: node.externalId,
        status: node.status,
        conclusion: node.conclusion,
        output: { title: node.title, summary: node.summary },
        check_suite: null,
        app: suite.app && { id: suite.app.databaseId, slug: suite.app.slug },
      })
      if (!run.success) return null
      if (run.data.app?.id === appId) seen.own.push(...ownRun(run.data))
      else jobs.push(ciCheck(run.data, workflow))
    }
    seen.ci.push(...jobs)
    const { status, conclusion, app } = suite
    if (workflow) whole.push({ workflow, appId: app?.databaseId ?? 0, sha, status, conclusion, jobs })
  }
  return { ...seen, ci: [...seen.ci, ...beyondJobs(whole)] }
}

/** The workflow run behind a suite, undefined when there is none, null when it is not told whole. */
function workflowIn({ app, workflowRun }: SuiteNode): Workflow | undefined | null {
  if (!workflowRun) return app?.slug === 'github-actions' ? null : undefined
  const { databaseId, event, file } = workflowRun
  return typeof databaseId === 'number' && file ? { id: databaseId, event, path: file.path } : null
}

/**
 * The latest run of each check at a commit. Workflow and event come from the Actions runs of the same suite, so that a
 * check is known by more than its name (T15).
 *
 * @throws GitHubRefusal over 1,000 check runs: half of the checks is no answer.
 */
async function readChecks(
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
  const own = runs.filter((run) => run.app?.id === appId).flatMap(ownRun)
  const others = runs.filter((run) => run.app?.id !== appId)
  // Where nobody has reported there is nothing that could pass, whatever has begun.
  const workflows = others.length > 0 ? await runsAt(client, name, sha) : []
  const bySuite = new Map(workflows.map((run) => [run.check_suite_id ?? 0, run]))
  const ci = others.map((run) => ciCheck(run, bySuite.get(run.check_suite?.id ?? -1)))
  const actions = others.find((run) => run.app?.slug === 'github-actions')?.app?.id ?? 0
  const whole = workflows.map((run) => ({
    workflow: run,
    appId: actions,
    sha,
    status: run.status ?? 'queued',
    conclusion: run.conclusion,
    jobs: ci.filter(({ runId }) => runId === run.id),
  }))
  return { own, ci: [...ci, ...beyondJobs(whole)] }
}

const runsAt = (client: Client, name: RepositoryName, sha: Sha) =>
  client.pages(
    on(name, 'read'),
    'GET /repos/{owner}/{repo}/actions/runs',
    { ...parts(name), head_sha: sha },
    { schema: RunsOfWorkflows, items: (page) => page.workflow_runs, most: pagesOfChecks },
  )

/** The runs of GitHub Actions at a commit. */
export async function readWorkflowRuns(
  client: Client,
  name: RepositoryName,
  sha: Sha,
): Promise<WorkflowRun[]> {
  return (await runsAt(client, name, sha)).map(workflowRun)
}

export async function readWorkflowRun(
  client: Client,
  name: RepositoryName,
  runId: number,
): Promise<Found<WorkflowRun>> {
  const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}'
  const inputs = { ...parts(name), run_id: runId }
  const run = await absentOn404(client.rest(on(name, 'read'), route, inputs, RunOfWorkflow))
  return run.found ? { found: true, value: workflowRun(run.value) } : run
}

function workflowRun(run: RunOfWorkflow): WorkflowRun {
  const ended = run.status === 'completed'
  return {
    id: run.id,
    path: workflowPath(run),
    event: run.event,
    sha: run.head_sha,
    attempt: run.run_attempt,
    ended,
    conclusion: ended ? run.conclusion : null,
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

function ciCheck(run: CheckRun, workflow: Workflow | undefined): CiCheck {
  return {
    checkRunId: run.id,
    name: run.name,
    // A check whose App is gone matches no policy entry.
    appId: run.app?.id ?? 0,
    sha: run.head_sha,
    status: run.status === 'completed' || run.status === 'in_progress' ? run.status : 'queued',
    conclusion: run.conclusion,
    workflowPath: workflow ? workflowPath(workflow) : null,
    event: workflow?.event ?? null,
    runId: workflow?.id ?? null,
  }
}
