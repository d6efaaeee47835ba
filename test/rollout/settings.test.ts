/** The `rollout:` part of policy: its defaults, what they come to, and mistakes in words. */
import { describe, expect, test } from '@jest/globals'
import {
  asksPeople,
  type EnvironmentSettings,
  nextAfter,
  probeChecks,
  RolloutSettings,
  settingsOf,
  spelledIn,
  watchRules,
} from '../../src/rollout/settings.ts'

const source = { kind: 'prometheus', url: 'https://prometheus.example', query: 'up' }
const parsed = (environments: object) => RolloutSettings.parse({ environments }).environments
const one = (parts: object = {}): EnvironmentSettings =>
  parsed({ production: parts })['production'] as EnvironmentSettings

describe('R3: defaults', () => {
  test('R3: a login of an account that an enterprise manages can be told', () => {
    expect(one({ alerts: { mention: ['dana_acme', 'acme/on-call'] } }).alerts.mention).toHaveLength(2)
  })

  test('a window of 30 minutes with a sample a minute', () => {
    expect(watchRules(one())).toMatchObject({
      samples: 30,
      intervalMs: 60_000,
      inconclusive: 5,
      requests: null,
      monitors: [],
    })
  })

  test.each([
    [
      'error_rate',
      {
        on: 'rollback',
        above: 0.001,
        ratio: 1.5,
        times: 3,
        ceiling: 0.005,
        ceilingRatio: 2,
        perRequest: true,
      },
    ],
    [
      'latency_p95',
      { on: 'alert', above: 500, ratio: null, times: 3, ceiling: null, perRequest: true, unit: 'ms' },
    ],
    ['memory', { on: 'alert', above: 0.85, ratio: null, times: 3, ceiling: null, perRequest: false }],
    ['cpu', { on: 'alert', above: 0.85, ratio: null, times: 3, ceiling: null, perRequest: false }],
  ])('%s', (rule, expected) => {
    expect(watchRules(one({ monitors: { watched: { rule, source } } })).monitors).toEqual([
      expect.objectContaining({ name: 'watched', ...expected }),
    ])
  })

  test('a number takes what is written, and 100 requests are the least', () => {
    const number = {
      rule: 'number',
      source,
      above: 7,
      times_baseline: 3,
      ceiling: 70,
      per_request: true,
      on: 'rollback',
    }
    const rules = watchRules(one({ monitors: { queue: number }, requests: { source } }))
    expect(rules.monitors).toMatchObject([
      { above: 7, ratio: 3, ceiling: 70, ceilingRatio: null, perRequest: true, on: 'rollback' },
    ])
    expect(rules.requests?.minimum).toBe(100)
  })

  test('windows have at least one sample and at most 2000', () => {
    expect(watchRules(one({ window_minutes: 0.01, sample_seconds: 3600 })).samples).toBe(1)
    expect(watchRules(one({ window_minutes: 1440, sample_seconds: 0.1 })).samples).toBe(2000)
  })

  test('a probe is asked as it is written', () => {
    const probes = [{ name: 'alive', path: '/health', json: [{ pointer: '/ok', equals: true }] }]
    expect(probeChecks(one({ canary: { probes } }))).toEqual([
      {
        name: 'alive',
        path: '/health',
        method: 'GET',
        status: 200,
        retries: 2,
        timeoutSeconds: 10,
        assertions: [{ pointer: '/ok', equals: true }],
      },
    ])
  })
})

describe('A1: who is asked', () => {
  test('people are asked where nothing comes after, unless policy says otherwise', () => {
    const environments = parsed({
      staging: {},
      canary: { after: 'staging' },
      production: { after: 'canary' },
    })
    expect(Object.keys(environments).map((name) => asksPeople(environments, name))).toEqual([
      false,
      false,
      true,
    ])
    const other = parsed({
      staging: { approval: 'person' },
      production: { after: 'staging', approval: 'none' },
    })
    expect(Object.keys(other).map((name) => asksPeople(other, name))).toEqual([true, false])
  })

  test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'an environment called %s is not in policy by itself',
    (name) => {
      const environments = parsed({ production: {} })
      expect(settingsOf(environments, name)).toBeNull()
      expect(asksPeople(environments, name)).toBe(true)
    },
  )
})

test('R1: an environment is known in any case, as GitHub knows it, and shown as policy spells it', () => {
  const environments = parsed({ Staging: {}, production: { after: 'staging', expires_hours: 3 } })
  expect(settingsOf(environments, 'PRODUCTION')?.expires_hours).toBe(3)
  expect(spelledIn(environments, 'STAGING')).toBe('Staging')
  expect(spelledIn(environments, 'Demo')).toBe('Demo')
  expect(nextAfter(environments, 'STAGING')).toEqual(['production'])
  expect(['staging', 'Production'].map((name) => asksPeople(environments, name))).toEqual([false, true])
})

describe('mistakes are told in words', () => {
  const watched = { monitors: { errors: { rule: 'error_rate', source } } }
  test.each<[string, object, string, RegExp]>([
    [
      'an unknown environment before',
      { production: { after: 'stage' } },
      'production.after',
      /stage is not among the environments/,
    ],
    ['itself before', { production: { after: 'production' } }, 'production.after', /wait for each other/],
    [
      'itself before, in other letters',
      { production: { after: 'Production' } },
      'production.after',
      /wait for each other/,
    ],
    [
      'one environment twice',
      { production: {}, Production: { approval: 'none' } },
      'Production',
      /production and Production are one environment to GitHub/,
    ],
    [
      'a circle',
      { a: { after: 'b', approval: 'none' }, b: { after: 'a' } },
      'a.after',
      /wait for each other/,
    ],
    [
      'a name of Object before',
      { production: { after: 'constructor' } },
      'production.after',
      /constructor is not among/,
    ],
    [
      'dispatch without a workflow',
      { production: { deploy: 'dispatch' } },
      'production.workflow',
      /needs the workflow that it starts/,
    ],
    [
      'a workflow that is none',
      { production: { workflow: 'deploy.sh' } },
      'production.workflow',
      /a workflow file such as/,
    ],
    [
      'two that ask people',
      { eu: {}, us: {} },
      'us.approval',
      /eu asks a person already, and one commit has one countersign\/deploy/,
    ],
    [
      'a monitor in capitals',
      { production: { monitors: { Errors: watched.monitors.errors } } },
      'production.monitors.Errors',
      /Invalid key|lower case/,
    ],
    [
      'the name of the requests',
      { production: { monitors: { '#requests': watched.monitors.errors } } },
      'production.monitors.#requests',
      /Invalid key|lower case/,
    ],
    [
      'an unknown rule',
      { production: { monitors: { errors: { rule: 'errors', source } } } },
      'production.monitors.errors.rule',
      /Invalid/,
    ],
    [
      'a percentage for a fraction',
      { production: { monitors: { errors: { ...watched.monitors.errors, above: 5 } } } },
      'production.monitors.errors.above',
      /<=1/,
    ],
    [
      'a password in an address',
      { production: { requests: { source: { ...source, url: 'https://a:b@x.example' } } } },
      'production.requests.source.url',
      /without user, password/,
    ],
    [
      'HEAD with a body',
      {
        production: {
          canary: {
            probes: [{ name: 'a', method: 'HEAD', path: '/', json: [{ pointer: '/a', equals: 1 }] }],
          },
        },
      },
      'production.canary.probes.0',
      /HEAD has no body/,
    ],
    [
      'a probe of another host',
      { production: { canary: { probes: [{ name: 'a', path: '//evil.example' }] } } },
      'production.canary.probes.0.path',
      /one \//,
    ],
    [
      'a mention with @',
      { production: { alerts: { mention: ['@dana'] } } },
      'production.alerts.mention.0',
      /a login or org\/team/,
    ],
    ['a word that does not exist', { production: { windw_minutes: 3 } }, 'production', /windw_minutes/],
  ])('%s', (_, environments, path, sentence) => {
    const issues = RolloutSettings.safeParse({ environments }).error?.issues ?? []
    const found = issues.map((issue) => `${issue.path.slice(1).join('.')}: ${issue.message}`)
    expect(found.join('\n')).toMatch(
      new RegExp(`^${path.replace(/[.#]/g, '\\$&')}: .*(${sentence.source})`, 'm'),
    )
  })

  test('over twenty environments', () => {
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`e${at}`, { approval: 'none' }]))
    expect(RolloutSettings.safeParse({ environments: many }).error?.message).toMatch(
      /at most 20 environments/,
    )
  })
})
