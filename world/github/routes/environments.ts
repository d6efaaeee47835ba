/** Environments, their custom protection rules, and the answers of Apps and people to held jobs. */
import { z } from 'zod'
import { forbidden, invalid, notFound } from '../errors.ts'
import { ensureEnvironment, environmentNamed } from '../ops/deployments.ts'
import { answerAsApp, holdsOf, reviewAsPerson } from '../ops/holds.ts'
import { type Call, counted, created, noContent, ok, type Router } from '../router.ts'
import { must } from '../site.ts'
import type { Environment } from '../state.ts'
import {
  customRuleView,
  deploymentView,
  environmentView,
  pendingView,
  ruleAppView,
} from '../views/deployment.ts'

const environmentBody = z.object({
  wait_timer: z.number().int().min(0).max(43_200).optional(),
  prevent_self_review: z.boolean().optional(),
  reviewers: z
    .array(z.object({ type: z.enum(['User', 'Team']), id: z.number().int() }))
    .max(6)
    .nullish(),
  deployment_branch_policy: z
    .object({ protected_branches: z.boolean(), custom_branch_policies: z.boolean() })
    .nullish(),
})
const ruleBody = z.object({ integration_id: z.number().int() })
const appAnswer = z.object({
  environment_name: z.string(),
  state: z.enum(['approved', 'rejected']).optional(),
  comment: z.string().default(''),
})
const review = z.object({
  environment_ids: z.array(z.number().int()),
  state: z.enum(['approved', 'rejected']),
  comment: z.string(),
})
/** GitHub's bound on custom rules of one environment. */
const mostRules = 6

export function environmentRoutes(router: Router): void {
  const base = '/repos/{owner}/{repo}/environments'
  const see = { permission: 'actions:read' }
  const change = { permission: 'administration:write', role: 'admin' as const }
  const all = (c: Call) => [...c.site.state.environments.values()].filter((one) => one.repoId === c.repo.id)
  const at = (c: Call): Environment => {
    const found = environmentNamed(c.site, c.repo, c.params['environment_name'] ?? '')
    if (found === null) throw notFound()
    return found
  }
  router.route('GET', base, see, (c) =>
    counted(c, 'environments', all(c), (one) => environmentView(c.site, one)),
  )
  router.route('GET', `${base}/{environment_name}`, see, (c) => ok(environmentView(c.site, at(c))))
  router.route('PUT', `${base}/{environment_name}`, change, (c) => {
    const input = c.parse(environmentBody)
    const environment = ensureEnvironment(c.site, c.repo, c.params['environment_name'] ?? '')
    // What is left out is reset, as GitHub does.
    Object.assign(environment, {
      waitTimer: input.wait_timer ?? 0,
      preventSelfReview: input.prevent_self_review ?? false,
      reviewers: input.reviewers ?? [],
      branchPolicy: input.deployment_branch_policy ?? null,
      updatedAt: c.site.now(),
    })
    return ok(environmentView(c.site, environment))
  })
  router.route('DELETE', `${base}/{environment_name}`, change, (c) => {
    c.site.state.environments.delete(at(c).id)
    return noContent()
  })

  const rules = `${base}/{environment_name}/deployment_protection_rules`
  router.route('GET', rules, see, (c) =>
    counted(c, 'custom_deployment_protection_rules', at(c).customRules, (one) => customRuleView(c.site, one)),
  )
  router.route('POST', rules, change, (c) => {
    const environment = at(c)
    const app = c.site.state.apps.get(c.parse(ruleBody).integration_id)
    if (app === undefined || !app.events.includes('deployment_protection_rule'))
      throw invalid([], 'The App must be installed and listen to deployment_protection_rule')
    if (environment.customRules.length >= mostRules) throw invalid([], `At most ${mostRules} rules`)
    const rule = { id: c.site.nextId(), appId: app.id }
    environment.customRules.push(rule)
    return created(customRuleView(c.site, rule))
  })
  router.route('GET', `${rules}/apps`, see, (c) => {
    const apps = [...c.site.state.apps.values()].filter((app) =>
      app.events.includes('deployment_protection_rule'),
    )
    return counted(c, 'available_custom_deployment_protection_rule_integrations', apps, (app) =>
      ruleAppView(c.site, app.id),
    )
  })
  const ruleAt = (c: Call) => {
    const rule = at(c).customRules.find((one) => one.id === c.id('protection_rule_id'))
    if (rule === undefined) throw notFound()
    return rule
  }
  router.route('GET', `${rules}/{protection_rule_id}`, see, (c) => ok(customRuleView(c.site, ruleAt(c))))
  router.route('DELETE', `${rules}/{protection_rule_id}`, change, (c) => {
    const environment = at(c)
    const gone = ruleAt(c)
    environment.customRules = environment.customRules.filter((one) => one !== gone)
    return noContent()
  })

  const run = '/repos/{owner}/{repo}/actions/runs/{run_id}'
  router.route('POST', `${run}/deployment_protection_rule`, { permission: 'deployments:write' }, (c) => {
    if (c.actor.kind !== 'installation')
      throw forbidden('Only GitHub Apps answer custom deployment protection rules')
    const { environment_name, state, comment } = c.parse(appAnswer)
    answerAsApp(c.site, c.id('run_id'), c.actor.app, {
      environment: environment_name,
      state: state ?? null,
      comment,
    })
    return noContent()
  })
  router.route('GET', `${run}/pending_deployments`, see, (c) =>
    ok(holdsOf(c.site, c.id('run_id')).map((one) => pendingView(c.site, one))),
  )
  router.route(
    'POST',
    `${run}/pending_deployments`,
    { permission: 'deployments:write', role: 'read' },
    (c) => {
      const { environment_ids, state } = c.parse(review)
      const held = reviewAsPerson(c.site, c.id('run_id'), c.author, {
        environmentIds: environment_ids,
        state,
      })
      return ok(
        held.map((one) =>
          deploymentView(c.site, must(c.site.state.deployments, one.deploymentId, 'deployment')),
        ),
      )
    },
  )
}
