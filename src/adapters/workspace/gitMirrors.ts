/** Bare mirrors: one folder a repository, one mutex each, filled by fetching exact commits into refs of our own. */
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Mutex } from 'async-mutex'
import { RetryLater, Terminal } from '../../core/errors.ts'
import type { RepositoryName, Sha } from '../../core/ids.ts'
import type { GitCredentials, Log } from '../../core/ports.ts'
import { type GitCall, GitFailure, gitText, runGit } from './gitProcess.ts'
import { remoteCall } from './gitRemote.ts'

export interface MirrorOptions {
  /** Absolute folder that Countersign owns alone. */
  root: string
  credentials: GitCredentials
  /** Further hosts that may be reached over plain http; loopback addresses always may (tests, the demo). */
  allowHttpHosts?: readonly string[]
  /** Variables that git's own https client understands (HTTPS_PROXY, SSL_CERT_FILE). */
  networkEnvironment?: Readonly<Record<string, string>>
  log: Log
}

export interface Mirrors {
  readonly root: string
  /** The mirror's folder, created when it is new. */
  open(repository: RepositoryName): Promise<string>
  /** Run under the mirror's mutex: fetches, `worktree add`, gc (T31). */
  locked<T>(repository: RepositoryName, task: (directory: string) => Promise<T>): Promise<T>
  /** Have these commits, or reject with Terminal. */
  ensure(repository: RepositoryName, shas: readonly Sha[]): Promise<void>
  /** Pack what has gathered; a nightly job, since every call of git has its own clean-up off (T31). */
  maintain(): Promise<void>
  /** The settings of a call that talks to the repository on GitHub, with its token. */
  remote(
    repository: RepositoryName,
    purpose: 'read' | 'push',
  ): Promise<{ url: string; call: Partial<GitCall> }>
}

/**
 * Attributes of every path, above whatever `.gitattributes` says: no filter, no line-ending or encoding conversion, no
 * "binary" mark that hides a diff, no merge driver.
 */
export const allPathAttributes =
  '* !text !eol !filter !ident !working-tree-encoding !diff !merge !export-ignore !export-subst !whitespace\n'

/** Create the keeper of mirrors below `options.root`. Lock files that a crash left behind are removed at first use. */
export function createMirrors(options: MirrorOptions): Mirrors {
  const root = resolve(options.root)
  const mutexes = new Map<string, Mutex>()
  const opened = new Map<string, Promise<string>>()

  /** GitHub's names ignore case; the fixed ending keeps a repository called `..` inside its folder. */
  const keyOf = (repository: RepositoryName) => `${repository.toLowerCase()}.git`

  async function create(repository: RepositoryName): Promise<string> {
    const directory = join(root, 'mirrors', keyOf(repository))
    await mkdir(directory, { recursive: true })
    const exists = await stat(join(directory, 'HEAD')).then(
      () => true,
      () => false,
    )
    if (exists) await removeLocks(directory)
    else await runGit({ directory, args: ['init', '--bare', '--quiet', '--template='] })
    await mkdir(join(directory, 'info'), { recursive: true })
    await writeFile(join(directory, 'info', 'attributes'), allPathAttributes)
    return directory
  }

  function open(repository: RepositoryName): Promise<string> {
    const key = keyOf(repository)
    const known = opened.get(key)
    if (known !== undefined) return known
    const created = create(repository)
    opened.set(key, created)
    created.catch(() => opened.delete(key))
    return created
  }

  async function locked<T>(repository: RepositoryName, task: (directory: string) => Promise<T>): Promise<T> {
    const key = keyOf(repository)
    const mutex = mutexes.get(key) ?? new Mutex()
    mutexes.set(key, mutex)
    const directory = await open(repository)
    return mutex.runExclusive(() => task(directory))
  }

  async function remote(repository: RepositoryName, purpose: 'read' | 'push') {
    const credential = await options.credentials[purpose](repository)
    const call = remoteCall(credential, options.allowHttpHosts ?? [])
    return {
      url: credential.url,
      call: options.networkEnvironment ? { ...call, environment: options.networkEnvironment } : call,
    }
  }

  async function ensure(repository: RepositoryName, shas: readonly Sha[]): Promise<void> {
    if ((await missingOf(await open(repository), shas)).length === 0) return
    await locked(repository, async (directory) => {
      const missing = await missingOf(directory, shas)
      if (missing.length === 0) return
      const { url, call } = await remote(repository, 'read')
      const fetch = (refspecs: string[]) =>
        runGit({
          ...call,
          directory,
          args: [
            'fetch',
            '--quiet',
            '--no-tags',
            '--no-write-fetch-head',
            '--no-recurse-submodules',
            '--no-auto-maintenance',
            '--end-of-options',
            url,
            ...refspecs,
          ],
        })
      try {
        await fetch(missing.map((sha) => `+${sha}:refs/countersign/have/${sha}`))
      } catch (error) {
        if (!(error instanceof GitFailure) || !/not our ref|unadvertised object/i.test(error.stderr)) {
          throw explain(repository, error)
        }
        options.log.info({ repository, stderr: error.stderr.slice(0, 500) }, 'fetch by commit failed')
        await fetch([
          '+refs/heads/*:refs/countersign/heads/*',
          '+refs/pull/*/head:refs/countersign/pulls/*',
        ]).catch((cause: unknown) => {
          throw explain(repository, cause)
        })
      }
      const [first] = await missingOf(directory, missing)
      if (!first) return
      throw new Terminal(
        `${repository} has no commit ${first}`,
        `Commit ${first} does not exist in ${repository}: it was removed by a force-push, or the App cannot read it. Push the branch again, or check that the App is installed on this repository.`,
      )
    })
  }

  async function maintain(): Promise<void> {
    for (const key of [...opened.keys()]) {
      const repository = key.replace(/\.git$/, '')
      await locked(repository, (directory) =>
        runGit({ directory, args: ['gc', '--quiet'], timeoutMs: 3_600_000 }),
      )
    }
  }

  return { root, open, locked, ensure, maintain, remote }
}

/** Those of `shas` that the mirror does not have as commits. */
async function missingOf(directory: string, shas: readonly Sha[]): Promise<Sha[]> {
  const answer = await gitText({
    directory,
    args: ['cat-file', '--batch-check=%(objecttype)'],
    input: shas.map((sha) => `${sha}^{commit}\n`).join(''),
  })
  const lines = answer.split('\n')
  return shas.filter((_, index) => lines[index] !== 'commit')
}

/** Which of the two it is: a fault that passes, or a no that stays. */
function explain(repository: RepositoryName, cause: unknown): unknown {
  if (!(cause instanceof GitFailure)) return cause
  if (/could not resolve|timed out|refused|reset|HTTP 5\d\d|error: 5\d\d|early EOF/i.test(cause.stderr)) {
    return new RetryLater(`fetch of ${repository}: ${cause.message}`, 30_000, { cause })
  }
  return new Terminal(
    `fetch of ${repository}: ${cause.message}`,
    `git could not fetch ${repository} (${cause.stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? 'no reason given'}). Check that the App is installed on this repository with read access to its contents, then comment \`/agent retry\`.`,
    { cause },
  )
}

/** Lock files of a killed git would block for ever; the process lock on the root proves that nobody holds them. */
async function removeLocks(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.endsWith('.lock') || entry.parentPath.includes('/objects')) continue
    await rm(join(entry.parentPath, entry.name), { force: true })
  }
}
