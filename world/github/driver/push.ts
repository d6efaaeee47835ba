/** A person's push: a commit built in a scratch clone and sent by a real `git push` over HTTP. */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Mutex } from 'async-mutex'
import { GitHubError } from '../errors.ts'
import { runGit } from '../git.ts'
import { type Files, importStream } from '../ops/repos.ts'
import type { ServerParts } from '../server.ts'
import type { Account, Repo } from '../state.ts'
import { fullName } from '../views/repo.ts'

export type PushInput = {
  files?: Files
  message?: string
  /** Push although it rewinds the branch. */
  force?: boolean
  /** Branch or SHA to build on; default the branch itself, or the default branch for a new one. */
  base?: string
  /** Accounts named in Co-authored-by trailers. */
  coAuthors?: Account[]
  /** Author and committer other than the pusher. */
  author?: { name: string; email: string }
  /** Push this existing commit instead of making one. */
  sha?: string
}

const SHA = /^[0-9a-f]{40}$/

// One scratch clone a person and repository: pushes from it take turns.
const turns = new Map<string, Mutex>()

/** Pushes and returns the pushed SHA; a refusal by GitHub is thrown with git's words (403). */
export function pushFiles(
  parts: ServerParts,
  account: Account,
  repo: Repo,
  branch: string,
  input: PushInput,
): Promise<string> {
  const dir = join(parts.site.dataDir, 'clones', account.login, `${fullName(parts.site, repo)}.git`)
  const turn = turns.get(dir) ?? new Mutex()
  turns.set(dir, turn)
  return turn.runExclusive(() => pushFrom(dir, parts, account, repo, branch, input))
}

async function pushFrom(
  dir: string,
  parts: ServerParts,
  account: Account,
  repo: Repo,
  branch: string,
  input: PushInput,
): Promise<string> {
  const { site } = parts
  const basic = Buffer.from(`x-access-token:${account.token ?? ''}`).toString('base64')
  const url = `${site.url}/${fullName(site, repo)}.git`
  const env = {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${site.url}/.extraheader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  }
  const git = (args: string[], stdin?: Buffer) =>
    runGit(['--git-dir', dir, ...args], {
      env,
      allowFailure: true,
      ...(stdin === undefined ? {} : { input: stdin }),
    })
  if (!existsSync(dir)) {
    await mkdir(dirname(dir), { recursive: true })
    await runGit(['init', '-q', '--bare', '--template=', dir])
  }
  const fetched = await git(['fetch', '-q', '--prune', url, '+refs/heads/*:refs/remotes/origin/*'])
  if (fetched.code !== 0) throw refusal(fetched.stderr)
  const at = async (name: string) => {
    const found = await git([
      'rev-parse',
      '-q',
      '--verify',
      `${SHA.test(name) ? name : `refs/remotes/origin/${name}`}^{commit}`,
    ])
    return found.code === 0 ? found.stdout.toString('utf8').trim() : null
  }
  let sha = input.sha
  if (sha === undefined) {
    const from =
      input.base === undefined ? ((await at(branch)) ?? (await at(repo.defaultBranch))) : await at(input.base)
    if (input.base !== undefined && from === null)
      throw new GitHubError(422, `push: base ${input.base} does not exist`)
    const trailers = (input.coAuthors ?? []).map((a) => `Co-authored-by: ${a.name ?? a.login} <${a.email}>`)
    const message = [input.message ?? 'Change files', ...(trailers.length > 0 ? ['', ...trailers] : [])].join(
      '\n',
    )
    const who = input.author ?? { name: account.name ?? account.login, email: account.email }
    const temp = `refs/world/${site.nextId()}`
    const stream = importStream(
      temp,
      from,
      { ...who, seconds: Math.floor(site.clock.now() / 1000) },
      `${message}\n`,
      input.files ?? {},
    )
    const imported = await git(['fast-import', '--quiet', '--force', '--date-format=raw'], stream)
    if (imported.code !== 0) throw new Error(`push: git fast-import failed: ${imported.stderr}`)
    sha = (await git(['rev-parse', temp])).stdout.toString('utf8').trim()
  }
  const pushed = await git([
    'push',
    '-q',
    ...(input.force === true ? ['--force'] : []),
    url,
    `${sha}:refs/heads/${branch}`,
  ])
  if (pushed.code !== 0) throw refusal(pushed.stderr)
  return sha
}

const refusal = (stderr: string) => new GitHubError(/not found/i.test(stderr) ? 404 : 403, stderr.trim())
