/** Rulesets, the rules in force on a branch, rule suites, and classic branch protection (which nobody has here). */
import { z } from 'zod'
import { roleAtLeast, roleOn } from '../access.ts'
import { GitHubError, notFound } from '../errors.ts'
import { bypassMode, rulesetsFor } from '../ops/rules.ts'
import { type Call, created, list, noContent, ok, type Router } from '../router.ts'
import { must } from '../site.ts'
import type { Rule, RuleSuite, Ruleset } from '../state.ts'
import { nodeId } from '../views/account.ts'
import { fullName, repoHtml } from '../views/repo.ts'

const simpleRule = z.object({
  type: z.enum([
    'creation',
    'deletion',
    'required_linear_history',
    'required_signatures',
    'non_fast_forward',
  ]),
  parameters: z.record(z.string(), z.unknown()).optional(),
})
const rule = z.union([
  simpleRule,
  z.object({
    type: z.literal('merge_queue'),
    parameters: z
      .object({
        check_response_timeout_minutes: z.number().int().min(1).max(360).default(60),
        grouping_strategy: z.enum(['ALLGREEN', 'HEADGREEN']).default('ALLGREEN'),
        max_entries_to_build: z.number().int().min(0).max(100).default(5),
        max_entries_to_merge: z.number().int().min(0).max(100).default(5),
        merge_method: z.enum(['MERGE', 'SQUASH', 'REBASE']).default('MERGE'),
        min_entries_to_merge: z.number().int().min(0).max(100).default(1),
        min_entries_to_merge_wait_minutes: z.number().int().min(0).max(360).default(5),
      })
      .prefault({}),
  }),
  z.object({
    type: z.literal('update'),
    parameters: z.object({ update_allows_fetch_and_merge: z.boolean() }).optional(),
  }),
  z.object({
    type: z.literal('pull_request'),
    parameters: z
      .object({
        required_approving_review_count: z.number().int().min(0).max(10).default(0),
        dismiss_stale_reviews_on_push: z.boolean().default(false),
        require_code_owner_review: z.boolean().default(false),
        require_last_push_approval: z.boolean().default(false),
        required_review_thread_resolution: z.boolean().default(false),
        allowed_merge_methods: z.array(z.enum(['merge', 'squash', 'rebase'])).optional(),
      })
      .prefault({}),
  }),
  z.object({
    type: z.literal('required_status_checks'),
    parameters: z.object({
      required_status_checks: z.array(
        z.object({ context: z.string(), integration_id: z.number().int().optional() }),
      ),
      strict_required_status_checks_policy: z.boolean().default(false),
      do_not_enforce_on_create: z.boolean().optional(),
    }),
  }),
])
const actor = z.object({
  actor_id: z
    .number()
    .int()
    .nullish()
    .transform((v) => v ?? null),
  actor_type: z.enum(['Integration', 'OrganizationAdmin', 'RepositoryRole', 'Team', 'DeployKey', 'User']),
  bypass_mode: z.enum(['always', 'pull_request', 'exempt']).default('always'),
})
const conditions = z.object({
  ref_name: z
    .object({ include: z.array(z.string()).default([]), exclude: z.array(z.string()).default([]) })
    .optional(),
})
const fields = {
  name: z.string().min(1),
  target: z.enum(['branch', 'tag', 'push']).optional(),
  enforcement: z.enum(['active', 'disabled', 'evaluate']),
  bypass_actors: z.array(actor).optional(),
  conditions: conditions.optional(),
  rules: z.array(rule).optional(),
}
const createBody = z.object(fields)
const updateBody = z.object(fields).partial()

/** JSON drops what is not set; rules keep only the members that GitHub would send. */
const clean = (rules: z.infer<typeof rule>[]): Rule[] => JSON.parse(JSON.stringify(rules)) as Rule[]

const isAdmin = (c: Call) =>
  c.actor.kind === 'user'
    ? roleAtLeast(roleOn(c.site.state, c.repo, c.actor.account), 'admin')
    : c.actor.kind === 'installation' && c.actor.permissions.administration === 'write'

const CAN_BYPASS = { always: 'always', pull_request: 'pull_requests_only', exempt: 'exempt' } as const

function brief(c: Call, one: Ruleset) {
  const mode = bypassMode(c.site, c.repo, one, c.actor)
  return {
    id: one.id,
    name: one.name,
    target: 'branch' as const,
    source_type: 'Repository' as const,
    source: fullName(c.site, c.repo),
    enforcement: one.enforcement,
    node_id: nodeId('RRS', one.id),
    current_user_can_bypass: mode === null ? ('never' as const) : CAN_BYPASS[mode],
    _links: {
      self: { href: `${c.site.url}/repos/${fullName(c.site, c.repo)}/rulesets/${one.id}` },
      html: { href: `${repoHtml(c.site, c.repo)}/rules/${one.id}` },
    },
    created_at: one.createdAt,
    updated_at: one.updatedAt,
  }
}

/** Bypass lists are shown only to those who may write the ruleset. */
const whole = (c: Call, one: Ruleset) => ({
  ...brief(c, one),
  ...(isAdmin(c) ? { bypass_actors: one.bypassActors } : {}),
  conditions: { ref_name: { include: one.include, exclude: one.exclude } },
  rules: one.rules,
})

function rulesetAt(c: Call): Ruleset {
  const one = c.site.state.rulesets.get(c.id('ruleset_id'))
  if (one === undefined || one.repoId !== c.repo.id) throw notFound()
  return one
}

const suiteView = (c: Call, one: RuleSuite) => ({
  id: one.id,
  actor_id: one.actorId,
  actor_name: must(c.site.state.accounts, one.actorId, 'account').login,
  before_sha: one.before,
  after_sha: one.after,
  ref: one.ref,
  repository_id: c.repo.id,
  repository_name: c.repo.name,
  pushed_at: one.pushedAt,
  result: one.result,
  evaluation_result: one.result,
})

export function rulesetRoutes(router: Router): void {
  const read = { permission: 'metadata:read' }
  const admin = { permission: 'administration:write', role: 'admin' as const }
  const base = '/repos/{owner}/{repo}/rulesets'
  router.route('GET', '/repos/{owner}/{repo}/rules/branches/{branch}', read, (c) => {
    const sets = rulesetsFor(c.site, c.repo, `refs/heads/${c.params.branch}`)
    const source = fullName(c.site, c.repo)
    const rules = sets.flatMap((s) =>
      s.rules.map((r) => ({
        ...r,
        ruleset_source_type: 'Repository',
        ruleset_source: source,
        ruleset_id: s.id,
      })),
    )
    return list(c, rules, (r) => r)
  })
  router.route('GET', base, read, (c) =>
    list(
      c,
      [...c.site.state.rulesets.values()].filter((r) => r.repoId === c.repo.id),
      (r) => brief(c, r),
    ),
  )
  router.route('POST', base, admin, (c) => {
    const input = c.parse(createBody)
    const at = c.site.now()
    const one: Ruleset = {
      id: c.site.nextId(),
      repoId: c.repo.id,
      name: input.name,
      enforcement: input.enforcement,
      bypassActors: input.bypass_actors ?? [],
      include: input.conditions?.ref_name?.include ?? [],
      exclude: input.conditions?.ref_name?.exclude ?? [],
      rules: clean(input.rules ?? []),
      createdAt: at,
      updatedAt: at,
    }
    c.site.state.rulesets.set(one.id, one)
    return created(whole(c, one))
  })
  router.route('GET', `${base}/{ruleset_id}`, read, (c) => ok(whole(c, rulesetAt(c))))
  router.route('PUT', `${base}/{ruleset_id}`, admin, (c) => {
    const one = rulesetAt(c)
    const input = c.parse(updateBody)
    one.name = input.name ?? one.name
    one.enforcement = input.enforcement ?? one.enforcement
    one.bypassActors = input.bypass_actors ?? one.bypassActors
    one.include = input.conditions?.ref_name?.include ?? one.include
    one.exclude = input.conditions?.ref_name?.exclude ?? one.exclude
    if (input.rules !== undefined) one.rules = clean(input.rules)
    one.updatedAt = c.site.now()
    return ok(whole(c, one))
  })
  router.route('DELETE', `${base}/{ruleset_id}`, admin, (c) => {
    c.site.state.rulesets.delete(rulesetAt(c).id)
    return noContent()
  })
  const suites = { permission: 'administration:read', role: 'write' as const }
  router.route('GET', `${base}/rule-suites`, suites, (c) => {
    const ref = c.query.get('ref')
    const result = c.query.get('rule_suite_result')
    const all = [...c.site.state.ruleSuites.values()].filter(
      (s) =>
        s.repoId === c.repo.id &&
        (ref === null || s.ref === ref || s.ref === `refs/heads/${ref}`) &&
        (result === null || result === 'all' || s.result === result),
    )
    return list(c, all.reverse(), (s) => suiteView(c, s))
  })
  router.route('GET', `${base}/rule-suites/{rule_suite_id}`, suites, (c) => {
    const one = c.site.state.ruleSuites.get(c.id('rule_suite_id'))
    if (one === undefined || one.repoId !== c.repo.id) throw notFound()
    const evaluations = one.evaluations.map((e) => ({
      rule_source: { type: 'ruleset', id: e.rulesetId, name: e.rulesetName },
      enforcement: 'active',
      result: e.passed ? 'pass' : 'fail',
      rule_type: e.rule,
      details: e.details,
    }))
    return ok({ ...suiteView(c, one), rule_evaluations: evaluations })
  })
  router.route(
    'GET',
    '/repos/{owner}/{repo}/branches/{branch}/protection',
    { permission: 'administration:read', role: 'admin' },
    () => {
      throw new GitHubError(404, 'Branch not protected')
    },
  )
}
