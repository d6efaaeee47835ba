/** Artifacts of runs: kept as their archives, immutable, one of a name in each attempt of a run. */
import { createHash } from 'node:crypto'
import type { Site } from '../github/site.ts'
import type { Artifact, CiRecords, WorkflowRun } from './records.ts'
import { type ZipEntry, zip } from './zip.ts'

/** GitHub's default. */
const RETENTION_DAYS = 90

export type UploadInput = {
  name: string
  /** Files to pack, or the bytes of an archive as something other than upload-artifact may have made it. */
  content: readonly ZipEntry[] | Buffer
  retentionDays?: number
}

/** @returns null when this attempt of the run has an artifact of that name already. */
export function storeArtifact(
  site: Site,
  records: CiRecords,
  run: WorkflowRun,
  attempt: number,
  { name, content, retentionDays = RETENTION_DAYS }: UploadInput,
): Artifact | null {
  const taken = [...records.artifacts.values()].some(
    (one) => one.runId === run.id && one.attempt === attempt && one.name === name,
  )
  if (taken) return null
  const bytes = Buffer.isBuffer(content) ? content : zip(content)
  const artifact = {
    id: site.nextId(),
    runId: run.id,
    attempt,
    name,
    bytes,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    createdAt: site.now(),
    retentionDays,
  }
  records.artifacts.set(artifact.id, artifact)
  return artifact
}
