/** Reports out of an artifact of CI: nothing is unpacked to disk, and only the named files into memory (G18). */
import type { EvidenceResult } from '../../core/evidence.ts'
import type { RepositoryName } from '../../core/ids.ts'
import type { ReportsRequest } from '../../core/ports.ts'
import { code } from '../../core/sentences.ts'
import { textOf } from './bytes.ts'
import type { Mirrors } from './gitMirrors.ts'
import { readReports } from './reports/index.ts'
import { belowRunner, createPathResolver, type Parsed } from './reports/read.ts'
import { unzip } from './reports/unzip.ts'
import { listTree } from './worktreeCheckout.ts'

/** See the port. The commit's own tree says which paths in a report are files of it. */
export async function readArtifactReports(
  mirrors: Pick<Mirrors, 'ensure' | 'open'>,
  repository: RepositoryName,
  { sha, artifact, files }: ReportsRequest,
  zip: Uint8Array,
): Promise<EvidenceResult<'reports'>> {
  const unpacked = await unzip(
    zip,
    files.map((file) => file.path),
  )
  if (!unpacked.ok)
    return { ok: false, reason: `artifact ${code(artifact)} cannot be read: ${unpacked.problem}` }
  await mirrors.ensure(repository, [sha])
  const tree = await listTree(await mirrors.open(repository), sha)
  const tracked = new Set(tree.map((entry) => textOf(entry.path).text))
  const source = {
    read: async (path: string): Promise<Parsed<string>> =>
      unpacked.value.get(path) ?? { ok: false, problem: `missing: the artifact holds no ${path}.` },
    resolve: createPathResolver(tracked, belowRunner(repository)),
  }
  return { ok: true, body: await readReports(source, files) }
}
