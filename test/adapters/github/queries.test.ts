/** What comes with a pull request in GraphQL counts only where all of it was told; else REST is asked (S9). */
import { expect, test } from '@jest/globals'
import { despiteMissing, graphqlError } from '../../../src/adapters/github/graphqlErrors.ts'
import { PolicyFiles, policyFilesOf } from '../../../src/adapters/github/queriesFiles.ts'
import { RefRules } from '../../../src/adapters/github/queriesRefs.ts'
import { RetryLater } from '../../../src/core/errors.ts'

const sha = 'a'.repeat(40)
const whole = { text: 'é\n', byteSize: 3, isBinary: false, isTruncated: false }
const regular = (object: object | null) => ({ mode: 0o100644, object })

test.each<[string, unknown, object | undefined]>([
  ['a file', regular(whole), { found: true, value: 'é\n' }],
  ['one that may be run', { mode: 0o100755, object: whole }, { found: true, value: 'é\n' }],
  ['one that is not there', null, { found: false }],
  ['one that was not asked for', undefined, undefined],
  ['a form that we do not know', 'text', undefined],
  ['a link', { mode: 0o120000, object: whole }, undefined],
  ['a folder', { mode: 0o040000, object: null }, undefined],
  ['bytes that are no text', regular({ ...whole, text: null, isBinary: true }), undefined],
  ['one that GitHub cut', regular({ ...whole, isTruncated: true }), undefined],
  ['text in which bytes were lost', regular({ ...whole, byteSize: 4 }), undefined],
  [
    'one that is too large',
    regular({ ...whole, text: 'x'.repeat(1_000_001), byteSize: 1_000_001 }),
    undefined,
  ],
])('S9, S14: a policy file: %s', (_, entry, file) => {
  const policy = PolicyFiles.policy.parse(entry)
  expect(policyFilesOf({ oid: sha, policy })).toEqual(
    file ? [{ sha, path: '.github/countersign.yml', file }] : [],
  )
})

const list = (...nodes: unknown[]) => ({ rules: { totalCount: nodes.length, nodes }, refUpdateRule: null })
const rule = (type: string, parameters: object | null = null) => ({ type, parameters })
const checks = rule('REQUIRED_STATUS_CHECKS', {
  requiredStatusChecks: [
    { context: 'countersign/plan', integrationId: 7 },
    { context: 'ci', integrationId: null },
  ],
})

test('A5, T19: rules in GraphQL are those of REST', () => {
  const all = ['UPDATE', 'NON_FAST_FORWARD', 'DELETION', 'MERGE_QUEUE', 'REQUIRED_SIGNATURES'].map((type) =>
    rule(type),
  )
  expect(RefRules.parse(list(checks, ...all, rule('WORKFLOWS'))).inForce).toEqual({
    requiredChecks: [
      { context: 'countersign/plan', appId: 7 },
      { context: 'ci', appId: null },
    ],
    updatesRestricted: true,
    forcePushesBlocked: true,
    deletionsBlocked: true,
    mergeQueue: true,
    signaturesRequired: true,
  })
})

test.each([
  ['more than were listed', { rules: { totalCount: 2, nodes: [rule('UPDATE')] } }],
  ['checks without their names', list(rule('REQUIRED_STATUS_CHECKS'))],
  ['one that is hidden', list(null)],
  ['none that were asked for', {}],
])('S9: rules of which not all is told are asked for by REST: %s', (_, answer) => {
  expect(RefRules.parse(answer).inForce).toBeNull()
})

test.each([
  ['no rule', list(), false, false],
  ['signatures alone', list(rule('REQUIRED_SIGNATURES')), false, true],
  ['signatures and another', list(rule('REQUIRED_SIGNATURES'), rule('UPDATE')), true, true],
  ['more than were listed', { rules: { totalCount: 2, nodes: [rule('REQUIRED_SIGNATURES')] } }, true, true],
  ['classic protection', { refUpdateRule: { pattern: 'main', requiresSignatures: true } }, true, true],
  [
    'classic protection without them',
    { refUpdateRule: { pattern: 'main', requiresSignatures: false } },
    true,
    false,
  ],
])('F2: who may push to a branch: %s', (_, answer, beside, signatures) => {
  expect(RefRules.parse(answer)).toMatchObject({ beside, signatures })
})

test('S9: an answer with errors counts only where each of them is a file that is not there', () => {
  const error = (...errors: object[]) => ({ name: 'GraphqlResponseError', data: { repository: {} }, errors })
  const missing = { type: 'NOT_FOUND', path: ['repository', 'baseRef', 'target', 'policy'], message: 'no' }
  expect(despiteMissing(error(missing), ['policy'])).toEqual({ repository: {} })
  expect(despiteMissing(error(missing), [])).toBeUndefined()
  expect(despiteMissing(error(missing, { ...missing, path: ['repository'] }), ['policy'])).toBeUndefined()
  expect(despiteMissing(error({ ...missing, type: 'FORBIDDEN' }), ['policy'])).toBeUndefined()
  expect(despiteMissing(new Error('no'), ['policy'])).toBeUndefined()
})

test('S9: beside a file that is not there, another error decides: nothing is gone because GitHub is out', () => {
  const errors = [
    { type: 'NOT_FOUND', path: ['repository', 'defaultBranchRef', 'target', 'misnamed'], message: 'no file' },
    { path: ['repository', 'issue'], message: 'Something went wrong' },
  ]
  const failed = { name: 'GraphqlResponseError', data: {}, errors }
  expect(graphqlError(failed, 'read an issue', ['policy', 'misnamed'])).toBeInstanceOf(RetryLater)
})
