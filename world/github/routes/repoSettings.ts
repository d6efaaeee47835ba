/** Settings of a repository that administrators see: the default workflow token, secrets by name, its organisation's too. */
import { z } from 'zod'
import { findAccount } from '../access.ts'
import { forbidden } from '../errors.ts'
import { counted, created, noContent, ok, type Router } from '../router.ts'
import type { Repo } from '../state.ts'

interface Kept {
  workflow: { default_workflow_permissions: 'read' | 'write'; can_approve_pull_request_reviews: boolean }
  secrets: Map<string, string>
}

const workflowBody = z.object({
  default_workflow_permissions: z.enum(['read', 'write']).optional(),
  can_approve_pull_request_reviews: z.boolean().optional(),
})

const sharedBody = z.object({
  visibility: z.enum(['all', 'private', 'selected']),
  selected_repository_ids: z.array(z.number().int()).default([]),
})
interface Shared extends z.infer<typeof sharedBody> {
  ownerId: number
  name: string
  at: string
}
const reaches = (one: Shared, repo: Repo) =>
  one.ownerId === repo.ownerId &&
  (one.visibility === 'all' ||
    (one.visibility === 'private' && repo.private) ||
    one.selected_repository_ids.includes(repo.id))

export function repoSettingsRoutes(router: Router): void {
  // As GitHub makes new repositories: the token reads, and Actions approve nothing.
  const settings = new WeakMap<Repo, Kept>()
  const of = (repo: Repo): Kept => {
    const kept = settings.get(repo) ?? {
      workflow: { default_workflow_permissions: 'read', can_approve_pull_request_reviews: false },
      secrets: new Map(),
    }
    settings.set(repo, kept)
    return kept
  }
  const base = '/repos/{owner}/{repo}'
  const see = { permission: 'administration:read', role: 'admin' as const }
  const change = { permission: 'administration:write', role: 'admin' as const }
  router.route('GET', `${base}/actions/permissions/workflow`, see, (c) => ok(of(c.repo).workflow))
  router.route('PUT', `${base}/actions/permissions/workflow`, change, (c) => {
    const kept = of(c.repo)
    const input = c.parse(workflowBody)
    kept.workflow = {
      default_workflow_permissions:
        input.default_workflow_permissions ?? kept.workflow.default_workflow_permissions,
      can_approve_pull_request_reviews:
        input.can_approve_pull_request_reviews ?? kept.workflow.can_approve_pull_request_reviews,
    }
    return noContent()
  })
  const shared: Shared[] = []
  const own = { permission: 'organization_secrets:write' }
  router.route('PUT', '/orgs/{org}/actions/secrets/{secret_name}', own, (c) => {
    const org = findAccount(c.site.state, c.params.org ?? '')
    const role = org && c.site.state.orgMembers.get(org.id)?.get(c.author.id)?.role
    if (!org || role !== 'admin') throw forbidden('Must have admin rights to Organization.')
    shared.push({
      ...c.parse(sharedBody),
      ownerId: org.id,
      name: c.params.secret_name ?? '',
      at: c.site.now(),
    })
    return created({})
  })
  const from = `${base}/actions/organization-secrets`
  router.route('GET', from, { permission: 'secrets:read', role: 'write' }, (c) =>
    counted(
      c,
      'secrets',
      shared.filter((one) => reaches(one, c.repo)),
      ({ name, at }) => ({
        name,
        created_at: at,
        updated_at: at,
      }),
    ),
  )
  const secrets = `${base}/actions/secrets`
  router.route('GET', secrets, { permission: 'secrets:read', role: 'write' }, (c) =>
    counted(c, 'secrets', [...of(c.repo).secrets], ([name, at]) => ({
      name,
      created_at: at,
      updated_at: at,
    })),
  )
  router.route('PUT', `${secrets}/{secret_name}`, { permission: 'secrets:write', role: 'write' }, (c) => {
    of(c.repo).secrets.set(c.params.secret_name ?? '', c.site.now())
    return noContent()
  })
}
