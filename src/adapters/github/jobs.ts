/** GitHub Actions: reading the log of a job that ended, running the failed ones of a run again (P8), starting a workflow (R1). */
import { z } from 'zod'
import type { Account } from '../../core/account.ts'
import type { RepositoryName } from '../../core/ids.ts'
import type { ForgeActs, Found } from '../../core/ports.ts'
import { on, parts } from './access.ts'
import type { Client } from './client.ts'
import { absentOn404, GitHubRefusal } from './failures.ts'
import { download } from './storage.ts'

/** What failed stands towards the end of a log, so its end is kept. A log is as long as the change wants it to be (T30). */
const logBytes = { read: 512 * 1024 * 1024, keep: 32 * 1024 * 1024 }

/** GitHub redirects to its storage; the token stays behind, since the storage is another origin. */
export async function readJobLog(
  client: Client,
  name: RepositoryName,
  jobId: number,
): Promise<Found<string>> {
  const route = 'GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs'
  const where = { ...parts(name), job_id: jobId }
  const address = await absentOn404(client.location(on(name, 'read'), route, where))
  if (!address.found) return address
  const { bytes } = await download(address.value, 'the log of a job', logBytes)
  return { found: true, value: Buffer.from(bytes).toString('utf8') }
}

const Run = z.object({ status: z.string().nullable(), run_attempt: z.number().int().optional() })

/**
 * Ask for the failed jobs of a run again, once: a run that is under way or in a later attempt was asked for already, by
 * us before a crash or by a person (S7). Needs `actions: write`, which an operator grants only for this.
 */
export async function rerunFailedJobs(client: Client, name: RepositoryName, runId: number): Promise<void> {
  const run = await client.rest(
    on(name, 'read'),
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}',
    { ...parts(name), run_id: runId },
    Run,
  )
  if (run.status !== 'completed' || (run.run_attempt ?? 1) > 1) return
  const route = 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/rerun-failed-jobs'
  await client.rest(on(name, 'rerun'), route, { ...parts(name), run_id: runId }, z.unknown())
}

/** GitHub's clock may be behind ours, and it tells whole seconds. */
const skewMs = 60_000
const Runs = z.object({
  workflow_runs: z.array(
    z.object({
      id: z.number().int().positive(),
      actor: z.object({ id: z.number().int() }).nullish(),
      created_at: z.string().transform(Date.parse),
    }),
  ),
})

/** @param bot tells the account that starts workflows for us. */
export async function dispatchedRuns(
  client: Client,
  bot: Pick<Account, 'id' | 'login'>,
  name: RepositoryName,
  { workflow, sinceMs }: Parameters<ForgeActs['dispatchedRuns']>[1],
): Promise<number[]> {
  const { workflow_runs: runs } = await client.rest(
    on(name, 'read'),
    'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs',
    { ...parts(name), ...idOf(workflow), event: 'workflow_dispatch', actor: bot.login, per_page: 100 },
    Runs,
  )
  return runs
    .filter(({ actor, created_at }) => actor?.id === bot.id && created_at >= sinceMs - skewMs)
    .map(({ id }) => id)
    .sort((one, other) => other - one)
}

/** GitHub knows a workflow by its id or its file's name, never by its path. */
const idOf = (workflow: string) => ({ workflow_id: workflow.split('/').at(-1) })

/** In whatever form the answer comes, the workflow was started; a run that is not told is none. */
const Started = z
  .object({ workflow_run_id: z.number().int().positive() })
  .transform((run) => run.workflow_run_id)
  .nullable()
  .catch(null)

/**
 * Start a workflow, named by its file. Servers before 2026 do not tell the run, and may refuse to be asked; a refusal
 * started nothing, so that asking once more without the question starts one. Needs `actions: write`.
 */
export async function dispatchWorkflow(
  client: Client,
  name: RepositoryName,
  { workflow, ref, inputs }: Parameters<ForgeActs['dispatchWorkflow']>[1],
): Promise<number | null> {
  const route = 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches'
  const body = { ...parts(name), ...idOf(workflow), ref, inputs }
  const start = (question: object) =>
    client.rest(on(name, 'dispatch'), route, { ...body, ...question }, Started)
  try {
    return await start({ return_run_details: true })
  } catch (error) {
    const unknown = error instanceof GitHubRefusal && [400, 422].includes(error.status)
    if (!unknown || !error.words.includes('return_run_details')) throw error
    return start({})
  }
}
