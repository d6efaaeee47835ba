/** The policy file: an empty one works, and each mistake is named where it stands. */
import { expect, test } from '@jest/globals'
import { parsePolicy } from '../../src/policy/parse.ts'
import { defaultPolicy, policyJsonSchema } from '../../src/policy/schema.ts'

test.each(['', '# nothing\n', '{}', 'version: 1\n'])('an empty policy is a working one: %j', (text) => {
  expect(parsePolicy(text)).toEqual({ ok: true, policy: defaultPolicy })
})

test.each([
  ['approvals:\n  profile: teem\n', '2:3', '`team`, `solo`, `strict`'],
  [
    'approvals:\n  approvers: { review: [read] }\n',
    '2:25',
    'the least permission that may approve is `write`',
  ],
  ['aprovals: {}\n', '1:1', 'Did you mean `approvals`?'],
  ['commands:\n  test:\n    run: npm test\n    timeout: 3\n', '4:5', 'timeout_seconds'],
  ['merge: { auto: "yes" }\n', '1:10', '`true` or `false`'],
  ['- a\n', '1:1', 'a mapping'],
  ['a: [b\n', '', 'not valid YAML'],
  ['version: 1\nversion: 1\n', '2:1', 'unique'],
  ['%YAML 1.1\n---\nenforce: no\n', '3:1', '`true` or `false`'],
  ['%YAML 1.1\n---\nmerge: { <<: { auto: true } }\n', '3:10', '`<<` is not a key under `merge`'],
  ['enforce: !!bool no\n', '1:1', '`true` or `false`'],
  [`x: ${'a'.repeat(100_001)}`, '', '100000'],
  [`a: &a [1]\nb: [${'*a, '.repeat(30)}1]\n`, '', 'aliases'],
  [`a: ${'['.repeat(30)}${']'.repeat(30)}\n`, '', 'deep'],
])('S14: a broken policy fails closed and says where: %j', (text, where, words) => {
  const result = parsePolicy(text.slice(0, 200_000))
  if (result.ok) throw new Error('it was accepted')
  expect(result.mistakes[0]?.message).toContain(where)
  expect(result.sentence + result.mistakes[0]?.message).toContain(words)
})

test('a repository extends its organisation, and its own words win', () => {
  const result = parsePolicy('approvals: { profile: solo }', undefined, {
    seniors: ['dana'],
    approvals: { by: ['button'], profile: 'strict' },
  })
  expect(
    result.ok && [result.policy.seniors, result.policy.approvals.by, result.policy.approvals.profile],
  ).toEqual([['dana'], ['button'], 'solo'])
})

test.each([
  ['at the top', Array.from({ length: 3000 }, (_, at) => `k${at}:`).join('\n')],
  [
    'under names',
    `profiles:\n${Array.from({ length: 60 }, (_, at) => `  p${at}: { label: l${at}, ${Array.from({ length: 30 }, (_, key) => `x${key}: 1`).join(', ')} }`).join('\n')}`,
  ],
])(
  'T14: what anybody may propose is bounded: of thousands of unknown keys %s the first 20 are looked for',
  (_, text) => {
    const result = parsePolicy(text)
    if (result.ok) throw new Error('it was accepted')
    expect(result.mistakes).toHaveLength(20)
    expect(result.mistakes[0]?.message).toMatch(/^\d+:\d+: `\w+` is not a key/)
  },
)

test('a key named __proto__ is an ordinary mistake', () => {
  const result = parsePolicy('__proto__: { polluted: true }', undefined, { seniors: [] })
  expect(result.ok).toBe(false)
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

test('the JSON Schema for editors describes every top-level key', () => {
  expect(Object.keys((policyJsonSchema() as { properties: object }).properties)).toEqual(
    expect.arrayContaining(['seniors', 'gates', 'approvals', 'merge']),
  )
})
