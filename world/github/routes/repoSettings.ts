/** Settings of a repository that administrators see: the default workflow token, secrets by name. */
import { z } from 'zod'
import { counted, noContent, ok, type Router } from '../router.ts'
import type { Repo } from '../state.ts'

interface Kept {
  workflow: { default_workflow_permissions: 'read' | 'write'; can_approve_pull_request_reviews: boolean }
  secrets: Map<string, string>
}

const workflowBody = z.object({
  default_workflow_permissions: z.enum(['read', 'write']).optional(),
  can_approve_pull_request_reviews: z.boolean().optional(),
})

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
