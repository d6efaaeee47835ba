/** The deterministic checks of a split: what goes back to the session, and with which words (D2, D5, P3). */
import { describe, expect, test } from '@jest/globals'
import type { Bundle } from '../../src/core/bundle.ts'
import { inOrder, Split, type SplitChild } from '../../src/core/split.ts'
import type { CheckContext } from '../../src/pipeline/checks/check.ts'
import { satisfied } from '../../src/pipeline/checks/check.ts'
import { splitShape } from '../../src/pipeline/checks/splitShape.ts'
import { PipelineSettings } from '../../src/pipeline/settings.ts'

const criterion = { statement: 'It holds', passExample: '1 is 1', failExample: '1 is 2' }
const bundle: Bundle = {
  goal: 'Everything holds.',
  criteria: [criterion, { ...criterion, statement: 'It holds twice' }],
  constraints: ['none'],
  priorArt: ['src/a.ts'],
  riskClass: 'medium',
}
const child = (key: string, parts: Partial<SplitChild> = {}): SplitChild => ({
  key,
  title: `Part ${key}`,
  route: 'feature',
  bundle: { ...bundle, criteria: [criterion] },
  covers: [1, 2],
  dependsOn: [],
  ...parts,
})
const check = (children: readonly unknown[], settings: object = {}) =>
  splitShape({
    phase: 'split',
    deliverable: { summary: 's', children },
    settings: PipelineSettings.parse(settings),
    bundle,
    bundles: satisfied,
    plan: null,
    base: 'a'.repeat(40),
    planCommit: null,
    before: null,
    candidate: null,
    testsCommit: null,
    commands: {},
    protectedRules: [],
    allowed: null,
    protectedAllowed: false,
    evidence: { get: () => undefined },
  } as CheckContext).objections
const many = (count: number) => Array.from({ length: count }, (_, index) => child(`part-${index}`))

describe('splitShape', () => {
  test.each<[string, readonly unknown[], RegExp[], object]>([
    ['a good split', [child('a'), child('b', { dependsOn: ['a'] })], [], {}],
    ['twelve children', many(12), [], {}],
    ['25 children', many(25), [/25 children; policy allows 12 \(pipeline\.epic\.max_children\)/], {}],
    ['25 children where policy allows them', many(25), [], { epic: { max_children: 25 } }],
    ['one child', [child('a')], [/at least two children/], {}],
    ['no split at all', [{ key: 'a' }], [/not a split/], {}],
    [
      'a child without a fail example',
      [child('a'), { ...child('b'), bundle: { ...bundle, criteria: [{ ...criterion, failExample: ' ' }] } }],
      [/not a split/],
      {},
    ],
    ['a key twice', [child('a'), child('a')], [/used twice: a/], {}],
    [
      'an unknown dependency',
      [child('a'), child('b', { dependsOn: ['c'] })],
      [/b depends on c, which is no child/],
      {},
    ],
    ['a child that waits for itself', [child('a'), child('b', { dependsOn: ['b'] })], [/circle.*: b\./], {}],
    [
      'a circle, and what hangs on it',
      [
        child('a', { dependsOn: ['b'] }),
        child('b', { dependsOn: ['a'] }),
        child('c', { dependsOn: ['a'] }),
        child('d'),
      ],
      [/circle.*: a, b and c\./],
      {},
    ],
    [
      'a criterion that nobody covers',
      [child('a', { covers: [1] }), child('b', { covers: [1] })],
      [/No child covers criterion 2 of the epic \("It holds twice"\)/],
      {},
    ],
    [
      'a criterion that the epic does not have',
      [child('a'), child('b', { covers: [3] })],
      [/b covers criterion 3; the epic has 2/],
      {},
    ],
    [
      'a lowered risk',
      [child('a'), child('b', { bundle: { ...bundle, riskClass: 'low' } })],
      [/b says risk low; the epic's is medium, and nobody lowers it \(D2\)/],
      {},
    ],
    ['a raised risk', [child('a'), child('b', { bundle: { ...bundle, riskClass: 'high' } })], [], {}],
  ])('D5: %s', (_name, children, expected, settings) => {
    const objections = check(children, settings)
    expect(objections).toHaveLength(expected.length)
    for (const [index, words] of expected.entries()) expect(objections[index]).toMatch(words)
  })

  test('P3: however much is wrong, the objections stay bounded', () => {
    const wrong = many(50).map((one) => ({ ...one, covers: [9], bundle: { ...bundle, riskClass: 'low' } }))
    expect(check(wrong).length).toBeLessThanOrEqual(15)
  })

  test('D5: an epic inside an epic is no split', () => {
    expect(Split.safeParse({ summary: 's', children: [{ ...child('a'), route: 'epic' }] }).success).toBe(
      false,
    )
  })
})

test('D5: children come after those they depend on, and those of a circle come never', () => {
  const children = [
    child('c', { dependsOn: ['b'] }),
    child('b', { dependsOn: ['a'] }),
    child('x', { dependsOn: ['y'] }),
    child('a'),
    child('y', { dependsOn: ['x'] }),
  ]
  expect(inOrder(children).map(({ key }) => key)).toEqual(['a', 'b', 'c'])
})
