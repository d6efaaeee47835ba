/** Packages that a change adds to a package.json: each must stand in the lockfile, or nobody has ever installed it. */
import { posix } from 'node:path'
import type { DiffFile } from '../../core/evidence.ts'
import type { Sha } from '../../core/ids.ts'
import type { ReadBlobs } from '../workspace/gitObjects.ts'
import { missing, type Resolution } from './language.ts'
import { inLockfile } from './languages/typescript.ts'
import { dependenciesFor, wantedPackages } from './languages/typescriptManifest.ts'
import { nearest } from './nearest.ts'
import type { World } from './world.ts'

/** Versions that name a place instead of a registry's release. */
const placed = /^(?:file|link|workspace|portal|patch|git|git\+\w+|https?|github):|^\*$|^[\w-]+\/[\w.-]+/

/** What new dependencies lead nowhere; the line is the one that names them. */
export async function changedPackages(
  read: ReadBlobs,
  mergeBase: Sha,
  files: readonly DiffFile[],
  world: World,
): Promise<{ path: string; line: number; name: string; resolution: Resolution }[]> {
  const changed = files.filter(
    (file) => posix.basename(file.path) === 'package.json' && file.status !== 'deleted',
  )
  const before = await read(
    changed.map((file) => `${mergeBase}:${file.path}`),
    1024 * 1024,
  )
  return changed.flatMap((file) => {
    const now = wantedPackages(world.manifests.get(file.path) ?? '')
    const lockfiles = dependenciesFor(file.path, world)?.lockfiles ?? []
    if (!now || lockfiles.length === 0) return []
    const bytes = before.get(`${mergeBase}:${file.path}`)
    const known = wantedPackages(bytes && bytes !== 'large' ? bytes.toString('utf8') : '')
    const locked = [...now.keys()].filter((name) => lockfiles.some((text) => inLockfile(text, name)))
    return [...now]
      .filter(([name, version]) => !known?.has(name) && !placed.test(version) && !locked.includes(name))
      .map(([name]) => ({
        path: file.path,
        line: file.added.find(({ text }) => text.includes(`"${name}"`))?.line ?? 1,
        name,
        resolution: missing(
          'package',
          `${name} was added to ${file.path} and is in no lockfile.`,
          nearest(name, locked),
        ),
      }))
  })
}
