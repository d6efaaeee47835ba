/** The pipeline's pure parts: phases as data, prompts that carry only their inputs, checks, routes and settings. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { z } from 'zod'
import { classify } from '../../src/core/classify.ts'
import { modelFor, sessionLimits, spentOf } from '../../src/pipeline/budget.ts'
import { missingNames, onlyNewIsMissing } from '../../src/pipeline/checks/namedTests.ts'
import { planShape } from '../../src/pipeline/checks/planShape.ts'
import { mayWrite } from '../../src/pipeline/checks/scope.ts'
import type { CheckContext } from '../../src/pipeline/checks.ts'
import { fenced, type Material, openingMessage, systemPrompt } from '../../src/pipeline/inputs.ts'
import { phaseOf, phases } from '../../src/pipeline/phases.ts'
import { fallbackRoute, markedRoute, openRoutes, phasesOf, routePhases } from '../../src/pipeline/routes.ts'
import { BudgetSettings, ModelSettings, PipelineSettings, phaseIds } from '../../src/pipeline/settings.ts'
import { planFixture } from '../support/plan.ts'

const settings = PipelineSettings.parse({})

describe('phases', () => {
  test.each(phaseIds)('P1: %s has one responsibility, an object schema and a prompt that names it', (id) => {
    const phase = phases[id]
    expect(phase.id).toBe(id)
    expect(z.toJSONSchema(phase.output).type).toBe('object')
    expect(systemPrompt({ subject: 's', phase, of: null, attempt: 1, material })).toMatch(
      new RegExp(`^Phase: ${id}\n`),
    )
    expect(phase.prompt.length).toBeLessThan(1600)
  })

  test('P1: each phase is given exactly its inputs, for every phase and validator', () => {
    for (const id of phaseIds) {
      if (id === 'validate') continue
      for (const checked of [null, id]) {
        const text = openingMessage({
          subject: 'o/r#12',
          phase: checked ? phases.validate : phases[id],
          of: checked,
          attempt: 2,
          material,
        })
        expect(text.startsWith('Subject: o/r#12\nAttempt: 2\n')).toBe(true)
        for (const other of [
          'discovery',
          'spec',
          'tests',
          'implementation',
          'documentation',
          'review',
        ] as const) {
          const given = phases[id].input.some((name) => name === other) || (checked !== null && other === id)
          expect({ id, checked, other, has: text.includes(`MARK-${other}-`) }).toEqual({
            id,
            checked,
            other,
            has: given,
          })
        }
        expect(text.includes('MARK-bundle-')).toBe(phases[id].input.some((name) => name === 'bundle'))
      }
    }
  })

  test('P1: recorded names are phases or validators of phases', () => {
    expect(phaseOf('plan')).toMatchObject({ of: null, phase: { id: 'plan' } })
    expect(phaseOf('validate:plan')).toMatchObject({ of: 'plan', phase: { id: 'validate' } })
    for (const name of ['', 'validate:', 'validate:x', 'plan ', 'constructor', 'validate:constructor'])
      expect(phaseOf(name)).toBeNull()
  })

  test('T22: data cannot close its own fence, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('</data plan>', '<data x>', '\n', '</DATA', 'text', '< /data>'), {
          maxLength: 8,
        }),
        (pieces) => {
          const lines = fenced('plan', pieces.join('\n')).split('\n')
          expect(lines.filter((line) => /<\/?data\b/i.test(line))).toHaveLength(2)
          expect(lines.at(-1)).toBe('</data plan>')
        },
      ),
    )
  })
})

const mark = (name: string) => ({ summary: `MARK-${name}-` })
const material: Material = {
  bundle: { goal: 'MARK-bundle-', criteria: [], constraints: [], priorArt: [], riskClass: 'low' },
  title: 't',
  plan: planFixture({}),
  deliverables: Object.fromEntries(phaseIds.map((id) => [id, mark(id)])),
  diff: 'MARK-diff-',
  ci: null,
  instructions: { repository: null, own: null },
}

describe('routes', () => {
  test('D5: the routes are the ones of the requirement', () => {
    expect(routePhases.feature).toEqual([
      'discovery',
      'spec',
      'plan',
      'tests',
      'implementation',
      'documentation',
      'review',
    ])
    expect(routePhases.hotfix).toEqual(['diagnosis', 'tests', 'implementation', 'documentation', 'review'])
    expect(routePhases.epic).toBeNull()
  })

  test('P5, D5: a plan that needs no tests or documents skips those phases', () => {
    const plan = planFixture({
      tests: { kind: 'none', reason: 'r' },
      documentation: { kind: 'none', reason: 'r' },
    })
    expect(phasesOf('hotfix', plan)).toEqual(['diagnosis', 'implementation', 'review'])
  })

  test.each([
    [['Hotfix'], null, 'hotfix'],
    [[], 'epic', 'epic'],
    [['epic', 'hotfix'], null, 'epic'],
  ])('D5: labels %j and type %j choose %s', (labels, type, route) => {
    expect(markedRoute({ labels, type }, settings)).toMatchObject({ route, why: expect.stringMatching(/./) })
  })

  test('D5: another label or type chooses nothing; without a choice the ordinary route is taken', () => {
    expect(markedRoute({ labels: ['hotfixes'], type: 'Bug' }, settings)).toBeNull()
    expect([
      fallbackRoute(undefined),
      fallbackRoute(['hotfix', 'feature']),
      fallbackRoute(['hotfix']),
    ]).toEqual(['feature', 'feature', 'hotfix'])
  })

  test('D5: the routing session is offered exactly the routes that exist, each with what it is for', () => {
    const offered = openRoutes.filter((route) => routePhases[route] !== null)
    expect(offered.length).toBeGreaterThan(1)
    for (const route of ['feature', 'hotfix', 'epic'] as const) {
      const answer = phases.route.output.safeParse({ route, reason: 'r' })
      expect(answer.success).toBe(offered.includes(route))
      expect(phases.route.prompt.includes(`- ${route}: `)).toBe(offered.includes(route))
    }
    expect(phases.route.tier).toBe('cheap')
  })
})

describe('what a phase may write', () => {
  test.each([
    ['tests', 'test/parse.test.ts', true],
    ['tests', 'src/parse.ts', false],
    ['code', 'src/parse.ts', true],
    ['code', 'test/parse.test.ts', false],
    ['docs', 'docs/parse.md', true],
    ['docs', 'src/parse.ts', false],
    ['none', 'src/parse.ts', false],
    ['code', 'src/other.ts', false],
    ['code', 'SRC/parse.ts', false],
  ] as const)('P5, P12: a phase that writes %s, at %s: %s', (writes, path, allowed) => {
    expect(mayWrite(writes, planFixture({}), null, path)).toBe(allowed)
  })

  test.each([
    [['src/**'], 'src/parse.ts', true],
    [['docs/**', '/src/parse.ts'], 'src/parse.ts', true],
    [['SRC/**'], 'src/parse.ts', false],
    [['docs/**'], 'src/parse.ts', false],
    [[`{${'a,'.repeat(65)}src/parse.ts}`], 'src/parse.ts', false],
    [null, 'src/parse.ts', false],
  ])('P13: a profile with the paths %j may change %s: %s', (globs, path, allowed) => {
    expect(mayWrite('code', planFixture({}), { profile: 'web', globs }, path)).toBe(allowed)
  })

  test.each([
    ['src/latest.ts', 'code'],
    ['src/__tests__/a.ts', 'test'],
    ['pkg/a_test.go', 'test'],
    ['tests/fixture.json', 'test'],
    ['README.md', 'documentation'],
    ['package.json', 'configuration'],
    ['.github/workflows/ci.yml', 'configuration'],
    ['src/a.py', 'code'],
  ] as const)('G5, G6: %s is %s', (path, kind) => {
    expect(classify(path)).toBe(kind)
  })
})

describe('a plan that does not agree with itself', () => {
  const judge = (plan: object, allowed: CheckContext['allowed'] = null) =>
    planShape({ deliverable: plan, settings, allowed } as CheckContext).objections.join('\n')
  test.each([
    [
      'more files than the cap',
      {
        files: Array.from({ length: 41 }, (_, at) => ({
          path: `test/f${at}.ts`,
          change: 'add' as const,
          why: 'w',
        })),
      },
      'pipeline.max_files',
    ],
    [
      'no test file for its tests',
      {
        files: [{ path: 'src/a.ts', change: 'modify' as const, why: 'w' }],
        documentation: { kind: 'none' as const, reason: 'r' },
      },
      'no test file',
    ],
    [
      'documents outside its files',
      { documentation: { kind: 'required' as const, paths: ['docs/other.md'] } },
      'docs/other.md',
    ],
    ['a file named twice', { files: [...planFixture({}).files, ...planFixture({}).files] }, 'named twice'],
    [
      'more words than a commit can carry',
      { steps: Array.from({ length: 30 }, () => ({ title: 't', detail: '"'.repeat(2000) })) },
      'too long',
    ],
  ])('P12: %s is an objection', (_name, parts, words) => {
    expect(judge(planFixture(parts))).toContain(words)
  })
  test('P12: a plan in order has none', () => {
    expect(judge(planFixture({}))).toBe('')
  })
  test('P13: a file outside the paths of the profile is an objection that names it and the rule', () => {
    expect(judge(planFixture({}), { profile: 'web', globs: ['src/**', 'test/**', 'docs/**'] })).toBe('')
    const objection = judge(planFixture({}), { profile: 'web', globs: ['src/**', 'test/**'] })
    expect(objection).toMatch(/`docs\/parse.md` is outside .*profile web.*`src\/\*\*`.*`profiles.web.paths`/)
  })
})

describe('tests that do not load', () => {
  const body = (outputTail: string) => ({ exitCode: 1, stoppedBy: null, outputTail, durationMs: 1 })
  test.each([
    ["does not provide an export named 'maximumLength'", true],
    ['ReferenceError: maximumLength is not defined', true],
    ["Cannot find module '../src/limit.js'", true],
    ["does not provide an export named 'other'", false],
    ["does not provide an export named 'maximumLength'\nother is not defined", false],
    ['SyntaxError: Unexpected token', false],
    ['', false],
  ])('P5: after %j, only new symbols are missing: %s', (output, expected) => {
    const plan = planFixture({
      files: [...planFixture({}).files, { path: 'src/limit.ts', change: 'add', why: 'w' }],
    })
    expect(onlyNewIsMissing(body(output), plan)).toBe(expected)
  })
  test('T30: a flood of output is read in linear time', () => {
    const startedMs = performance.now()
    missingNames(`${'a.'.repeat(10_000)} Cannot find module '${'x'.repeat(9000)}`)
    expect(performance.now() - startedMs).toBeLessThan(1000)
  })
})

describe('models and budgets', () => {
  const models = ModelSettings.parse({
    phases: { tests: 'strong', review: { endpoint: 'house', model: 'own' } },
  })
  test('P2: policy moves single phases, and high risk moves the rest to the strongest', () => {
    expect(modelFor('tests', models, 'low')).toEqual(models.tiers.strong)
    expect(modelFor('review', models, 'low')).toEqual({ endpoint: 'house', model: 'own' })
    expect(modelFor('validate', models, 'low')).toEqual(models.tiers.cheap)
    expect(modelFor('validate', models, 'high')).toEqual(models.tiers.strong)
  })
  test('P11: a session gets no more than the task has left', () => {
    const budgets = BudgetSettings.parse({ task: { usd: 6, minutes: 10 } })
    const spent = { ...spentOf([]), costUsd: 4, minutes: 9 }
    expect(sessionLimits(budgets, spent)).toMatchObject({ maxCostUsd: 2, maxMinutes: 1 })
  })
  test('T25 P10: a policy gives an endpoint neither an address nor a key', () => {
    for (const more of [{ base_url: 'https://x.test' }, { key_variable: 'HOUSE_API_KEY' }])
      expect(ModelSettings.safeParse({ endpoints: { x: { prices: {}, ...more } } }).success).toBe(false)
  })
})
