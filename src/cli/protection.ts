/** Reads what `countersign doctor` judges of one branch, with the operator's own token (A5). */
import { z } from 'zod'
import { branchRulesOf, Rule } from '../adapters/github/readRules.ts'
import type {
  ClassicReading,
  EnvironmentReading,
  Protection,
  RulesetReading,
  Seen,
} from '../enforcement/protection.ts'
import { readDeployingWorkflows } from './deployingWorkflows.ts'
import { absentWhen, type Operator, seen } from './operator.ts'

const Actor = z.object({
  actor_id: z
    .number()
    .int()
    .nullish()
    .transform((id) => id ?? null),
  actor_type: z.string(),
  bypass_mode: z.string().default('always'),
})
const Ruleset = z.object({
  id: z.number().int(),
  name: z.string(),
  source_type: z.string().default('Repository'),
  _links: z.object({ html: z.object({ href: z.string() }).nullish() }).nullish(),
  rules: z.array(z.object({ type: z.string() })).default([]),
  bypass_actors: z.array(Actor).nullish(),
})
const Enabled = z.object({ enabled: z.boolean() }).nullish()
const Classic = z.object({
  allow_force_pushes: Enabled,
  allow_deletions: Enabled,
  enforce_admins: Enabled,
})
const Workflow = z.object({
  default_workflow_permissions: z.enum(['read', 'write']),
  can_approve_pull_request_reviews: z.boolean(),
})
const Secret = z.object({ name: z.string() })
const Environment = z
  .object({
    name: z.string(),
    protection_rules: z.array(z.object({ type: z.string() })).nullish(),
    can_admins_bypass: z.boolean().nullish(),
  })
  .transform(
    ({ name, protection_rules, can_admins_bypass }): EnvironmentReading => ({
      name,
      rules: (protection_rules ?? []).map(({ type }) => type),
      adminsBypass: can_admins_bypass ?? null,
    }),
  )
const Suite = z.object({
  actor_id: z.number().int().nullish(),
  actor_name: z.string().nullish(),
  after_sha: z.string(),
  pushed_at: z.string(),
})

interface Where {
  owner: string
  repo: string
}

/** What is asked about. `permissions` comes from the App's own key, when the operator has it. */
export type Asked = Pick<
  Protection,
  'repository' | 'branch' | 'url' | 'mode' | 'enforce' | 'appId' | 'botId' | 'permissions'
> & { ofOrganisation: boolean }

export async function readProtection(operator: Operator, asked: Asked): Promise<Protection> {
  const [owner = '', repo = ''] = asked.repository.split('/')
  const where = { owner, repo }
  const inForce = await seen(() =>
    operator.all(
      'GET /repos/{owner}/{repo}/rules/branches/{branch}',
      { ...where, branch: asked.branch },
      Rule,
    ),
  )
  const [rulesets, classic, workflows, secrets, environments, deploying, bypassed] = await Promise.all([
    seen(() => readRulesets(operator, where, inForce.seen ? inForce.value : [])),
    absentWhen(/not protected/i, () => readClassic(operator, { ...where, branch: asked.branch })),
    seen(() => operator.ask('GET /repos/{owner}/{repo}/actions/permissions/workflow', where, Workflow)),
    seen(() => readSecrets(operator, where, asked.ofOrganisation)),
    // All of them: one that is not looked at would be taken for protected.
    seen(() => operator.all('GET /repos/{owner}/{repo}/environments', where, Environment, 'environments')),
    readDeployingWorkflows(operator, where, asked.branch),
    seen(() =>
      operator.all(
        'GET /repos/{owner}/{repo}/rulesets/rule-suites',
        { ...where, ref: `refs/heads/${asked.branch}`, time_period: 'week', rule_suite_result: 'bypass' },
        Suite,
      ),
    ),
  ])
  return {
    ...asked,
    rules: inForce.seen ? { seen: true, value: branchRulesOf(inForce.value) } : inForce,
    rulesets: inForce.seen ? rulesets : inForce,
    classic,
    workflows: mapped(workflows, (one) => ({
      defaultToken: one.default_workflow_permissions,
      mayApprove: one.can_approve_pull_request_reviews,
    })),
    secrets,
    environments,
    deploying,
    bypassed: mapped(bypassed, (all) =>
      all.map((one) => ({
        actorId: one.actor_id ?? null,
        actor: one.actor_name ?? 'someone',
        sha: one.after_sha,
        at: one.pushed_at,
      })),
    ),
  }
}

function mapped<T, U>(part: Seen<T>, to: (value: T) => U): Seen<U> {
  return part.seen ? { seen: true, value: to(part.value) } : part
}

/** Workflows on any branch read the organisation's secrets, where it shares them, as they read the repository's own. */
async function readSecrets(operator: Operator, where: Where, ofOrganisation: boolean): Promise<string[]> {
  const ask = (of: 'secrets' | 'organization-secrets') =>
    operator.all(`GET /repos/{owner}/{repo}/actions/${of}`, where, Secret, 'secrets')
  const [own, shared] = await Promise.all([ask('secrets'), ofOrganisation ? ask('organization-secrets') : []])
  return [...own.map(({ name }) => name), ...shared.map(({ name }) => `${name} (the organisation's)`)]
}

/** Each ruleset that has a rule in force here; those of the organisation come through the same route. */
async function readRulesets(
  operator: Operator,
  where: Where,
  rules: readonly Rule[],
): Promise<RulesetReading[]> {
  const ids = [...new Set(rules.map((rule) => rule.ruleset_id))]
  const read: RulesetReading[] = []
  for (const ruleset_id of ids) {
    const route = 'GET /repos/{owner}/{repo}/rulesets/{ruleset_id}'
    const one = await operator.ask(route, { ...where, ruleset_id }, Ruleset)
    read.push({
      id: one.id,
      name: one.name,
      sourceType: one.source_type,
      url: one._links?.html?.href ?? '',
      ruleTypes: one.rules.map(({ type }) => type),
      bypass: one.bypass_actors ?? null,
    })
  }
  return read
}

async function readClassic(operator: Operator, where: object): Promise<ClassicReading> {
  const one = await operator.ask('GET /repos/{owner}/{repo}/branches/{branch}/protection', where, Classic)
  return {
    forcePushes: one.allow_force_pushes?.enabled ?? false,
    deletions: one.allow_deletions?.enabled ?? false,
    adminsIncluded: one.enforce_admins?.enabled ?? false,
  }
}
