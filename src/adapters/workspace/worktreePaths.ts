/** Paths below a folder whose content is hostile: every step is looked at, and no link is ever followed. */
import { lstat, rm } from 'node:fs/promises'

/** A path below a folder, as bytes: names need not be UTF-8. */
export function pathIn(folder: string, path: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), path])
}

/** True for the errors that say that nothing is there. */
export function isMissing(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ENOENT' || error.code === 'ENOTDIR'
}

/**
 * False when a folder on the way to `path` is missing or was replaced, e.g. by a link that leads elsewhere.
 *
 * @param known answers by folder, for many paths in a row; nothing may run in the folder meanwhile.
 */
export async function hasRealParents(
  folder: string,
  path: Buffer,
  known = new Map<string, boolean>(),
): Promise<boolean> {
  for (let end = path.indexOf(47); end !== -1; end = path.indexOf(47, end + 1)) {
    const parent = path.subarray(0, end)
    const key = parent.toString('latin1')
    let real = known.get(key)
    if (real === undefined) {
      real = await lstat(pathIn(folder, parent)).then(
        (entry) => entry.isDirectory(),
        (error: NodeJS.ErrnoException) => {
          if (isMissing(error)) return false
          throw error
        },
      )
      known.set(key, real)
    }
    if (!real) return false
  }
  return true
}

/** Remove what lies at these paths; a path that leads through a link is left alone, since it leads out of the folder. */
export async function removeIn(folder: string, paths: readonly Buffer[]): Promise<void> {
  const known = new Map<string, boolean>()
  for (const path of paths) {
    if (await hasRealParents(folder, path, known))
      await rm(pathIn(folder, path), { recursive: true, force: true })
  }
}
