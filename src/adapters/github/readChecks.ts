/** Reading the checks of a commit: our own runs, and the repository's CI joined with the workflow each belongs to. */
import { z } from 'zod'
import { checkNames, type ObservedCheckRun } from '../../core/checkRun.ts'
import type { RepositoryName, Sha } from '../../core/ids.ts'
import type { CheckObservation, Found } from '../../core/ports.ts'
import type { CiCheck, WorkflowRun } from '../../core/snapshot/pull.ts'
import { on, parts } from './access.ts'
import type { Client } from './client.ts'
import { absentOn404 } from './failures.ts'
import { createLru, type Lru } from './lru.ts'
import type { SuiteNode, Suites } from './queriesChecks.ts'

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

/** The workflow run behind each suite of GitHub Actions; a suite has one for good, however often it is run again. */
type Workflow = Pick<RunOfWorkflow, 'id' | 'path' | 'event'>
type Workflows = Lru<Workflow>

/** The readers of checks, with their memory of workflow runs. */
export function createChecks(client: Client, appId: number) {
  const workflows: Workflows = createLru({ entries: 10_000 })
  return {
    read: (name: RepositoryName, sha: Sha) => readChecks(client, workflows, appId, name, sha),
    /** The same from the suites that came with a pull request; null when they are not all, and must be read. */
    of: (name: RepositoryName, sha: Sha, suites: z.infer<typeof Suites>) =>
      checksOf(workflows, appId, name, sha, suites),
  }
}

/** Anything that is cut off, unnamed or in a form that we do not know makes the whole of it no answer (S9). */
function checksOf(
  known: Workflows,
  appId: number,
  name: RepositoryName,
  sha: Sha,
  suites: z.infer<typeof Suites>,
): CheckObservation | null {
  if (!suites || suites.pageInfo.hasNextPage) return null
  const seen: CheckObservation = { own: [], ci: [] }
  for (const suite of suites.nodes) {
    const { checkRuns } = suite
    if (!checkRuns || checkRuns.pageInfo.hasNextPage) return null
    if (checkRuns.nodes.length === 0) continue
    const workflow = workflowIn(suite)
    if (workflow === null) return null
    if (workflow) known.set(`${name} ${suite.databaseId}`, workflow)
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
      else seen.ci.push(ciCheck(run.data, workflow))
    }
  }
  return seen
}

/** The workflow run behind a suite, undefined when there is none, null when it is not told whole. */
function workflowIn({ app, workflowRun }: SuiteNode): Workflow | undefined | null {
  if (!workflowRun) return app?.slug === 'github-actions' ? null : undefined
  const { databaseId, event, file } = workflowRun
  return typeof databaseId === 'number' && file ? { id: databaseId, event, path: file.path } : null
}

/**
 * The latest run of each check at a commit. Workflow and event come from the Actions runs of the same suite, so that a
 * check is known by more than its name (T15); they are asked for only when a suite of GitHub Actions is new here.
 *
 * @throws GitHubRefusal over 1,000 check runs: half of the checks is no answer.
 */
async function readChecks(
  client: Client,
  known: Workflows,
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
  const actions = others.filter((run) => run.app?.slug === 'github-actions')
  if (actions.some((run) => !workflowOf(known, name, run)))
    for (const run of await runsAt(client, name, sha)) known.set(`${name} ${run.check_suite_id}`, run)
  return {
    own: runs.filter((run) => run.app?.id === appId).flatMap(ownRun),
    ci: others.map((run) => ciCheck(run, workflowOf(known, name, run))),
  }
}

const workflowOf = (known: Workflows, name: RepositoryName, run: CheckRun) =>
  known.get(`${name} ${run.check_suite?.id}`)

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

/** GitHub appends `@ref` for reusable workflows. */
export const workflowPath = ({ path }: { path: string }): string => path.replace(/@.*$/, '')

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
