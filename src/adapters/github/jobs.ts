/** Jobs of GitHub Actions: reading the log of one that ended, and running the failed ones of a run again (P8). */
import { z } from 'zod'
import type { RepositoryName } from '../../core/ids.ts'
import type { Found } from '../../core/ports.ts'
import { on, parts } from './access.ts'
import type { Client } from './client.ts'
import { absentOn404 } from './failures.ts'

/** Logs over this are cut at their beginning: what failed stands towards the end. UTF-16 units. */
const longestLog = 32_000_000

/** GitHub redirects to its storage; the token stays behind, since the storage is another origin. */
export async function readJobLog(
  client: Client,
  name: RepositoryName,
  jobId: number,
): Promise<Found<string>> {
  const route = 'GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs'
  const answer = await absentOn404(
    client.rest(on(name, 'read'), route, { ...parts(name), job_id: jobId }, Log),
  )
  return answer.found ? { found: true, value: answer.value.slice(-longestLog) } : answer
}

/** The request library gives text for a text type, and bytes where the storage names none. */
const Log = z.union([
  z.string(),
  z.instanceof(ArrayBuffer).transform((bytes) => Buffer.from(bytes).toString('utf8')),
])

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
