/** Puts the files of a commit into an empty folder, without filters, conversions or hooks (T26). */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Semaphore } from 'async-mutex'
import { Terminal } from '../../core/errors.ts'
import type { Sha } from '../../core/ids.ts'
import { fieldsOf } from './bytes.ts'
import { runGit } from './gitProcess.ts'

const run = promisify(execFile)
const maximumEntries = 200_000
const maximumBytes = 4 * 1024 * 1024 * 1024

/** Two at a time in one process: more only wait for the same disk (workspace facts). */
const turns = new Semaphore(2)

export interface TreeEntry {
  mode: string
  blob: string
  /** Bytes; 0 for a submodule. */
  size: number
  path: Buffer
}

/** Every file of a commit. Terminal over 200,000 entries or 4 GB. */
export async function listTree(mirror: string, sha: Sha): Promise<TreeEntry[]> {
  const { stdout } = await runGit({
    directory: mirror,
    args: ['ls-tree', '-r', '-l', '-z', '--full-tree', '--end-of-options', sha],
    maxBytes: 256 * 1024 * 1024,
  })
  let bytes = 0
  const entries = fieldsOf(stdout).map((field): TreeEntry => {
    const tab = field.indexOf(9)
    const [mode = '', , blob = '', size = ''] = field.subarray(0, tab).toString('latin1').split(/ +/)
    bytes += size === '-' ? 0 : Number(size)
    return { mode, blob, size: size === '-' ? 0 : Number(size), path: field.subarray(tab + 1) }
  })
  if (entries.length <= maximumEntries && bytes <= maximumBytes) return entries
  throw new Terminal(
    `tree of ${sha} has ${entries.length} entries and ${bytes} bytes`,
    `Commit ${sha.slice(0, 12)} is too large to be checked out here (${entries.length} files, ${Math.round(bytes / 1e6)} MB; at most ${maximumEntries} files and 4 GB).`,
  )
}

/**
 * Write a commit's files.
 *
 * @param index path of a private index file; it holds the commit's tree afterwards.
 * @param only write these paths and no others.
 */
export async function fillFolder(
  mirror: string,
  folder: string,
  sha: Sha,
  index: string,
  only?: readonly Buffer[],
): Promise<void> {
  await turns.runExclusive(async () => {
    const call = { directory: mirror, workTree: folder, indexFile: index }
    await runGit({ ...call, args: ['read-tree', sha] })
    if (!only) await runGit({ ...call, args: ['checkout-index', '--all', '--force', '--quiet'] })
    else {
      const input = Buffer.concat(only.flatMap((path) => [path, Buffer.from([0])]))
      await runGit({ ...call, args: ['checkout-index', '--force', '--quiet', '-z', '--stdin'], input })
    }
  })
}

/** Remove a folder and everything in it, also what was made hard to remove: odd names, endless depth, closed folders. */
export async function removeFolder(folder: string): Promise<void> {
  await force(folder, ['rm', '-rf', '--', folder])
}

/** Empty a worktree except for its `.git`. */
export async function emptyFolder(folder: string): Promise<void> {
  const keep = ['!', '-name', '.git', '-exec', 'rm', '-rf', '--', '{}', '+']
  await force(folder, ['find', folder, '-mindepth', '1', '-maxdepth', '1', ...keep])
}

/** A command may have closed its folders to their owner: then they are opened first. Links are not followed. */
async function force(folder: string, [program = '', ...args]: string[]): Promise<void> {
  const environment = { env: { PATH: '/usr/bin:/bin' } }
  await run(program, args, environment).catch(async () => {
    await run('chmod', ['-R', 'u+rwX', '--', folder], environment)
    await run(program, args, environment)
  })
}
