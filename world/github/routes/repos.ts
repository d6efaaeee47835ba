/** Repositories, branches and collaborators: what one may read of them. */
import { z } from 'zod'
import { findAccount, roleAtLeast, roleOn } from '../access.ts'
import { notFound } from '../errors.ts'
import { rulesetsFor } from '../ops/rules.ts'
import { type Call, list, noContent, ok, type Router } from '../router.ts'
import { must } from '../site.ts'
import type { Account, Role } from '../state.ts'
import { simpleUser } from '../views/account.ts'
import { commitView } from '../views/commit.ts'
import { foldedPermission, fullRepository, permissionsOf, repoApi, repoHtml } from '../views/repo.ts'

const updateBody = z.object({
  default_branch: z.string().optional(),
  description: z.string().nullish(),
  allow_merge_commit: z.boolean().optional(),
  allow_squash_merge: z.boolean().optional(),
  allow_rebase_merge: z.boolean().optional(),
  delete_branch_on_merge: z.boolean().optional(),
  archived: z.boolean().optional(),
})

const ROLE_BY_NAME: Record<string, Role> = {
  pull: 'read',
  read: 'read',
  triage: 'triage',
  push: 'write',
  write: 'write',
  maintain: 'maintain',
  admin: 'admin',
}

function userAt(c: Call): Account {
  const account = findAccount(c.site.state, c.params.username ?? '')
  if (account === null) throw notFound()
  return account
}

function collaborator(c: Call, account: Account) {
  const role = roleOn(c.site.state, c.repo, account)
  return { ...simpleUser(c.site, account), permissions: permissionsOf(role), role_name: role }
}

export function repoRoutes(router: Router): void {
  const read = { permission: 'metadata:read' }
  const base = '/repos/{owner}/{repo}'
  router.route('GET', base, { ...read, throughApp: true }, (c) => ok(fullRepository(c.site, c.repo, c.actor)))
  router.route('PATCH', base, { permission: 'administration:write', role: 'admin' }, (c) => {
    const input = c.parse(updateBody)
    c.repo.defaultBranch = input.default_branch ?? c.repo.defaultBranch
    if (input.description !== undefined) c.repo.description = input.description
    c.repo.allow.merge = input.allow_merge_commit ?? c.repo.allow.merge
    c.repo.allow.squash = input.allow_squash_merge ?? c.repo.allow.squash
    c.repo.allow.rebase = input.allow_rebase_merge ?? c.repo.allow.rebase
    c.repo.deleteBranchOnMerge = input.delete_branch_on_merge ?? c.repo.deleteBranchOnMerge
    c.repo.archived = input.archived ?? c.repo.archived
    return ok(fullRepository(c.site, c.repo, c.actor))
  })
  router.route('GET', '/repositories/{repository_id}', { permission: 'any' }, (c) => {
    const repo = must(c.site.state.repos, c.id('repository_id'), 'repository')
    return ok(fullRepository(c.site, repo, c.actor))
  })

  const short = (c: Call, ref: { ref: string; sha: string }) => ({
    name: ref.ref.replace('refs/heads/', ''),
    commit: { sha: ref.sha, url: `${repoApi(c.site, c.repo)}/commits/${ref.sha}` },
    protected: rulesetsFor(c.site, c.repo, ref.ref).length > 0,
  })
  router.route('GET', `${base}/branches`, { permission: 'contents:read' }, async (c) =>
    list(c, await c.site.git.refs(c.repo.dir, 'refs/heads'), (ref) => short(c, ref)),
  )
  router.route('GET', `${base}/branches/{branch}`, { permission: 'contents:read' }, async (c) => {
    const name = c.params.branch ?? ''
    const sha = await c.site.git.ref(c.repo.dir, `refs/heads/${name}`)
    if (sha === null) throw notFound()
    const self = `${repoApi(c.site, c.repo)}/branches/${name}`
    return ok({
      ...short(c, { ref: `refs/heads/${name}`, sha }),
      commit: commitView(c.site, c.repo, await c.site.git.commit(c.repo.dir, sha)),
      _links: { self, html: `${repoHtml(c.site, c.repo)}/tree/${name}` },
      protection: {
        enabled: false,
        required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] },
      },
      protection_url: `${self}/protection`,
    })
  })

  router.route('GET', `${base}/collaborators`, { ...read, role: 'write' }, (c) => {
    const all = [...c.site.state.accounts.values()].filter(
      (a) => a.type === 'User' && roleOn(c.site.state, c.repo, a) !== (c.repo.private ? 'none' : 'read'),
    )
    return list(c, all, (a) => collaborator(c, a))
  })
  router.route('GET', `${base}/collaborators/{username}`, read, (c) => {
    if (
      !c.repo.collaborators.has(userAt(c).id) &&
      !roleAtLeast(roleOn(c.site.state, c.repo, userAt(c)), 'triage')
    )
      throw notFound()
    return noContent()
  })
  router.route('GET', `${base}/collaborators/{username}/permission`, read, (c) => {
    const account = userAt(c)
    const role = roleOn(c.site.state, c.repo, account)
    return ok({ permission: foldedPermission(role), role_name: role, user: collaborator(c, account) })
  })
  router.route(
    'PUT',
    `${base}/collaborators/{username}`,
    { permission: 'administration:write', role: 'admin' },
    (c) => {
      const { permission } = c.parse(z.object({ permission: z.string().optional() }))
      c.repo.collaborators.set(userAt(c).id, ROLE_BY_NAME[permission ?? 'push'] ?? 'write')
      return noContent()
    },
  )
  router.route(
    'DELETE',
    `${base}/collaborators/{username}`,
    { permission: 'administration:write', role: 'admin' },
    (c) => {
      c.repo.collaborators.delete(userAt(c).id)
      return noContent()
    },
  )
}
