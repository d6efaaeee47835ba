/** A policy change in words: every loosening has its sentence, tightening has none. */
import { describe, expect, test } from '@jest/globals'
import { changed } from '../../src/policy/changed.ts'
import { loosened } from '../../src/policy/loosened.ts'
import { Policy } from '../../src/policy/schema.ts'

const between = (before: unknown, after: unknown) => loosened(Policy.parse(before), Policy.parse(after))

const k6 = {
  workflow: '.github/workflows/load.yml',
  artifact: 'load',
  path: 'summary.json',
  format: 'k6',
}

const ci = { path: '.github/workflows/ci.yml' }
const here = { endpoint: 'house', model: 'one' }
const there = { endpoint: 'house', model: 'two' }
const source = { kind: 'json', url: 'https://metrics.example/now', pointer: '/value' }
const rollout = (production: object) => ({ rollout: { environments: { production } } })

test.each([
  [
    'another command',
    { commands: { test: { run: 'npm test' } } },
    { commands: { test: { run: 'true' } } },
    /`test` is another one: `npm test` before, `true` after/,
  ],
  [
    'another source of requests',
    rollout({ requests: { source } }),
    rollout({ requests: { source: { ...source, pointer: '/kind' } } }),
    /counted by another source \(T21\)/,
  ],
  [
    'another rule',
    rollout({ monitors: { errors: { rule: 'memory', source, samples: 3 } } }),
    rollout({ monitors: { errors: { rule: 'cpu', source, samples: 3 } } }),
    /goes by the rule `cpu`, `memory` before/,
  ],
  [
    'which workflows must succeed',
    {},
    { gates: { ci: { workflows: [ci] } } },
    /Only the named workflows must succeed/,
  ],
  ['other kinds of files', {}, { gates: { paths: { test: ['x/**'] } } }, /named anew \(`gates.paths`\)/],
])('T14: %s is named whichever way it goes', (_, before, after, words) => {
  expect(between(before, after)).toEqual([expect.stringMatching(words)])
  expect(between(after, before)).toHaveLength(1)
})

test('T14: another severity or level is named whichever way it goes', () => {
  expect(between({}, { gates: { audit: { minimum: 'high' } } })).toEqual([
    'The threshold `gates.audit.minimum` goes from moderate to high.',
  ])
})

test('T14: GitHub ignores the case of environments, so another spelling loosens nothing and hides nothing', () => {
  const environments = { staging: { approval: 'none' }, production: { after: 'staging' } }
  const spelled = { STAGING: { approval: 'none' }, Production: { after: 'Staging' } }
  expect(between({ rollout: { environments } }, { rollout: { environments: spelled } })).toEqual([])
  const looser = { ...spelled, Production: { after: 'Staging', approval: 'none' } }
  expect(between({ rollout: { environments } }, { rollout: { environments: looser } })).toEqual([
    'Nobody is asked before `production` any more.',
  ])
})

describe('T14: what a policy change loosens', () => {
  test.each([
    [{}, { enforce: false }, /shadow mode/],
    [{}, { approvals: { profile: 'solo' } }, /from `team` down to `solo`/],
    [{ people: 'full' }, {}, /from `full` down to `pass`/],
    [{ merge: { mode: 'merge' } }, {}, /merge mode goes from `merge` down to `checks`/],
    [{}, { merge: { auto: true } }, /without anyone asking/],
    [{}, { approvals: { by: ['button', 'review', 'comment'] } }, /as approving: `comment`/],
    [{ seniors: ['cleo'] }, { seniors: ['cleo', 'eve'] }, /seniors: `eve`/],
    [{}, { approvals: { approvers: { review: ['write', 'acme/bots'] } } }, /approve review: `acme\/bots`/],
    [{ protected: ['billing/**'] }, {}, /No longer protected: `billing\/\*\*`/],
    [{}, { protected: { defaults: false } }, /built-in protected paths/],
    [{ agents: { labels: ['robot'] } }, {}, /No longer marks an agent \(labels\): `robot`/],
    [{ commands: { test: { run: 'npm test' } } }, {}, /command `test` no longer runs/],
    [
      { commands: { test: { run: 'x', reports: [{ format: 'lcov', path: 'l' }] } } },
      { commands: { test: { run: 'x' } } },
      /Reports that `test` is no longer read for: `lcov l`/,
    ],
    [{}, { delegation: { bundle: 'warn' } }, /from `strict` down to `warn`/],
    [{}, { pipeline: { validate: false } }, /No second model/],
    [{}, { pipeline: { attempts: 5 } }, /Attempts of a phase: 3 before, 5 after/],
    [{}, { pipeline: { red_runs: 1 } }, /must be red: 3 before, 1 after/],
    [{}, { pipeline: { epic: { max_children: 40 } } }, /Child issues/],
    [{ models: { sensitive: { paths: ['keys/**'] } } }, {}, /in-house models.*`keys\/\*\*`/],
    [
      { models: { sensitive: { paths: ['keys/**'], use: [here] } } },
      { models: { sensitive: { paths: ['keys/**'], use: [here, there] } } },
      /Further models see what is sensitive/,
    ],
    [{}, { budgets: { task: { usd: 31 } } }, /`budgets.task.usd`\): 30 before, 31 after/],
    [{ budgets: { raised_by: 'seniors' } }, {}, /from `seniors` down to `writers`/],
    [{}, { budgets: { raise_usd: 101 } }, /`\/agent budget`/],
    [{}, { fix: { people: true } }, /people's own pull requests/],
    [{}, { fix: { max_region_lines: 401 } }, /Lines of a region/],
    [{}, { fix: { max_threads: 21 } }, /Threads that one fix/],
    [rollout({ deploy: 'create' }), rollout({ deploy: 'observe' }), /no longer deploys to `production`/],
    [rollout({}), rollout({ sample_seconds: 120 }), /every 120 seconds, 60 before/],
    [rollout({ alerts: { channel: 'ops' } }), rollout({}), /No channel is alerted/],
    [rollout({ requests: { source } }), rollout({}), /not counted any more/],
    [
      rollout({ requests: { source } }),
      rollout({ requests: { source, minimum: 5 } }),
      /needs 5 requests, 100/,
    ],
    [
      rollout({ monitors: { errors: { rule: 'error_rate', source } } }),
      rollout({ monitors: { errors: { rule: 'error_rate', source, times_baseline: 9 } } }),
      /rise to 9 times its baseline, 1.5 before/,
    ],
    [{}, { gates: { ci: { enabled: false } } }, /`gates.ci.enabled` is switched off/],
    [{}, { gates: { tests_with_code: false } }, /`gates.tests_with_code` is switched off/],
    [{ floor: { enforce: true } }, {}, /Any repository may switch on shadow mode/],
    [{ floor: { profile: 'strict' } }, { floor: { profile: 'team' } }, /floor of approval profiles.*`team`/],
    [
      { floor: { profile: 'team' } },
      { floor: {} },
      /floor of approval profiles goes from `team` down to `none`/,
    ],
    [{ floor: { people: 'full' } }, { floor: { people: 'pass' } }, /floor of people's own pull requests/],
    [{ floor: { by: ['button'] } }, { floor: {} }, /`floor.by` is gone/],
    [{ floor: { by: ['button'] } }, { floor: { by: ['button', 'comment'] } }, /under the floor: `comment`/],
    [{ floor: { mode: 'merge' } }, {}, /`floor.mode` is gone/],
    [{ floor: { auto: false } }, {}, /`floor.auto` is gone/],
    [{ floor: { seniors: ['ada'] } }, {}, /`floor.seniors` is gone/],
    [
      { floor: { seniors: ['ada'] } },
      { floor: { seniors: ['ada', 'eve'] } },
      /seniors under the floor: `eve`/,
    ],
    [{ floor: { protected: ['x/**'] } }, { floor: {} }, /No longer protected by the floor: `x\/\*\*`/],
    [{}, { gates: { secrets: { ignore_paths: ['src/**'] } } }, /ignore_paths`\): `src/],
    [{ gates: { reports: [k6] } }, {}, /No longer asked for \(`gates.reports`\): .*k6/],
    [{}, { pipeline: { max_lines: 9000 } }, /Lines that one change may touch/],
    [
      {},
      { profiles: { web: { label: 'w', max_files: 90 } } },
      /Files .* profile web .*: 40 before, 90 after/,
    ],
    [
      { profiles: { web: { label: 'w', paths: ['a/**'] } } },
      { profiles: { web: { label: 'w', paths: ['a/**', 'b/**'] } } },
      /profile web may change more paths: `b\/\*\*`/,
    ],
    [
      { profiles: { web: { label: 'w', paths: ['a/**'] } } },
      { profiles: { web: { label: 'w' } } },
      /profile web may change every path/,
    ],
  ])('%j to %j', (before, after, words) => {
    expect(between(before, after)).toEqual([expect.stringMatching(words)])
    // The other way round it is tightened; only a threshold is named whichever way it goes.
    expect(between(after, before)).toEqual([])
  })
})

describe('T14: the values that a policy change touches', () => {
  const values = (before: unknown, after: unknown) => changed(Policy.parse(before), Policy.parse(after))
  test('are all told, whether a sentence speaks of them or not', () => {
    expect(values({}, {})).toEqual([])
    expect(
      values(
        { commands: { test: { run: 'npm test' } }, seniors: ['cleo'] },
        {
          commands: { test: { run: 'true', memory_mb: 64 } },
          seniors: ['cleo', 'eve'],
          models: { tiers: { cheap: { endpoint: 'e', model: 'm' } } },
        },
      ),
    ).toEqual([
      '`seniors`: nothing -> `"eve"`',
      '`commands.test.run`: `"npm test"` -> `"true"`',
      '`commands.test.memory_mb`: `2048` -> `64`',
      '`models.tiers.cheap.endpoint`: `"anthropic"` -> `"e"`',
      expect.stringMatching(/^`models.tiers.cheap.model`: /),
    ])
    expect(values({}, { commands: { lint: { run: 'eslint' } } })).toEqual([
      '`commands.lint`: nothing -> `{"run":"eslint","timeout_seconds":600,"memory_mb":2048,"reports":[]}`',
    ])
  })
  test('show where long ones differ', () => {
    const long = (end: string) => ({ commands: { test: { run: `${'x'.repeat(500)} && ${end}` } } })
    expect(values(long('npm test'), long('true'))).toEqual([
      expect.stringMatching(/^`commands.test.run`: `…x+ && npm test"` -> `…x+ && true"`$/),
    ])
    expect(between(long('npm test'), long('true'))).toEqual([
      expect.stringMatching(/&& npm test` before, .*&& true` after/),
    ])
  })
  test('T28: carry no Markdown of whoever writes the policy', () => {
    expect(values({}, { seniors: ['a`b\u202e'] })[0]).not.toMatch(/b\u202e|a`b/)
  })
})
