/** Reads a report file that a command wrote into a checkout: no symlink is followed, nothing unbounded is read (T26). */
import { constants } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { join } from 'node:path'

/** What every reader gives: the parsed report, or why it cannot be used. A problem never counts as a pass (T16). */
export type Parsed<T> = { ok: true; value: T } | { ok: false; problem: string }

export const maximumReportBytes = 20 * 1024 * 1024

/** Turns a path as a tool wrote it into a path of the repository, or null for a file that is not part of it. */
export type PathResolver = (written: string) => string | null

/**
 * @param tracked every path of the commit.
 * @param below what is left of an absolute path (forward slashes) below the checkout in which the tool ran; null for a
 *   path outside of it.
 */
export function createPathResolver(
  tracked: ReadonlySet<string>,
  below: (absolute: string) => string | null,
): PathResolver {
  return (written) => {
    const unix = written.replaceAll('\\', '/').replace(/^file:\/\/(?:\/(?=[A-Za-z]:\/))?/, '')
    const relative = /^(?:\/|[A-Za-z]:\/)/.test(unix) ? (below(unix) ?? '/') : unix
    if (relative.startsWith('/')) return null
    const parts: string[] = []
    for (const part of relative.split('/')) {
      if (part === '' || part === '.') continue
      if (part !== '..') parts.push(part)
      else if (parts.pop() === undefined) return null
    }
    const path = parts.join('/')
    return tracked.has(path) ? path : null
  }
}

/** Paths below a folder. */
export const belowFolder =
  (folder: string) =>
  (absolute: string): string | null =>
    absolute.startsWith(`${folder}/`) ? absolute.slice(folder.length + 1) : null

/**
 * Paths below the workspace of GitHub's runners, which is a folder of the repository's name in another of that name
 * (`/home/runner/work/shop/shop`) on every system and in containers.
 */
export const belowRunner = (repository: string) => {
  const name = repository.slice(repository.indexOf('/') + 1)
  const doubled = `/${name}/${name}/`.toLowerCase()
  return (absolute: string): string | null => {
    const at = absolute.toLowerCase().indexOf(doubled)
    return at === -1 ? null : absolute.slice(at + doubled.length)
  }
}

/** The JSON of a report, or why it is none. */
export function parseJson(text: string): Parsed<unknown> {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    return { ok: false, problem: `it is not JSON: ${(error as Error).message.slice(0, 200)}` }
  }
}

/** The bytes of a regular file below `directory` as text. */
export async function readReport(directory: string, path: string): Promise<Parsed<string>> {
  const no = (problem: string): Parsed<string> => ({ ok: false, problem })
  let at = directory
  for (const part of path.split('/')) {
    at = join(at, part)
    const entry = await lstat(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
      throw error
    })
    if (!entry) return no(`missing: the command did not write ${path}, which policy names as its report.`)
    if (entry.isSymbolicLink())
      return no(`invalid: ${at.slice(directory.length + 1)} is a symbolic link, which is not followed.`)
  }
  const file = await open(at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const entry = await file.stat()
    if (!entry.isFile()) return no(`invalid: ${path} is not a regular file.`)
    if (entry.size > maximumReportBytes) return no(`invalid: ${path} is larger than 20 MB.`)
    return { ok: true, value: await file.readFile('utf8') }
  } finally {
    await file.close()
  }
}
