/** Artifacts of GitHub Actions: found by run, never by name alone, and downloaded with bounds and without our token (G18, T15). */
import { z } from 'zod'
import { RetryLater } from '../../core/errors.ts'
import type { RepositoryName } from '../../core/ids.ts'
import type { ForgeReads, ReportsRequest } from '../../core/ports.ts'
import { code } from '../../core/sentences.ts'
import { on, parts } from './access.ts'
import type { Client } from './client.ts'
import { absentOn404 } from './failures.ts'
import { download, storageWaitMs } from './storage.ts'
import { workflowPath } from './wholeRuns.ts'

/** Reports are kilobytes to a few megabytes; what is larger holds something else. */
const maximumZipBytes = 64 * 1024 * 1024

const Run = z.object({
  head_sha: z.string(),
  path: z.string(),
  event: z.string(),
  run_attempt: z.number().int().positive().default(1),
  status: z.string().nullable(),
})
const Artifact = z.object({
  id: z.number().int(),
  name: z.string(),
  size_in_bytes: z.number().nonnegative(),
  expired: z.boolean(),
  workflow_run: z.object({ id: z.number().int().optional(), head_sha: z.string().optional() }).nullish(),
})
type Artifact = z.infer<typeof Artifact>
const Artifacts = z.object({ artifacts: z.array(Artifact) })

type Answer = Awaited<ReturnType<ForgeReads['artifact']>>
const no = (reason: string): Answer => ({ ok: false, reason })

/** See the port. Of several artifacts of one name (a run that was run again) the newest counts. */
export async function readArtifact(
  client: Client,
  name: RepositoryName,
  request: ReportsRequest,
): Promise<Answer> {
  const access = on(name, 'read')
  const here = parts(name)
  const run = await absentOn404(
    client.rest(
      access,
      'GET /repos/{owner}/{repo}/actions/runs/{run_id}',
      { ...here, run_id: request.run },
      Run,
    ),
  )
  if (!run.found) return no(`workflow run ${request.run} is gone`)
  const differs = differenceOf(run.value, request)
  if (differs) return no(`workflow run ${request.run} ${differs}`)
  // Its end was seen in a list: what GitHub shows here is older, and no answer to keep.
  if (run.value.status !== 'completed')
    throw new RetryLater(`workflow run ${request.run} is not shown as ended yet`, storageWaitMs)

  const listed = await client.pages(
    access,
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts',
    { ...here, run_id: request.run, name: request.artifact },
    { schema: Artifacts, items: (page) => page.artifacts, most: 5 },
  )
  const own = listed.filter((one) => one.name === request.artifact && belongs(one, request))
  const newest = own.sort((a, b) => b.id - a.id)[0]
  const what = `artifact ${code(request.artifact)}`
  if (!newest) return no(`its run of ${code(request.workflow)} uploaded no ${what}`)
  const expired = no(`${what} has expired on GitHub; run the workflow again at this commit`)
  if (newest.expired) return expired
  const large = no(`${what} is larger than ${maximumZipBytes / 1024 / 1024} MB`)
  if (newest.size_in_bytes > maximumZipBytes) return large

  const address = await absentOn404(
    client.location(access, 'GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}', {
      ...here,
      artifact_id: newest.id,
      archive_format: 'zip',
    }),
  )
  if (!address.found) return expired
  const bounds = { read: maximumZipBytes, keep: maximumZipBytes }
  const { bytes, cut } = await download(address.value, 'an artifact', bounds)
  return cut ? large : { ok: true, zip: bytes }
}

/** Why a run is not the one that was asked for, to complete a sentence that begins with it; null when it is. */
function differenceOf(run: z.infer<typeof Run>, request: ReportsRequest): string | null {
  if (run.head_sha !== request.sha) return `is of another commit (${run.head_sha.slice(0, 7)})`
  if (workflowPath(run) !== request.workflow) return `is of another workflow (${code(run.path)})`
  if (run.event !== request.event) return `was started by another event (${code(run.event)})`
  return run.run_attempt === request.attempt ? null : 'has been started again'
}

/** GitHub may leave out which run an artifact is of; the list was asked for by run. */
function belongs({ workflow_run: run }: Artifact, request: ReportsRequest): boolean {
  return (run?.id ?? request.run) === request.run && (run?.head_sha ?? request.sha) === request.sha
}
