/** Agent profiles in policy: what each replaces, which label means which, and what a policy with them refuses (P13). */
import { describe, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { protectedBy } from '../../src/core/protectedPaths.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import { agentOf, profileOfLabel, surfacesOf } from '../../src/policy/profiles.ts'
import { defaultPolicy, Policy } from '../../src/policy/schema.ts'

const web = {
  label: 'agent-web',
  description: 'The web pages',
  instructions: 'docs/agents/web.md',
  models: {
    tiers: { strong: { endpoint: 'house', model: 'big' } },
    phases: { review: 'strong' as const },
  },
  paths: ['web/**', 'test/web/**'],
  route: 'hotfix' as const,
  routes: ['hotfix' as const, 'feature' as const],
  attempts: 5,
  max_files: 7,
  max_lines: 70,
  budgets: { session: { steps: 9 }, task: { usd: 3 } },
}
const policy = Policy.parse({ profiles: { web }, models: { phases: { review: 'cheap', spec: 'cheap' } } })

describe('P13: the policy as a profile has it', () => {
  test('P13: a profile replaces what it writes and nothing else', () => {
    const agent = agentOf(policy, 'web')
    expect(agent.gone).toBe(false)
    expect(agent.allowed).toEqual({ profile: 'web', globs: web.paths })
    const expected = structuredClone(policy)
    expected.pipeline.attempts = 5
    expected.pipeline.max_files = 7
    expected.pipeline.max_lines = 70
    expected.models.tiers.strong = { endpoint: 'house', model: 'big' }
    expected.models.phases.review = 'strong'
    expected.budgets.session.steps = 9
    expected.budgets.task.usd = 3
    expect(agent.policy).toEqual(expected)
  })

  test('P13: a profile that writes nothing has the policy of the plain label', () => {
    const bare = Policy.parse({ profiles: { bare: { label: 'agent-bare' } } })
    expect(agentOf(bare, 'bare')).toMatchObject({ gone: false, allowed: null, policy: bare })
    expect(agentOf(bare, undefined)).toMatchObject({ gone: false, allowed: null, policy: bare })
  })

  test('S9, P13: a profile that policy no longer has may change nothing', () => {
    for (const name of ['docs', 'constructor', '__proto__'])
      expect(agentOf(policy, name)).toMatchObject({ gone: true, allowed: { profile: name, globs: null } })
  })

  test('P13: a label means its profile, blind to case as on GitHub', () => {
    expect(['agent', 'AGENT-Web ', 'agent-docs', 'web'].map((one) => profileOfLabel(policy, one))).toEqual([
      null,
      'web',
      undefined,
      undefined,
    ])
  })

  test('T14, P13: the instruction files that policy names are protected surfaces, whatever it says of the built-in ones', () => {
    const rules = surfacesOf(Policy.parse({ profiles: { web }, protected: { defaults: false } }))
    for (const path of ['docs/agents/web.md', 'docs/agents/WEB.md', 'AGENTS.md'])
      expect(protectedBy(rules, path)?.surface).toBe('an agent instruction file')
    expect(protectedBy(rules, 'src/agents/web.md')).toBeNull()
  })
})

describe('P13: a policy whose profiles cannot be told apart is broken, with the place', () => {
  const label = (name: string) => ({ profiles: { web: { label: name } } })
  test.each([
    ['the plain label', label('Agent'), 'the plain label (delegation.label)'],
    ['the label for a person', label('agent:needs-human'), 'delegation.needs_human_label'],
    [
      'another profile',
      { profiles: { docs: { label: 'a' }, web: { label: 'A' } } },
      'the label of the profile docs already',
    ],
    ['no label', { profiles: { web: {} } }, '`profiles.web.label` is missing; expected text'],
    [
      'a route that it may not take',
      { profiles: { web: { ...web, route: 'epic' } } },
      'not among the routes',
    ],
    ['a name with a space', { profiles: { 'my web': { label: 'w' } } }, 'lower-case letters, digits'],
    ['the name of the plain profile', { profiles: { default: { label: 'w' } } }, 'plain label'],
    [
      'a glob that cannot be used',
      { profiles: { web: { label: 'w', paths: [`{${'a,'.repeat(70)}}`] } } },
      '64 alternatives',
    ],
    ['no paths', { profiles: { web: { label: 'w', paths: [] } } }, 'profiles.web.paths'],
    ['a path out of the repository', { profiles: { web: { label: 'w', instructions: '../x' } } }, 'inside'],
    [
      'more than 200',
      {
        profiles: Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`p${at}`, { label: `l${at}` }])),
      },
      'at most 200',
    ],
  ])('P13: %s', (_name, raw, words) => {
    const parsed = parsePolicy(stringify(raw))
    if (parsed.ok) throw new Error('it was accepted')
    expect(parsed.mistakes[0]?.message).toContain(words)
    expect(parsed.mistakes[0]?.startLine).toBeGreaterThan(0)
  })

  test('P13: two hundred load, and an empty policy has none', () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`p${at}`, { label: `l${at}` }]))
    const parsed = parsePolicy(stringify({ profiles: many }))
    expect(parsed.ok && Object.keys(parsed.policy.profiles)).toHaveLength(200)
    expect(defaultPolicy.profiles).toEqual({})
  })
})
