/** What a session changed: the folder compared with a commit by lstat and hashes, with no filter and no git status. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, readdir, readlink } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { Terminal } from '../../core/errors.ts'
import { fieldsOf, textOf } from './bytes.ts'
import { runGit } from './gitProcess.ts'
import { isInside } from './sandboxArguments.ts'
import type { TreeEntry } from './worktreeCheckout.ts'
import { hasRealParents, isMissing, pathIn } from './worktreePaths.ts'

export const maximumChanges = 3000
const maximumFileBytes = 10 * 1024 * 1024

/** One changed path. `put` holds what is to be stored; a file is read again, and only then, when it is stored. */
export type Change = { path: Buffer } & (
  | { kind: 'delete' }
  | { kind: 'put'; mode: '100644' | '100755' }
  | { kind: 'put'; mode: '120000'; target: Buffer }
  | { kind: 'refuse'; reason: string }
)

/**
 * Compare a folder with the files of a commit.
 *
 * @param index a private index that holds the commit's tree. New paths count unless `.gitignore` files of the folder
 *   name them: build output and dependencies never enter a commit.
 * @throws Terminal over 3,000 changed paths.
 */
export async function findChanges(
  mirror: string,
  folder: string,
  tree: readonly TreeEntry[],
  index: string,
): Promise<Change[]> {
  const realFolders = new Map<string, boolean>()
  const changes: Change[] = []
  const add = (change: Change | null) => {
    if (change) changes.push(change)
    if (changes.length > maximumChanges) throw tooMany()
  }
  for (const entry of tree) {
    const below = await hasRealParents(folder, entry.path, realFolders)
    add(
      below
        ? await compare(folder, entry)
        : entry.mode === '160000'
          ? null
          : { kind: 'delete', path: entry.path },
    )
  }
  const others = await runGit({
    directory: mirror,
    workTree: folder,
    indexFile: index,
    args: ['ls-files', '--others', '--exclude-standard', '-z'],
    timeoutMs: 60_000,
  })
  for (const path of fieldsOf(others.stdout)) add(await describe(folder, path))
  return changes
}

async function compare(folder: string, entry: TreeEntry): Promise<Change | null> {
  const { path } = entry
  const found = await lstat(pathIn(folder, path)).catch((error: NodeJS.ErrnoException) => {
    if (isMissing(error)) return null
    throw error
  })
  if (entry.mode === '160000') {
    // A submodule is an empty folder here. A repository planted in it would be run by git's own status.
    const empty = !found || (found.isDirectory() && (await readdir(pathIn(folder, path))).length === 0)
    return empty
      ? null
      : { kind: 'refuse', path, reason: 'it is a submodule, and sessions may not change submodules' }
  }
  // A folder in place of a file: what is in it is listed as new.
  if (!found || found.isDirectory()) return { kind: 'delete', path }
  const mode = entry.mode.replace('100664', '100644')
  // Compared before anything is refused: what nobody changed may be as large as it likes, and a link may lead anywhere.
  if (found.isFile() && fileMode(found) === mode && found.size === entry.size)
    if ((await hashOfFile(pathIn(folder, path), entry)) === entry.blob) return null
  if (found.isSymbolicLink() && mode === '120000') {
    const target = await readlink(pathIn(folder, path), { encoding: 'buffer' })
    if (hashOf(target, entry.blob) === entry.blob) return null
  }
  return describe(folder, path)
}

/** What lies at a path now. */
async function describe(folder: string, path: Buffer): Promise<Change> {
  if (path.at(-1) === 47)
    return { kind: 'refuse', path, reason: 'it is a repository of its own inside the worktree' }
  const found = await lstat(pathIn(folder, path))
  if (found.isSymbolicLink()) {
    const target = await readlink(pathIn(folder, path), { encoding: 'buffer' })
    const text = textOf(target).text
    const leads = isAbsolute(text) || !isInside(folder, join(folder, textOf(path).text, '..', text))
    return leads
      ? { kind: 'refuse', path, reason: 'it is a symbolic link that leads out of the repository' }
      : { kind: 'put', path, mode: '120000', target }
  }
  if (!found.isFile()) return { kind: 'refuse', path, reason: 'it is neither a file nor a symbolic link' }
  if (found.size > maximumFileBytes) return { kind: 'refuse', path, reason: 'it is larger than 10 MB' }
  return { kind: 'put', path, mode: fileMode(found) }
}

const fileMode = ({ mode }: { mode: number }) => ((mode & 0o100) === 0 ? '100644' : '100755')

/** The id that git gives a regular file; a large one is read piece by piece. A link in its place is not followed. */
async function hashOfFile(path: Buffer, { size, blob }: TreeEntry): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    if (size <= maximumFileBytes) return hashOf(await file.readFile(), blob)
    const hash = blobHash(size, blob)
    for await (const piece of file.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 }))
      hash.update(piece)
    return hash.digest('hex')
  } finally {
    await file.close()
  }
}

/** The id that git gives a blob, in the hash that `like` is written in. */
function hashOf(content: Buffer, like: string): string {
  return blobHash(content.length, like).update(content).digest('hex')
}

function blobHash(size: number, like: string) {
  return createHash(like.length === 64 ? 'sha256' : 'sha1').update(`blob ${size}\0`)
}

function tooMany(): Terminal {
  return new Terminal(
    `more than ${maximumChanges} changed paths`,
    `The session changed more than ${maximumChanges} files, which is more than can be reviewed (T18). Split the issue, or add the folder of generated files to .gitignore, then comment \`/agent retry\`.`,
  )
}
