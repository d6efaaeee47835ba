/** Commits that no editor would make: any bytes as a name, any mode, made by git itself in a person's clone. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { GitHubState } from '../../../world/index.ts'
import { goodFiles, repository, type Town } from '../town.ts'

export interface Entry {
  /** Text, or the very bytes. */
  path: string | Buffer
  /** Null removes the path. */
  data: string | Buffer | null
  /** An ordinary file unless told; for a submodule `data` is the commit. */
  mode?: '100644' | '100755' | '120000' | '160000'
}

/** A pull request of the agent's with these entries, and with a test and a document, so that only they are in question. */
export async function openRaw(
  town: Town,
  branch: string,
  entries: readonly Entry[],
): Promise<GitHubState.Pull> {
  const by = town.robo
  const name = branch.replace(/\W/g, '_')
  const clone = join(town.stage.github.dataDir, 'clones', by.account.login, `${repository}.git`)
  // The person's clone begins with their first push.
  if (!existsSync(clone)) await by.push(repository, 'first', { base: 'main' })
  const who = `${by.account.login} <${by.account.email}> ${Math.floor(Date.now() / 1000)} +0000`
  const good = Object.entries(goodFiles(name)).map(([path, data]) => ({ path, data }))
  const stream = Buffer.concat([
    Buffer.from(`commit refs/raw/${name}\nauthor ${who}\ncommitter ${who}\ndata 4\nOdd.\n`),
    Buffer.from('from refs/remotes/origin/main\n'),
    ...[...good, ...entries].map(change),
    Buffer.from('\n'),
  ])
  await git(clone, ['fast-import', '--quiet', '--force', '--date-format=raw'], stream)
  const sha = (await git(clone, ['rev-parse', `refs/raw/${name}`])).trim()
  await by.push(repository, branch, { sha })
  return by.openPull(repository, { title: `Add ${name}`, head: branch, base: 'main', body: 'A change.' })
}

function change({ path, data, mode = '100644' }: Entry): Buffer {
  const name = quoted(typeof path === 'string' ? Buffer.from(path) : path)
  if (data === null) return Buffer.from(`D ${name}\n`)
  if (mode === '160000') return Buffer.from(`M 160000 ${data} ${name}\n`)
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  return Buffer.concat([
    Buffer.from(`M ${mode} inline ${name}\ndata ${bytes.length}\n`),
    bytes,
    Buffer.from('\n'),
  ])
}

/** A path as git quotes it: every byte that could mean something else in octal. */
function quoted(bytes: Buffer): string {
  const one = (byte: number) => {
    const plain = byte > 32 && byte < 127 && byte !== 34 && byte !== 92
    return plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`
  }
  return `"${Array.from(bytes, one).join('')}"`
}

function git(directory: string, args: string[], input?: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('git', ['--git-dir', directory, ...args], (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    )
    if (input) child.stdin?.end(input)
  })
}
