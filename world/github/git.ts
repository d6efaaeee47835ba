/** git on bare repositories, called with fixed arguments and a clean environment. */
import { spawn } from 'node:child_process'
import { GitHubError } from './errors.ts'
import { remembering } from './gitMemory.ts'

export type GitResult = { code: number; stdout: Buffer; stderr: string }
export type GitOptions = {
  input?: string | Buffer
  env?: Record<string, string>
  cwd?: string
  allowFailure?: boolean
}
export type Identity = { name: string; email: string; date: string }

const OUTPUT_LIMIT_BYTES = 256 * 1024 * 1024
const BASE_ENV = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
}

export const ZERO_SHA = '0'.repeat(40)

/** The environment every git process of the world gets, plus the given additions. */
export function gitEnv(extra: Record<string, string> = {}): Record<string, string> {
  return { ...BASE_ENV, ...extra }
}

/** Runs git; throws with its stderr unless `allowFailure`. Output is bytes, bounded at 256 MB. */
export function runGit(args: string[], options: GitOptions = {}): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, {
      cwd: options.cwd,
      env: gitEnv(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const out: Buffer[] = []
    let size = 0
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > OUTPUT_LIMIT_BYTES) child.kill('SIGKILL')
      else out.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr.length < 64_000) stderr += chunk.toString('utf8')
    })
    child.on('error', reject)
    child.on('close', (exit) => {
      const result = { code: exit ?? 1, stdout: Buffer.concat(out), stderr }
      if (result.code === 0 || options.allowFailure === true) resolve(result)
      else reject(failed(args, result))
    })
    // A git that exits before reading its input closes the pipe; the exit code tells the story.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
  })
}

const failed = (args: string[], { code, stderr }: GitResult) =>
  new Error(`git ${args.slice(0, 4).join(' ')} failed (${code}): ${stderr.trim()}`)

export type CommitInfo = {
  sha: string
  tree: string
  parents: string[]
  author: Identity
  committer: Identity
  message: string
}

const COMMIT_FORMAT = '%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x00%x01'

function parseCommits(text: string): CommitInfo[] {
  return text
    .split('\u0000\u0001')
    .map((part) => part.replace(/^\n/, ''))
    .filter((part) => part !== '')
    .map((part) => {
      const f = part.split('\u0000')
      const at = (i: number) => f[i] ?? ''
      const date = (i: number) => new Date(at(i)).toISOString().replace('.000Z', 'Z')
      return {
        sha: at(0),
        tree: at(1),
        parents: at(2).split(' ').filter(Boolean),
        author: { name: at(3), email: at(4), date: date(5) },
        committer: { name: at(6), email: at(7), date: date(8) },
        message: at(9).replace(/\n$/, ''),
      }
    })
}

/** Commit, ref and merge operations on one bare repository, by its path. */
export type GitStore = ReturnType<typeof createGitStore>

export function createGitStore() {
  const call = (dir: string, args: string[], options: GitOptions = {}) =>
    runGit(['--git-dir', dir, '-c', 'safe.bareRepository=all', ...args], options)
  const remembered = remembering((dir, args) => call(dir, args, { allowFailure: true }))
  const run = async (dir: string, args: string[], options: GitOptions = {}) => {
    if (options.input !== undefined || options.env !== undefined || options.cwd !== undefined)
      return call(dir, args, options)
    const result = await remembered(dir, args)
    if (result.code === 0 || options.allowFailure === true) return result
    throw failed(args, result)
  }
  const text = async (dir: string, args: string[], options: GitOptions = {}) =>
    (await run(dir, args, options)).stdout.toString('utf8')

  const resolve = async (dir: string, name: string): Promise<string | null> => {
    if (name === '' || name.startsWith('-') || /\s/.test(name) || name.includes('\0')) return null
    const r = await run(dir, ['rev-parse', '--verify', '-q', '--end-of-options', name], {
      allowFailure: true,
    })
    // rev-parse echoes --end-of-options in some versions; the object name is the last line.
    return r.code === 0 ? (r.stdout.toString('utf8').trim().split('\n').at(-1) ?? null) : null
  }

  return {
    run,
    text,
    /** The object a name stands for, or null. */
    resolve,
    commitSha: (dir: string, name: string) => resolve(dir, `${name}^{commit}`),
    ref: (dir: string, ref: string) => resolve(dir, ref),

    async commit(dir: string, sha: string): Promise<CommitInfo> {
      const [info] = parseCommits(await text(dir, ['log', '-1', `--format=${COMMIT_FORMAT}`, sha, '--']))
      if (info === undefined) throw new GitHubError(422, `No commit found for SHA: ${sha}`)
      return info
    },
    async log(dir: string, range: string[], limit = 10_000): Promise<CommitInfo[]> {
      return parseCommits(
        await text(dir, ['log', `--max-count=${limit}`, `--format=${COMMIT_FORMAT}`, ...range]),
      )
    },
    async mergeBase(dir: string, a: string, b: string): Promise<string | null> {
      const r = await run(dir, ['merge-base', a, b], { allowFailure: true })
      return r.code === 0 ? r.stdout.toString('utf8').trim() : null
    },
    async isAncestor(dir: string, ancestor: string, of: string): Promise<boolean> {
      return (
        (await run(dir, ['merge-base', '--is-ancestor', ancestor, of], { allowFailure: true })).code === 0
      )
    },
    async count(dir: string, range: string): Promise<number> {
      return Number(await text(dir, ['rev-list', '--count', range]))
    },
    /** The tree of merging two commits as git does it, or null when they conflict. */
    async mergeTree(dir: string, ours: string, theirs: string): Promise<string | null> {
      const r = await run(dir, ['merge-tree', '--write-tree', ours, theirs], { allowFailure: true })
      if (r.code > 1) throw new Error(`git merge-tree failed: ${r.stderr}`)
      return r.code === 0 ? r.stdout.toString('utf8').trim() : null
    },
    async commitTree(
      dir: string,
      tree: string,
      parents: string[],
      message: string,
      author: Identity,
      committer: Identity,
    ) {
      const args = ['commit-tree', tree, ...parents.flatMap((p) => ['-p', p])]
      return (await text(dir, args, { input: message, env: identityEnv(author, committer) })).trim()
    },
    /** Moves a ref only when it still is where the caller saw it; false when somebody was faster. */
    async updateRef(dir: string, ref: string, to: string, from: string): Promise<boolean> {
      const args = to === ZERO_SHA ? ['update-ref', '-d', ref, from] : ['update-ref', ref, to, from]
      return (await run(dir, args, { allowFailure: true })).code === 0
    },
    async refs(dir: string, prefix: string): Promise<{ ref: string; sha: string; type: string }[]> {
      const out = await text(dir, ['for-each-ref', '--format=%(refname) %(objectname) %(objecttype)', prefix])
      return out
        .split('\n')
        .filter(Boolean)
        .map((line) => {
          const [ref = '', sha = '', type = ''] = line.split(' ')
          return { ref, sha, type }
        })
    },
  }
}

/** Author and committer as git wants them in its environment. */
export function identityEnv(author: Identity, committer: Identity): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_AUTHOR_DATE: author.date,
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
    GIT_COMMITTER_DATE: committer.date,
  }
}
