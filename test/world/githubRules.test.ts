/** Rulesets on pushes and merges: required checks from one App, approvals, restricted updates, bypass. */
import { describe, expect, test } from '@jest/globals'
import type { GitHubWorld } from '../../world/index.ts'
import { asInstallation, asPerson, conforms, pullByBob, REPO, refuses, world } from './github.ts'

const at = (path: string) => `/repos/${REPO}${path}`

async function ruleset(github: GitHubWorld, rules: unknown[], bypass_actors: unknown[] = [], name = 'main') {
  return (await github.as('alice').api('POST', at('/rulesets'), {
    name,
    target: 'branch',
    enforcement: 'active',
    conditions: { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } },
    bypass_actors,
    rules,
  })) as { id: number }
}
const checks = (context: string, integration_id?: number) => ({
  type: 'required_status_checks',
  parameters: {
    required_status_checks: [{ context, ...(integration_id === undefined ? {} : { integration_id }) }],
    strict_required_status_checks_policy: false,
  },
})
const approvals = (count: number, more: Record<string, unknown> = {}) => ({
  type: 'pull_request',
  parameters: {
    required_approving_review_count: count,
    dismiss_stale_reviews_on_push: false,
    require_code_owner_review: false,
    require_last_push_approval: false,
    required_review_thread_resolution: false,
    ...more,
  },
})
const green = (sha: string, conclusion = 'success') => ({
  name: 'gate',
  head_sha: sha,
  conclusion,
  output: { title: 't', summary: 's' },
})

describe('required checks', () => {
  test.each(['success', 'neutral', 'skipped'])('%s satisfies', async (conclusion) => {
    const github = await world()
    await ruleset(github, [checks('gate', github.app.id)])
    const { pull, sha } = await pullByBob(github)
    await refuses(github.as('bob').merge(REPO, pull.number), 405, /"gate" is expected/)
    await (await asInstallation(github))('POST', at('/check-runs'), green(sha, conclusion))
    await github.as('bob').merge(REPO, pull.number)
  })

  test.each(['failure', 'action_required', 'cancelled', 'timed_out'])('%s does not', async (conclusion) => {
    const github = await world()
    await ruleset(github, [checks('gate', github.app.id)])
    const { pull, sha } = await pullByBob(github)
    await (await asInstallation(github))('POST', at('/check-runs'), green(sha, conclusion))
    await refuses(github.as('bob').merge(REPO, pull.number), 405, /failing/)
  })

  test('pinned to an App, neither another App nor a status of that name satisfies them; unpinned, both do', async () => {
    const github = await world()
    const set = await ruleset(github, [checks('gate', github.app.id)])
    const { pull, sha } = await pullByBob(github)
    const other = github.createApp({ slug: 'other', permissions: { checks: 'write' } })
    github.installApp(other, 'acme')
    await (await asInstallation(github, undefined, other))('POST', at('/check-runs'), green(sha))
    await asPerson(github, 'bob')('POST', at(`/statuses/${sha}`), { state: 'success', context: 'gate' })
    await refuses(github.as('bob').merge(REPO, pull.number), 405)
    await github.as('alice').api('PUT', at(`/rulesets/${set.id}`), { rules: [checks('gate')] })
    await github.as('bob').merge(REPO, pull.number)
  })

  test('signatures: pushed commits have none, what GitHub makes itself and an App through the API has', async () => {
    const github = await world()
    await ruleset(github, [{ type: 'required_signatures' }])
    const { pull, sha } = await pullByBob(github)
    await refuses(github.as('bob').merge(REPO, pull.number), 405, /verified signatures/)
    await refuses(
      github.as('bob').push(REPO, 'main', { files: { 'x.txt': 'x' } }),
      403,
      /verified signatures/,
    )
    const app = await asInstallation(github)
    const { body: made } = await app('POST', at('/git/commits'), {
      message: 'By the App',
      tree: (await github.site.git.commit(github.repo(REPO).dir, sha)).tree,
      parents: [sha],
    })
    expect(made.verification).toMatchObject({ verified: true, reason: 'valid' })
    const { body: named } = await app('POST', at('/git/commits'), {
      message: 'In a name',
      tree: made.tree.sha,
      parents: [sha],
      author: { name: 'bob', email: 'bob@example.test' },
    })
    expect(named.verification.verified).toBe(false)
    await github.as('bob').merge(REPO, pull.number, { method: 'squash' })
    expect(pull.merged).toBe(true)
    conforms(github)
  })

  test('a push of a new head takes them away', async () => {
    const github = await world()
    await ruleset(github, [checks('gate', github.app.id)])
    const { pull, sha } = await pullByBob(github)
    await (await asInstallation(github))('POST', at('/check-runs'), green(sha))
    await github.as('bob').push(REPO, 'topic', { files: { 'b.txt': 'b' } })
    await refuses(github.as('bob').merge(REPO, pull.number), 405)
  })
})

describe('approvals', () => {
  test('count from people with write only, and standing requests for changes block', async () => {
    const github = await world()
    await ruleset(github, [approvals(1)])
    const { pull } = await pullByBob(github)
    await github.as('rita').approve(REPO, pull.number)
    await refuses(github.as('bob').merge(REPO, pull.number), 405, /approving review/)
    const no = await github.as('wendy').requestChanges(REPO, pull.number, 'no')
    await github.as('mia').approve(REPO, pull.number)
    await refuses(github.as('bob').merge(REPO, pull.number), 405, /Changes/)
    await github.as('alice').dismissReview(REPO, pull.number, no.id)
    await github.as('bob').merge(REPO, pull.number)
  })

  test('are dismissed by a push only where the rule says so', async () => {
    const github = await world()
    await ruleset(github, [approvals(1, { dismiss_stale_reviews_on_push: true })])
    const { pull } = await pullByBob(github)
    const review = await github.as('wendy').approve(REPO, pull.number)
    await github.as('bob').push(REPO, 'topic', { files: { 'b.txt': 'b' } })
    expect(review.state).toBe('DISMISSED')
  })

  test('of the last push must come from somebody else', async () => {
    const github = await world()
    await ruleset(github, [approvals(1, { require_last_push_approval: true })])
    const { pull } = await pullByBob(github)
    await github.as('wendy').push(REPO, 'topic', { files: { 'b.txt': 'b' } })
    await github.as('wendy').approve(REPO, pull.number)
    await refuses(github.as('bob').merge(REPO, pull.number), 405, /last pusher/)
    await github.as('mia').approve(REPO, pull.number)
    await github.as('bob').merge(REPO, pull.number)
  })
})

describe('pushes', () => {
  test('to a branch that takes pull requests only are refused by git', async () => {
    const github = await world()
    await ruleset(github, [approvals(0), { type: 'non_fast_forward' }, { type: 'deletion' }])
    await refuses(github.as('alice').push(REPO, 'main', { files: { a: 'a' } }), 403, /through a pull request/)
    const { body } = await asPerson(github, 'alice')('GET', at('/rulesets/rule-suites'))
    expect(body).toMatchObject([{ result: 'fail', actor_name: 'alice', ref: 'refs/heads/main' }])
    conforms(github)
  })

  test('rewinding and deleting are refused by their rules, going forward is not', async () => {
    const github = await world()
    const first = await github.site.git.ref(github.repo(REPO).dir, 'refs/heads/main')
    await github.as('alice').push(REPO, 'main', { files: { a: 'a' } })
    await github.as('alice').api('POST', at('/rulesets'), {
      name: 'all',
      enforcement: 'active',
      conditions: { ref_name: { include: ['~ALL'], exclude: ['refs/heads/agent/**'] } },
      rules: [{ type: 'non_fast_forward' }, { type: 'deletion' }],
    })
    await refuses(github.as('alice').push(REPO, 'main', { sha: first ?? '', force: true }), 403, /force-push/)
    await github.as('alice').push(REPO, 'main', { files: { a: 'b' } })
    await github.as('alice').push(REPO, 'topic', { files: { a: 'c' } })
    await refuses(github.as('alice').deleteBranch(REPO, 'topic'), 422, /delete/)
    await github.as('alice').push(REPO, 'agent/1/x', { files: { a: 'd' } })
    await github.as('alice').deleteBranch(REPO, 'agent/1/x')
  })
})

describe('merge mode: only the App may update the branch', () => {
  const setUp = async (mode: 'pull_request' | 'always') => {
    const github = await world()
    await ruleset(
      github,
      [{ type: 'update' }],
      [{ actor_id: github.app.id, actor_type: 'Integration', bypass_mode: mode }],
      'only the App',
    )
    await ruleset(github, [checks('gate', github.app.id)], [], 'checks')
    return { github, ...(await pullByBob(github)), app: await asInstallation(github) }
  }

  test('nobody else merges, not even the owner; the App does, once the checks it cannot bypass are green', async () => {
    const { github, app, pull, sha } = await setUp('pull_request')
    const merge = () => app('PUT', at(`/pulls/${pull.number}/merge`), { sha })
    expect((await merge()).status).toBe(405)
    await app('POST', at('/check-runs'), green(sha))
    await refuses(github.as('alice').merge(REPO, pull.number), 405, /Cannot update/)
    expect((await merge()).status).toBe(200)
    const suites = await app('GET', at('/rulesets/rule-suites?rule_suite_result=bypass'))
    expect(suites.body).toMatchObject([{ actor_name: 'countersign[bot]', result: 'bypass' }])
    const one = await app('GET', at(`/rulesets/rule-suites/${suites.body[0].id}`))
    expect(
      one.body.rule_evaluations.map((e: { rule_type: string; result: string }) => [e.rule_type, e.result]),
    ).toEqual([
      ['update', 'fail'],
      ['required_status_checks', 'pass'],
    ])
    conforms(github)
  })

  test('bypass by pull request does not let the App push', async () => {
    const { app, github, sha } = await setUp('pull_request')
    await app('POST', at('/check-runs'), green(sha))
    expect((await app('PATCH', at('/git/refs/heads%2Fmain'), { sha })).status).toBe(422)
    conforms(github)
  })

  test('the rules in force are listed for a branch; bypass lists are shown to administrators only', async () => {
    const { github, app } = await setUp('always')
    const rules = await app('GET', at('/rules/branches/main'))
    expect(rules.body.map((r: { type: string }) => r.type)).toEqual(['update', 'required_status_checks'])
    const [set] = (await app('GET', at('/rulesets'))).body
    const seen = await app('GET', at(`/rulesets/${set.id}`))
    expect([seen.body.bypass_actors, seen.body.current_user_can_bypass]).toEqual([undefined, 'always'])
    const owner = await asPerson(github, 'alice')('GET', at(`/rulesets/${set.id}`))
    expect(owner.body.bypass_actors).toHaveLength(1)
    expect(
      (await asPerson(github, 'bob')('GET', at(`/rulesets/${set.id}`))).body.bypass_actors,
    ).toBeUndefined()
    expect((await app('GET', at('/branches/main/protection'))).status).toBe(404)
    conforms(github)
  })

  test('an exempt actor leaves no trace in the rule suites', async () => {
    const github = await world()
    await ruleset(
      github,
      [approvals(1)],
      [{ actor_id: null, actor_type: 'OrganizationAdmin', bypass_mode: 'exempt' }],
    )
    await github.as('alice').push(REPO, 'main', { files: { a: 'a' } })
    expect((await asPerson(github, 'alice')('GET', at('/rulesets/rule-suites'))).body).toEqual([])
  })
})
