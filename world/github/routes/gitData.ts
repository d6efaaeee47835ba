/** The git database over REST: commits, trees, blobs and tags, read and made with git itself. */
import { z } from 'zod'
import { GitHubError, invalid, notFound } from '../errors.ts'
import type { CommitInfo } from '../git.ts'
import { identityOf } from '../ops/merge.ts'
import { type Call, created, ok, type Router } from '../router.ts'
import { nodeId } from '../views/account.ts'
import { UNSIGNED, verificationOf, WEB_FLOW } from '../views/commit.ts'
import { repoApi, repoHtml } from '../views/repo.ts'

const SHA = /^[0-9a-f]{40}$/
const sha = z.string().regex(SHA)
const identity = z.object({ name: z.string(), email: z.string(), date: z.string().optional() })
const commitBody = z.object({
  message: z.string(),
  tree: sha,
  parents: z.array(sha).optional(),
  author: identity.optional(),
  committer: identity.optional(),
})
const treeBody = z.object({
  base_tree: z.string().optional(),
  tree: z.array(
    z.object({
      path: z.string(),
      mode: z.enum(['100644', '100755', '040000', '160000', '120000']),
      type: z.enum(['blob', 'tree', 'commit']),
      sha: sha.nullish(),
      content: z.string().optional(),
    }),
  ),
})
const blobBody = z.object({ content: z.string(), encoding: z.enum(['utf-8', 'base64']).optional() })
const tagBody = z.object({
  tag: z.string(),
  message: z.string(),
  object: sha,
  type: z.enum(['commit', 'tree', 'blob']),
  tagger: identity.optional(),
})

const commitData = (c: Call, info: CommitInfo) => {
  const api = `${repoApi(c.site, c.repo)}/git`
  const html = `${repoHtml(c.site, c.repo)}/commit`
  return {
    sha: info.sha,
    node_id: nodeId('C', Number.parseInt(info.sha.slice(0, 8), 16)),
    url: `${api}/commits/${info.sha}`,
    html_url: `${html}/${info.sha}`,
    author: info.author,
    committer: info.committer,
    tree: { sha: info.tree, url: `${api}/trees/${info.tree}` },
    message: info.message,
    parents: info.parents.map((p) => ({ sha: p, url: `${api}/commits/${p}`, html_url: `${html}/${p}` })),
    verification: verificationOf(c.site, info),
  }
}

/** The type of an object, null when it does not exist. */
export async function typeOf(c: Call, object: string): Promise<string | null> {
  const r = await c.site.git.run(c.repo.dir, ['cat-file', '-t', object], { allowFailure: true })
  return r.code === 0 ? r.stdout.toString('utf8').trim() : null
}

async function tree(c: Call, name: string) {
  const root = await c.site.git.resolve(c.repo.dir, `${name}^{tree}`)
  if (root === null) throw notFound()
  const recursive = c.query.has('recursive')
  const out = await c.site.git.text(c.repo.dir, [
    'ls-tree',
    '-z',
    '-l',
    ...(recursive ? ['-r', '-t'] : []),
    root,
  ])
  const api = `${repoApi(c.site, c.repo)}/git`
  const rows = out.split('\0').filter(Boolean)
  return {
    sha: root,
    url: `${api}/trees/${root}`,
    tree: rows.map((line) => {
      const [meta = '', path = ''] = line.split('\t')
      const [mode = '', type = '', object = '', size = '-'] = meta.split(/\s+/)
      return {
        path,
        mode,
        type,
        sha: object,
        ...(size === '-' ? {} : { size: Number(size) }),
        ...(type === 'commit' ? {} : { url: `${api}/${type}s/${object}` }),
      }
    }),
    truncated: false,
  }
}

const storeBlob = async (c: Call, bytes: Buffer) =>
  (await c.site.git.text(c.repo.dir, ['hash-object', '-w', '--stdin'], { input: bytes })).trim()

async function makeTree(c: Call): Promise<string> {
  const input = c.parse(treeBody)
  const env = { GIT_INDEX_FILE: `${c.site.dataDir}/scratch/index-${c.site.nextId()}` }
  if (input.base_tree !== undefined) await c.site.git.run(c.repo.dir, ['read-tree', input.base_tree], { env })
  for (const entry of input.tree) {
    if (entry.sha === null) {
      const gone = ['rm', '-q', '--cached', '-r', '--', entry.path]
      if ((await c.site.git.run(c.repo.dir, gone, { env, allowFailure: true })).code !== 0)
        throw new GitHubError(422, `GitRPC::BadObjectState: ${entry.path} is not in the tree`)
      continue
    }
    const object = entry.sha ?? (await storeBlob(c, Buffer.from(entry.content ?? '')))
    if ((await typeOf(c, object)) === null && entry.type !== 'commit')
      throw invalid([], `tree.sha ${object} is not a valid ${entry.type}`)
    if (entry.type === 'tree')
      await c.site.git.run(c.repo.dir, ['read-tree', `--prefix=${entry.path}/`, object], { env })
    else
      await c.site.git.run(
        c.repo.dir,
        ['update-index', '--add', '--cacheinfo', `${entry.mode},${object},${entry.path}`],
        { env },
      )
  }
  return (await c.site.git.text(c.repo.dir, ['write-tree'], { env })).trim()
}

export function gitDataRoutes(router: Router): void {
  const read = { permission: 'contents:read' }
  const write = { permission: 'contents:write', role: 'write' as const }
  const base = '/repos/{owner}/{repo}/git'
  router.route('GET', `${base}/commits/{commit_sha}`, read, async (c) => {
    const name = c.params.commit_sha ?? ''
    if (!SHA.test(name) || (await typeOf(c, name)) !== 'commit') throw notFound()
    return ok(commitData(c, await c.site.git.commit(c.repo.dir, name)))
  })
  router.route('POST', `${base}/commits`, write, async (c) => {
    const input = c.parse(commitBody)
    if ((await typeOf(c, input.tree)) !== 'tree') throw new GitHubError(422, 'Tree SHA does not exist')
    for (const parent of input.parents ?? [])
      if ((await typeOf(c, parent)) !== 'commit')
        throw new GitHubError(422, `Parent SHA does not exist or is not a commit object`)
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
    const made = await c.site.git.commitTree(
      c.repo.dir,
      input.tree,
      input.parents ?? [],
      input.message,
      author,
      committer,
    )
    // GitHub signs for a bot that names nobody as author or committer.
    if (c.actor.kind === 'installation' && input.author === undefined && input.committer === undefined)
      c.site.state.signed.add(made)
    return created(commitData(c, await c.site.git.commit(c.repo.dir, made)))
  })
  router.route('GET', `${base}/trees/{tree_sha}`, read, async (c) =>
    ok(await tree(c, c.params.tree_sha ?? '')),
  )
  router.route('POST', `${base}/trees`, write, async (c) => created(await tree(c, await makeTree(c))))
  router.route('GET', `${base}/blobs/{file_sha}`, read, async (c) => {
    const name = c.params.file_sha ?? ''
    if (!SHA.test(name) || (await typeOf(c, name)) !== 'blob') throw notFound()
    const bytes = (await c.site.git.run(c.repo.dir, ['cat-file', 'blob', name])).stdout
    if (/\braw\b/.test(c.headers.accept ?? ''))
      return { status: 200, raw: bytes, headers: { 'content-type': 'application/vnd.github.raw' } }
    return ok({
      sha: name,
      node_id: nodeId('B', Number.parseInt(name.slice(0, 8), 16)),
      size: bytes.length,
      url: `${repoApi(c.site, c.repo)}/git/blobs/${name}`,
      content: bytes.toString('base64').replace(/(.{60})/g, '$1\n'),
      encoding: 'base64',
    })
  })
  router.route('POST', `${base}/blobs`, write, async (c) => {
    const input = c.parse(blobBody)
    const made = await storeBlob(
      c,
      Buffer.from(input.content, input.encoding === 'base64' ? 'base64' : 'utf8'),
    )
    return created({ sha: made, url: `${repoApi(c.site, c.repo)}/git/blobs/${made}` })
  })
  const tagView = async (c: Call, name: string) => {
    const text = await c.site.git.text(c.repo.dir, ['cat-file', 'tag', name])
    const head = (key: string) => new RegExp(`^${key} (.*)$`, 'm').exec(text)?.[1] ?? ''
    const [, who = '', email = '', seconds = '0'] = /^(.*) <(.*)> (\d+)/.exec(head('tagger')) ?? []
    const api = `${repoApi(c.site, c.repo)}/git`
    return {
      node_id: nodeId('TAG', Number.parseInt(name.slice(0, 8), 16)),
      tag: head('tag'),
      sha: name,
      url: `${api}/tags/${name}`,
      message: text.slice(text.indexOf('\n\n') + 2).replace(/\n$/, ''),
      tagger: {
        name: who,
        email,
        date: new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z'),
      },
      object: { sha: head('object'), type: head('type'), url: `${api}/${head('type')}s/${head('object')}` },
      verification: UNSIGNED,
    }
  }
  router.route('GET', `${base}/tags/{tag_sha}`, read, async (c) => {
    const name = c.params.tag_sha ?? ''
    if (!SHA.test(name) || (await typeOf(c, name)) !== 'tag') throw notFound()
    return ok(await tagView(c, name))
  })
  router.route('POST', `${base}/tags`, write, async (c) => {
    const input = c.parse(tagBody)
    const me = identityOf(c.site, c.author)
    const tagger = input.tagger ?? me
    const seconds = Math.floor(Date.parse(tagger.date ?? me.date) / 1000)
    const text = `object ${input.object}\ntype ${input.type}\ntag ${input.tag}\ntagger ${tagger.name} <${tagger.email}> ${seconds} +0000\n\n${input.message}\n`
    const made = await c.site.git.run(c.repo.dir, ['mktag'], { input: text, allowFailure: true })
    if (made.code !== 0) throw new GitHubError(422, 'Object does not exist')
    return created(await tagView(c, made.stdout.toString('utf8').trim()))
  })
}
