/** Turns a session's path into one below its worktree, or refuses: no `..`, no `.git`, no symlink on the way (T26). */
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { RepositoryPath } from '../../core/citation.ts'
import { ToolRefusal } from '../../core/ports/model.ts'
import { code } from '../../core/sentences.ts'

/** Largest file that is read or written, bytes. */
export const largestFile = 1024 * 1024

/** The path's parts, refused when it is not a plain relative path or enters git's own folder. */
export function partsOf(path: string): string[] {
  const parsed = RepositoryPath.safeParse(path)
  if (!parsed.success)
    throw new ToolRefusal(`${code(path)} is not a relative path inside the repository with forward slashes.`)
  const parts = path.split('/')
  // Git also takes `.GIT` and, on some file systems, `git~1` for its folder.
  if (parts.some((part) => /^(\.git|git~\d+)$/i.test(part.normalize('NFKC').replace(/[\p{Cf}]/gu, ''))))
    throw new ToolRefusal('The folder .git is not yours to read or write.')
  return parts
}

/**
 * Check every folder on the way to a path.
 *
 * @param create make folders that are missing.
 * @returns the absolute path, whose parent is a real folder below `directory`.
 */
export async function confine(directory: string, path: string, create = false): Promise<string> {
  const root = await realpath(directory)
  let folder = root
  for (const part of partsOf(path).slice(0, -1)) {
    folder = join(folder, part)
    const status = await lstat(folder).catch(absentOr(path))
    if (!status && create) await mkdir(folder, { mode: 0o755 }).catch(refusing(path))
    else if (!status) throw new ToolRefusal(`${code(path)} does not exist.`)
    else if (status.isSymbolicLink())
      throw new ToolRefusal(`${code(path)} goes through a symlink, which tools never follow.`)
    else if (!status.isDirectory()) throw new ToolRefusal(`A part of ${code(path)} is no folder.`)
  }
  if ((await realpath(folder)) !== folder) throw new ToolRefusal(`${code(path)} leaves the worktree.`)
  return join(folder, path.split('/').at(-1) ?? '')
}

/** Open a regular file without following a link or waiting on a pipe. Null when it does not exist. */
export async function openRegular(absolute: string, path: string, flags: number): Promise<FileHandle | null> {
  const handle = await open(absolute, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o644).catch(
    absentOr(path),
  )
  if (handle && !(await handle.stat()).isFile()) {
    await handle.close()
    throw new ToolRefusal(`${code(path)} is no regular file.`)
  }
  return handle
}

/** The system's code of an error, e.g. `ENOENT`. By shape, since errors of Node may come from another realm. */
export function codeOf(error: unknown): string | null {
  const parsed = SystemError.safeParse(error)
  return parsed.success ? parsed.data.code : null
}

const SystemError = z.looseObject({ code: z.string() })

/** What the system says when the fault is in the path, or in what commands have put there; never in the worker. */
const refusals: Readonly<Record<string, string>> = {
  ELOOP: 'is a symlink, which tools never follow',
  EISDIR: 'is a folder',
  ENOTDIR: 'goes through something that is no folder',
  ENAMETOOLONG: 'is longer than a name may be',
  ENXIO: 'cannot be opened',
  EACCES: 'cannot be opened',
  EPERM: 'cannot be opened',
}

/** For `catch`: an error that the path brings about is a refusal, all others are thrown as they are. */
export function refusing(path: string): (error: unknown) => never {
  return (error) => {
    const reason = refusals[codeOf(error) ?? '']
    throw reason ? new ToolRefusal(`${code(path)} ${reason}.`) : error
  }
}

/** The same, and null for what does not exist. */
export function absentOr(path: string): (error: unknown) => null {
  const refuse = refusing(path)
  return (error) => (codeOf(error) === 'ENOENT' ? null : refuse(error))
}
