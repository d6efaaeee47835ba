/** Commit statuses: anyone with write may set one of any name, which is why required checks are pinned to an App. */
import { z } from 'zod'
import { invalid } from '../errors.ts'
import { type Call, created, list, ok, pageOf, type Router } from '../router.ts'
import { viaApp } from '../site.ts'
import type { CommitStatus } from '../state.ts'
import { simpleStatus, statusView } from '../views/check.ts'
import { commitView } from '../views/commit.ts'
import { fullName, minimalRepository, repoApi } from '../views/repo.ts'

const body = z.object({
  state: z.enum(['error', 'failure', 'pending', 'success']),
  target_url: z.string().nullish(),
  description: z.string().max(140).nullish(),
  context: z.string().optional(),
})

async function shaOf(c: Call, name: string): Promise<string> {
  const sha = await c.site.git.commitSha(c.repo.dir, name)
  if (sha === null) throw invalid([], `No commit found for SHA: ${name}`)
  return sha
}

const at = (c: Call, sha: string): CommitStatus[] =>
  [...c.site.state.statuses.values()].filter((s) => s.repoId === c.repo.id && s.sha === sha).reverse()

export function statusRoutes(router: Router): void {
  const base = '/repos/{owner}/{repo}'
  router.route(
    'POST',
    `${base}/statuses/{sha}`,
    { permission: 'statuses:write', role: 'write' },
    async (c) => {
      const input = c.parse(body)
      const sha = await shaOf(c, c.params.sha ?? '')
      const status: CommitStatus = {
        id: c.site.nextId(),
        repoId: c.repo.id,
        sha,
        context: input.context ?? 'default',
        state: input.state,
        description: input.description ?? null,
        targetUrl: input.target_url ?? null,
        creatorId: c.author.id,
        appId: viaApp(c.actor),
        createdAt: c.site.now(),
      }
      c.site.state.statuses.set(status.id, status)
      const view = simpleStatus(c.site, status)
      const { node_id, html_url, ...commit } = commitView(
        c.site,
        c.repo,
        await c.site.git.commit(c.repo.dir, sha),
      )
      const branches = (await c.site.git.refs(c.repo.dir, 'refs/heads')).filter((r) => r.sha === sha)
      const payload = {
        id: status.id,
        sha,
        name: fullName(c.site, c.repo),
        avatar_url: view.avatar_url,
        target_url: view.target_url,
        context: status.context,
        description: status.description,
        state: status.state,
        commit: { ...commit, node_id, html_url },
        branches: branches.map((b) => ({
          name: b.ref.replace('refs/heads/', ''),
          commit: { sha: b.sha, url: `${repoApi(c.site, c.repo)}/commits/${b.sha}` },
          protected: false,
        })),
        created_at: status.createdAt,
        updated_at: status.createdAt,
      }
      c.site.emit('status', null, payload, { repo: c.repo, sender: c.author })
      return created(statusView(c.site, status))
    },
  )
  router.route('GET', `${base}/commits/{ref}/statuses`, { permission: 'statuses:read' }, async (c) =>
    list(c, at(c, await shaOf(c, c.params.ref ?? '')), (s) => statusView(c.site, s)),
  )
  router.route('GET', `${base}/commits/{ref}/status`, { permission: 'statuses:read' }, async (c) => {
    const sha = await shaOf(c, c.params.ref ?? '')
    const newest = new Map<string, CommitStatus>()
    for (const status of at(c, sha).reverse()) newest.set(status.context, status)
    const all = [...newest.values()]
    const page = pageOf(c, all)
    const bad = all.some((s) => s.state === 'error' || s.state === 'failure')
    const api = `${repoApi(c.site, c.repo)}/commits/${sha}`
    return ok({
      state: bad
        ? 'failure'
        : all.length === 0 || all.some((s) => s.state === 'pending')
          ? 'pending'
          : 'success',
      statuses: page.items.map((s) => simpleStatus(c.site, s)),
      sha,
      total_count: all.length,
      repository: minimalRepository(c.site, c.repo),
      commit_url: api,
      url: `${api}/status`,
    })
  })
}
