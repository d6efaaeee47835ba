/** Files by path: read as JSON or raw, written as one commit under the rules of the branch. */
import { z } from 'zod'
import { GitHubError, invalid, notFound } from '../errors.ts'
import { ZERO_SHA } from '../git.ts'
import { identityOf, moveRef } from '../ops/merge.ts'
import { type Call, ok, type Router } from '../router.ts'
import { WEB_FLOW } from '../views/commit.ts'
import { repoApi, repoHtml } from '../views/repo.ts'

const identity = z.object({ name: z.string(), email: z.string(), date: z.string().optional() })
const putBody = z.object({
  message: z.string().min(1),
  content: z.string(),
  sha: z.string().optional(),
  branch: z.string().optional(),
  author: identity.optional(),
  committer: identity.optional(),
})

type Entry = { mode: string; type: string; sha: string; size: number; path: string }

async function entries(c: Call, sha: string, path: string): Promise<Entry[]> {
  const out = await c.site.git.text(c.repo.dir, ['ls-tree', '-z', '-l', sha, '--', path])
  return out
    .split('\0')
    .filter(Boolean)
    .map((line) => {
      const [meta = '', name = ''] = line.split('\t')
      const [mode = '', type = '', object = '', size = '0'] = meta.split(/\s+/)
      return { mode, type, sha: object, size: size === '-' ? 0 : Number(size), path: name }
    })
}

const kind = (e: Entry) =>
  e.type === 'tree' ? 'dir' : e.type === 'commit' ? 'submodule' : e.mode === '120000' ? 'symlink' : 'file'

function item(c: Call, entry: Entry, ref: string) {
  const path = entry.path.split('/').map(encodeURIComponent).join('/')
  const api = repoApi(c.site, c.repo)
  const self = `${api}/contents/${path}?ref=${ref}`
  const git = `${api}/git/${entry.type === 'tree' ? 'trees' : 'blobs'}/${entry.sha}`
  const html = `${repoHtml(c.site, c.repo)}/${entry.type === 'tree' ? 'tree' : 'blob'}/${ref}/${path}`
  const download = entry.type === 'blob' ? `${repoHtml(c.site, c.repo)}/raw/${ref}/${path}` : null
  return {
    name: entry.path.split('/').at(-1) ?? '',
    path: entry.path,
    sha: entry.sha,
    size: entry.size,
    url: self,
    html_url: html,
    git_url: git,
    download_url: download,
    type: kind(entry),
    _links: { self, git, html },
  }
}

async function read(c: Call) {
  const ref = c.query.get('ref') ?? c.repo.defaultBranch
  const sha = await c.site.git.commitSha(c.repo.dir, ref)
  if (sha === null) throw new GitHubError(404, `No commit found for the ref ${ref}`)
  const path = (c.params.path ?? '').replace(/\/+$/, '')
  const [entry] = path === '' ? [] : await entries(c, sha, path)
  if (path !== '' && (entry === undefined || entry.path !== path)) throw notFound()
  if (entry === undefined || entry.type === 'tree')
    return ok((await entries(c, sha, path === '' ? '.' : `${path}/`)).map((e) => item(c, e, ref)))
  if (entry.type === 'commit') return ok({ ...item(c, entry, ref), submodule_git_url: '' })
  const bytes = (await c.site.git.run(c.repo.dir, ['cat-file', 'blob', entry.sha])).stdout
  if (/\braw\b/.test(c.headers.accept ?? '')) {
    return {
      status: 200,
      raw: bytes,
      headers: { 'content-type': 'application/vnd.github.raw; charset=utf-8' },
    }
  }
  if (kind(entry) === 'symlink') return ok({ ...item(c, entry, ref), target: bytes.toString('utf8') })
  // Over 1 MB the JSON form carries no content (encoding "none").
  const large = bytes.length > 1024 * 1024
  return ok({
    ...item(c, entry, ref),
    content: large ? '' : bytes.toString('base64').replace(/(.{60})/g, '$1\n'),
    encoding: large ? 'none' : 'base64',
  })
}

async function write(c: Call) {
  const input = c.parse(putBody)
  const branch = input.branch ?? c.repo.defaultBranch
  const ref = `refs/heads/${branch}`
  const before = await c.site.git.ref(c.repo.dir, ref)
  if (before === null) throw new GitHubError(404, `Branch ${branch} not found`)
  const path = c.params.path ?? ''
  const [old] = await entries(c, before, path)
  if (old !== undefined && input.sha === undefined)
    throw invalid([], `Invalid request.\n\n"sha" wasn't supplied.`)
  if (input.sha !== undefined && input.sha !== old?.sha)
    throw new GitHubError(409, `${path} does not match ${input.sha}`)
  const blob = (
    await c.site.git.text(c.repo.dir, ['hash-object', '-w', '--stdin'], {
      input: Buffer.from(input.content, 'base64'),
    })
  ).trim()
  const env = { GIT_INDEX_FILE: `${c.site.dataDir}/scratch/index-${c.site.nextId()}` }
  await c.site.git.run(c.repo.dir, ['read-tree', before], { env })
  await c.site.git.run(
    c.repo.dir,
    ['update-index', '--add', '--cacheinfo', `${old?.mode ?? '100644'},${blob},${path}`],
    { env },
  )
  const tree = (await c.site.git.text(c.repo.dir, ['write-tree'], { env })).trim()
  const me = identityOf(c.site, c.author)
  const named = (who: z.infer<typeof identity>) => ({
    name: who.name,
    email: who.email,
    date: who.date ?? me.date,
  })
  const author = input.author === undefined ? me : named(input.author)
  const committer =
    input.committer === undefined
      ? input.author === undefined
        ? { ...WEB_FLOW, date: me.date }
        : author
      : named(input.committer)
  const after = await c.site.git.commitTree(c.repo.dir, tree, [before], input.message, author, committer)
  await moveRef(c.site, c.repo, { ref, before, after, actor: c.actor, via: 'push', forced: false })
  const [entry] = await entries(c, after, path)
  if (entry === undefined || after === ZERO_SHA) throw notFound()
  const info = await c.site.git.commit(c.repo.dir, after)
  const api = repoApi(c.site, c.repo)
  return {
    status: old === undefined ? 201 : 200,
    body: {
      content: item(c, entry, branch),
      commit: {
        sha: after,
        node_id: `C_${after.slice(0, 12)}`,
        url: `${api}/git/commits/${after}`,
        html_url: `${repoHtml(c.site, c.repo)}/commit/${after}`,
        author: info.author,
        committer: info.committer,
        message: info.message,
        tree: { sha: tree, url: `${api}/git/trees/${tree}` },
        parents: info.parents.map((sha) => ({
          sha,
          url: `${api}/git/commits/${sha}`,
          html_url: `${repoHtml(c.site, c.repo)}/commit/${sha}`,
        })),
        verification: {
          verified: false,
          reason: 'unsigned',
          signature: null,
          payload: null,
          verified_at: null,
        },
      },
    },
  }
}

export function contentRoutes(router: Router): void {
  router.route('GET', '/repos/{owner}/{repo}/contents/{path}', { permission: 'contents:read' }, read)
  router.route('GET', '/repos/{owner}/{repo}/contents', { permission: 'contents:read' }, read)
  router.route(
    'PUT',
    '/repos/{owner}/{repo}/contents/{path}',
    { permission: 'contents:write', role: 'write' },
    write,
  )
}
