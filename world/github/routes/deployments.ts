/** Deployments and their statuses through the API: the defaults ask for green checks and bring the default branch in. */
import { z } from 'zod'
import { invalid, notFound } from '../errors.ts'
import { addDeploymentStatus, createDeployment } from '../ops/deployments.ts'
import { type Call, created, list, noContent, ok, type Reply, type Router } from '../router.ts'
import { viaApp } from '../site.ts'
import type { Deployment } from '../state.ts'
import { deploymentView, statusOfDeployment } from '../views/deployment.ts'

const deploymentBody = z.object({
  ref: z.string().min(1),
  task: z.string().optional(),
  auto_merge: z.boolean().default(true),
  required_contexts: z.array(z.string()).optional(),
  payload: z.union([z.record(z.string(), z.unknown()), z.string()]).optional(),
  environment: z.string().min(1).max(255).default('production'),
  description: z.string().nullish(),
  transient_environment: z.boolean().optional(),
  production_environment: z.boolean().optional(),
})
const statusBody = z.object({
  state: z.enum(['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success']),
  target_url: z.string().optional(),
  log_url: z.string().optional(),
  description: z.string().max(140).optional(),
  environment: z.string().min(1).max(255).optional(),
  environment_url: z.string().optional(),
  auto_inactive: z.boolean().optional(),
})

/** The default branch cannot be brought in, or a check is not green. */
const conflict: Reply = { status: 409 }

export function deploymentRoutes(router: Router): void {
  const base = '/repos/{owner}/{repo}/deployments'
  const see = { permission: 'deployments:read' }
  const change = { permission: 'deployments:write', role: 'write' as const }
  const at = (c: Call): Deployment => {
    const found = c.site.state.deployments.get(c.id('deployment_id'))
    if (found === undefined || found.repoId !== c.repo.id) throw notFound()
    return found
  }
  router.route('GET', base, see, (c) => {
    const [sha, ref, task, environment] = ['sha', 'ref', 'task', 'environment'].map((name) =>
      c.query.get(name),
    )
    const found = [...c.site.state.deployments.values()].filter(
      (one) =>
        one.repoId === c.repo.id &&
        (sha == null || one.sha === sha) &&
        (ref == null || one.ref === ref) &&
        (task == null || one.task === task) &&
        // Nowhere documented whether in any case: who relies on that fails here.
        (environment == null || one.environment === environment),
    )
    return list(c, found.reverse(), (one) => deploymentView(c.site, one))
  })
  router.route('POST', base, change, async (c) => {
    const input = c.parse(deploymentBody)
    const sha = await c.site.git.commitSha(c.repo.dir, input.ref)
    if (sha === null) throw invalid([], `No ref found for: ${input.ref}`)
    if (input.auto_merge && (await isBehind(c, sha)))
      // GitHub would merge the default branch into a branch; a bare commit cannot take it.
      return conflict
    const open = openContexts(c, sha, input.required_contexts)
    if (open.length > 0) return conflict
    const deployment = createDeployment(c.site, c.repo, c.author, viaApp(c.actor), {
      sha,
      ref: input.ref,
      environment: input.environment,
      description: input.description ?? null,
      ...(input.task === undefined ? {} : { task: input.task }),
      ...(input.payload === undefined ? {} : { payload: input.payload }),
      ...(input.transient_environment === undefined ? {} : { transient: input.transient_environment }),
      ...(input.production_environment === undefined ? {} : { production: input.production_environment }),
    })
    return created(deploymentView(c.site, deployment))
  })
  router.route('GET', `${base}/{deployment_id}`, see, (c) => ok(deploymentView(c.site, at(c))))
  router.route('DELETE', `${base}/{deployment_id}`, change, (c) => {
    const gone = at(c)
    if (gone.statuses.at(-1)?.state === 'success')
      throw invalid(
        [],
        'We cannot delete an active deployment unless it is the only deployment in a given environment.',
      )
    c.site.state.deployments.delete(gone.id)
    return noContent()
  })

  const statuses = `${base}/{deployment_id}/statuses`
  router.route('GET', statuses, see, (c) => {
    const deployment = at(c)
    return list(c, [...deployment.statuses].reverse(), (one) => statusOfDeployment(c.site, deployment, one))
  })
  router.route('POST', statuses, change, (c) => {
    const deployment = at(c)
    const input = c.parse(statusBody)
    const status = addDeploymentStatus(c.site, deployment, c.author, viaApp(c.actor), {
      state: input.state,
      ...(input.description === undefined ? {} : { description: input.description }),
      ...(input.environment === undefined ? {} : { environment: input.environment }),
      ...(input.environment_url === undefined ? {} : { environmentUrl: input.environment_url }),
      logUrl: input.log_url ?? input.target_url ?? '',
      ...(input.auto_inactive === undefined ? {} : { autoInactive: input.auto_inactive }),
    })
    return created(statusOfDeployment(c.site, deployment, status))
  })
  router.route('GET', `${statuses}/{status_id}`, see, (c) => {
    const deployment = at(c)
    const status = deployment.statuses.find((one) => one.id === c.id('status_id'))
    if (status === undefined) throw notFound()
    return ok(statusOfDeployment(c.site, deployment, status))
  })
}

/** True when the default branch holds commits that the given one does not. */
async function isBehind(c: Call, sha: string): Promise<boolean> {
  const tip = await c.site.git.commitSha(c.repo.dir, `refs/heads/${c.repo.defaultBranch}`)
  return tip !== null && !(await c.site.git.isAncestor(c.repo.dir, tip, sha))
}

/** Contexts at the commit that are not successful: all of them, or those that were asked for. */
function openContexts(c: Call, sha: string, wanted: readonly string[] | undefined): string[] {
  const latest = new Map<string, boolean>()
  for (const run of c.site.state.checkRuns.values())
    if (run.repoId === c.repo.id && run.headSha === sha)
      latest.set(run.name, ['success', 'neutral', 'skipped'].includes(run.conclusion ?? ''))
  for (const status of c.site.state.statuses.values())
    if (status.repoId === c.repo.id && status.sha === sha)
      latest.set(status.context, status.state === 'success')
  return (wanted ?? [...latest.keys()]).filter((name) => latest.get(name) !== true)
}
