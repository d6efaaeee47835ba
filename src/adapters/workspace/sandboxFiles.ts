/** The writable folder on the host's side: who owns it, how large it is. No symlink is ever followed. */
import { lchown, lstat, readdir } from 'node:fs/promises'

const slash = Buffer.from('/')
const gitName = Buffer.from('.git')

/**
 * Give a folder and everything in it to the sandbox's account. A root worker writes files as root, and the sandboxed
 * program must be able to change them. Nothing runs in the folder meanwhile; its `.git` stays the worker's.
 */
export async function handOver(directory: string, account: { uid: number; gid: number }): Promise<void> {
  const top = Buffer.from(directory)
  const git = Buffer.concat([top, slash, gitName])
  const give = async (path: Buffer) => {
    const entry = await lstat(path).catch(unless(null, 'ENAMETOOLONG'))
    if (entry && (entry.uid !== account.uid || entry.gid !== account.gid)) {
      await lchown(path, account.uid, account.gid)
    }
  }
  await give(top)
  await walk(top, async (path) => {
    if (!path.equals(git)) await give(path)
    return true
  })
}

/** Size on disk of a folder in megabytes. Counting ends once `limitMb` is passed; paths too long to read are infinite. */
export async function sizeMb(directory: string, limitMb: number): Promise<number> {
  let bytes = 0
  await walk(Buffer.from(directory), async (path) => {
    const entry = await lstat(path).catch(unless(null, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG'))
    // Every entry costs an inode; 4 kB stands for it, so that a million empty files are a disk hog too.
    bytes += path.length > 4000 ? Number.POSITIVE_INFINITY : 4096 + (entry ? entry.blocks * 512 : 0)
    return bytes <= limitMb * 1024 * 1024
  })
  return bytes / 1024 / 1024
}

/** Visit every entry below a folder until `visit` says false. Names are bytes: not all of them are UTF-8. */
async function walk(directory: Buffer, visit: (path: Buffer) => Promise<boolean>): Promise<boolean> {
  const options = { withFileTypes: true, encoding: 'buffer' } as const
  for (const entry of await readdir(directory, options).catch(
    unless([], 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG'),
  )) {
    const path = Buffer.concat([directory, slash, entry.name])
    if (!(await visit(path))) return false
    if (entry.isDirectory() && !(await walk(path, visit))) return false
  }
  return true
}

/** Files may be removed while they are looked at, and names may be too long to reach: a value instead of the error. */
function unless<T>(value: T, ...codes: string[]): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (codes.includes(error.code ?? '')) return value
    throw error
  }
}
