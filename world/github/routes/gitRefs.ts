/** Refs over REST: read, created, moved and deleted under the rules of the branch. */
import { z } from 'zod'
import { GitHubError, notFound } from '../errors.ts'
import { ZERO_SHA } from '../git.ts'
import { moveRef } from '../ops/merge.ts'
import { type Call, created, noContent, ok, type Router } from '../router.ts'
import { nodeId } from '../views/account.ts'
import { repoApi } from '../views/repo.ts'
import { typeOf } from './gitData.ts'

const sha = z.string().regex(/^[0-9a-f]{40}$/)
const refBody = z.object({ ref: z.string().regex(/^refs\/.+\/?.+/), sha })
const moveBody = z.object({ sha, force: z.boolean().optional() })

const refView = (c: Call, ref: string, object: string, type: string) => ({
  ref,
  node_id: nodeId('REF', Number.parseInt(object.slice(0, 8), 16)),
  url: `${repoApi(c.site, c.repo)}/git/${ref}`,
  object: { sha: object, type, url: `${repoApi(c.site, c.repo)}/git/${type}s/${object}` },
})

async function refNamed(c: Call): Promise<{ ref: string; sha: string; type: string }> {
  const full = `refs/${c.params.ref}`
  const found = (await c.site.git.refs(c.repo.dir, full)).find((r) => r.ref === full)
  if (found === undefined) throw notFound()
  return found
}

export function gitRefRoutes(router: Router): void {
  const read = { permission: 'contents:read' }
  const write = { permission: 'contents:write', role: 'write' as const }
  const base = '/repos/{owner}/{repo}/git'
  router.route('GET', `${base}/ref/{ref}`, read, async (c) => {
    const found = await refNamed(c)
    return ok(refView(c, found.ref, found.sha, found.type))
  })
  router.route('GET', `${base}/matching-refs/{ref}`, read, async (c) => {
    const all = await c.site.git.refs(c.repo.dir, 'refs')
    return ok(
      all
        .filter((r) => r.ref.startsWith(`refs/${c.params.ref}`))
        .map((r) => refView(c, r.ref, r.sha, r.type)),
    )
  })
  router.route('POST', `${base}/refs`, write, async (c) => {
    const input = c.parse(refBody)
    const type = await typeOf(c, input.sha)
    if (type === null) throw new GitHubError(422, 'Object does not exist')
    if ((await c.site.git.ref(c.repo.dir, input.ref)) !== null)
      throw new GitHubError(422, 'Reference already exists')
    if (
      (await c.site.git.run(c.repo.dir, ['check-ref-format', input.ref], { allowFailure: true })).code !== 0
    )
      throw new GitHubError(422, 'Reference name is invalid')
    await moveRef(c.site, c.repo, {
      ref: input.ref,
      before: ZERO_SHA,
      after: input.sha,
      actor: c.actor,
      via: 'push',
      forced: false,
    })
    return created(refView(c, input.ref, input.sha, type))
  })
  router.route('PATCH', `${base}/refs/{ref}`, write, async (c) => {
    const input = c.parse(moveBody)
    const old = await refNamed(c).catch(() => {
      throw new GitHubError(422, 'Reference does not exist')
    })
    const type = await typeOf(c, input.sha)
    if (type === null) throw new GitHubError(422, 'Object does not exist')
    const forced = !(await c.site.git.isAncestor(c.repo.dir, old.sha, input.sha))
    if (forced && input.force !== true) throw new GitHubError(422, 'Update is not a fast forward')
    await moveRef(c.site, c.repo, {
      ref: old.ref,
      before: old.sha,
      after: input.sha,
      actor: c.actor,
      via: 'push',
      forced,
    })
    return ok(refView(c, old.ref, input.sha, type))
  })
  router.route('DELETE', `${base}/refs/{ref}`, write, async (c) => {
    const old = await refNamed(c).catch(() => {
      throw new GitHubError(422, 'Reference does not exist')
    })
    if (old.ref === `refs/heads/${c.repo.defaultBranch}`)
      throw new GitHubError(422, 'Cannot delete the default branch')
    await moveRef(c.site, c.repo, {
      ref: old.ref,
      before: old.sha,
      after: ZERO_SHA,
      actor: c.actor,
      via: 'push',
      forced: false,
    })
    return noContent()
  })
}
