/** Clone, fetch and push: git's own http-backend behind node:http, with tokens, permissions and rulesets. */
import { spawn } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { canSee, findRepo, grants, roleAtLeast, roleOn } from './access.ts'
import { GitHubError, notAccessible } from './errors.ts'
import { gitEnv, ZERO_SHA } from './git.ts'
import { afterPush, type RefChange } from './ops/push.ts'
import { judgeUpdate, recordSuite, rulesetsFor } from './ops/rules.ts'
import { type Actor, authorOf, type Site } from './site.ts'
import type { Repo } from './state.ts'

export const GIT_PATH = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/
const BODY_LIMIT_BYTES = 200 * 1024 * 1024

// Reads lines "ref<TAB>kind<TAB>message" from WORLD_DENY: kind `any` always refuses, `force` only a rewind.
const PRE_RECEIVE = `#!/bin/sh
status=0
tab=$(printf '\\t')
while read -r old new ref; do
  forced=no
  case "$old$new" in *0000000000000000000000000000000000000000*) ;; *)
    git merge-base --is-ancestor "$old" "$new" 2>/dev/null || forced=yes ;;
  esac
  while IFS="$tab" read -r denied kind message; do
    [ "$denied" = "$ref" ] || continue
    if [ "$kind" = any ] || { [ "$kind" = force ] && [ $forced = yes ]; }; then
      echo "error: GH013: Repository rule violations found for $ref." >&2
      echo "- $message" >&2
      status=1
    fi
  done < "$WORLD_DENY"
done
exit $status
`
const POST_RECEIVE = '#!/bin/sh\ncat > "$WORLD_APPLIED"\n'

/** Puts the hooks that enforce rules and report applied refs where every push finds them. */
export async function installHooks(dataDir: string): Promise<void> {
  const dir = join(dataDir, 'hooks')
  await mkdir(dir, { recursive: true })
  await mkdir(join(dataDir, 'scratch'), { recursive: true })
  await writeFile(join(dir, 'pre-receive'), PRE_RECEIVE, { mode: 0o755 })
  await writeFile(join(dir, 'post-receive'), POST_RECEIVE, { mode: 0o755 })
}

function authorise(site: Site, actor: Actor, repo: Repo | null, write: boolean): asserts repo is Repo {
  if (actor.kind === 'anonymous' && (write || repo === null || repo.private))
    throw new GitHubError(401, 'Authentication required')
  if (repo === null || (!canSee(site, actor, repo) && repo.private))
    throw new GitHubError(404, 'Repository not found.')
  if (actor.kind === 'app') throw new GitHubError(403, 'An App JWT cannot be used with git')
  // GitHub lets a person fetch and push through an App; nothing here needs it.
  if (actor.kind === 'client' || actor.kind === 'user-to-server') throw notAccessible()
  if (actor.kind === 'installation') {
    if (
      !canSee(site, actor, repo) ||
      !grants(actor.permissions, write ? 'contents:write' : 'contents:read')
    ) {
      throw new GitHubError(
        403,
        write ? 'Write access to repository not granted.' : 'Resource not accessible by integration',
      )
    }
  } else if (
    write &&
    actor.kind === 'user' &&
    !roleAtLeast(roleOn(site.state, repo, actor.account), 'write')
  ) {
    throw new GitHubError(403, `Permission to ${repo.name}.git denied to ${actor.account.login}.`)
  }
}

/** The ref commands at the start of a receive-pack body: `old new ref` in pkt-lines up to a flush. */
export function parseCommands(body: Buffer): RefChange[] {
  const commands: RefChange[] = []
  for (let at = 0; at + 4 <= body.length; ) {
    const length = Number.parseInt(body.toString('latin1', at, at + 4), 16)
    if (!Number.isFinite(length) || length < 5) break
    const line = body.toString('utf8', at + 4, at + length)
    const m = /^([0-9a-f]{40}) ([0-9a-f]{40}) ([^\0\n]+)/.exec(line)
    if (m !== null) commands.push({ before: m[1] ?? '', after: m[2] ?? '', ref: m[3] ?? '' })
    at += length
  }
  return commands
}

/** Runs one git request for a caller and says what to answer; throws GitHubError when it is refused before git runs. */
export async function serveGit(site: Site, actor: Actor, req: IncomingMessage, url: URL): Promise<CgiAnswer> {
  const [, owner = '', name = '', service = ''] = GIT_PATH.exec(url.pathname) ?? []
  const repo = findRepo(site.state, decodeURIComponent(owner), decodeURIComponent(name))
  const write = service === 'git-receive-pack' || url.searchParams.get('service') === 'git-receive-pack'
  authorise(site, actor, repo, write)
  const body = await readAll(req)
  const scratch = join(site.dataDir, 'scratch', `push-${site.nextId()}`)
  const commands =
    service === 'git-receive-pack'
      ? parseCommands(req.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)
      : []
  if (commands.length > 0) await writeFile(`${scratch}.deny`, await denials(site, repo, actor, commands))
  const env = {
    ...gitEnv(),
    GIT_PROJECT_ROOT: repo.dir,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: `/${service}`,
    REQUEST_METHOD: req.method ?? 'GET',
    QUERY_STRING: url.search.slice(1),
    CONTENT_TYPE: String(req.headers['content-type'] ?? ''),
    CONTENT_LENGTH: String(body.length),
    HTTP_CONTENT_ENCODING: String(req.headers['content-encoding'] ?? ''),
    GIT_PROTOCOL: String(req.headers['git-protocol'] ?? ''),
    REMOTE_USER: authorOf(actor)?.login ?? '',
    REMOTE_ADDR: '127.0.0.1',
    WORLD_DENY: `${scratch}.deny`,
    WORLD_APPLIED: `${scratch}.applied`,
    GIT_CONFIG_COUNT: '3',
    GIT_CONFIG_KEY_0: 'core.hooksPath',
    GIT_CONFIG_VALUE_0: join(site.dataDir, 'hooks'),
    GIT_CONFIG_KEY_1: 'receive.hideRefs',
    GIT_CONFIG_VALUE_1: 'refs/pull',
    GIT_CONFIG_KEY_2: 'safe.bareRepository',
    GIT_CONFIG_VALUE_2: 'all',
  }
  const answer = await cgi(env, body)
  if (commands.length > 0) await finishPush(site, repo, actor, commands, scratch)
  return answer
}

async function readAll(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT_BYTES)
      throw new GitHubError(413, 'The pack is larger than the stand-in accepts (200 MB)')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** What the hook must refuse. New objects are not readable yet, so a rewind is left to the hook to notice. */
async function denials(site: Site, repo: Repo, actor: Actor, commands: RefChange[]): Promise<string> {
  const lines: string[] = []
  for (const change of commands) {
    const deny = (kind: string, message: string) => lines.push([change.ref, kind, message].join('\t'))
    if (change.ref === `refs/heads/${repo.defaultBranch}` && change.after === ZERO_SHA)
      deny('any', 'refusing to delete the default branch')
    const unforced = await judgeUpdate(site, repo, { ...change, actor, via: 'push', forced: false })
    for (const message of unforced.messages) deny('any', message)
    const forced = await judgeUpdate(site, repo, { ...change, actor, via: 'push', forced: true })
    for (const message of forced.messages) if (!unforced.messages.includes(message)) deny('force', message)
  }
  return `${lines.join('\n')}\n`
}

async function finishPush(
  site: Site,
  repo: Repo,
  actor: Actor,
  commands: RefChange[],
  scratch: string,
): Promise<void> {
  const applied = await readFile(`${scratch}.applied`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // No file: the pre-receive hook refused and nothing was applied.
    if (error.code === 'ENOENT') return ''
    throw error
  })
  await Promise.all([rm(`${scratch}.applied`, { force: true }), rm(`${scratch}.deny`, { force: true })])
  const changes = commands.filter((c) => applied.includes(`${c.before} ${c.after} ${c.ref}\n`))
  for (const change of commands) {
    if (rulesetsFor(site, repo, change.ref).length === 0) continue
    const update = { ...change, actor, via: 'push' as const, forced: false }
    const judgement = await judgeUpdate(site, repo, update)
    recordSuite(site, repo, update, { ...judgement, allowed: changes.includes(change) })
  }
  const pusher = authorOf(actor)
  if (pusher !== null && changes.length > 0) await afterPush(site, repo, changes, pusher)
}

export type CgiAnswer = { status: number; headers: Record<string, string>; body: Buffer }

function cgi(env: Record<string, string>, body: Buffer): Promise<CgiAnswer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'ignore'] })
    const out: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.on('error', reject)
    child.on('close', () => {
      const all = Buffer.concat(out)
      const end = all.indexOf('\r\n\r\n')
      if (end < 0) return reject(new Error('git http-backend gave no headers'))
      const headers: Record<string, string> = {}
      let status = 200
      for (const line of all.toString('latin1', 0, end).split('\r\n')) {
        const at = line.indexOf(': ')
        const key = line.slice(0, at)
        if (key.toLowerCase() === 'status') status = Number.parseInt(line.slice(at + 2), 10)
        else headers[key] = line.slice(at + 2)
      }
      resolve({ status, headers, body: all.subarray(end + 4) })
    })
    // http-backend may refuse before reading everything; its answer says so.
    child.stdin.on('error', () => undefined)
    child.stdin.end(body)
  })
}
