/** Which findings of the review session go back to a session, and which are left for people (P3, P5). */
import { expect, test } from '@jest/globals'
import { authorOf } from '../../src/pipeline/findings.ts'
import { planFixture } from '../support/plan.ts'

const plan = planFixture({
  files: ['src/parse.ts', 'test/parse.test.ts', 'docs/parse.md', 'package.json'].map((path) => ({
    path,
    change: 'modify',
    why: 'w',
  })),
})
const feature = ['tests', 'implementation', 'documentation', 'review'] as const
const undocumented = ['tests', 'implementation', 'review'] as const

test.each([
  ['code of the plan', 'src/parse.ts', 'problem', feature, 'implementation'],
  ['configuration of the plan', 'package.json', 'problem', feature, 'implementation'],
  ['a document of the plan', 'docs/parse.md', 'problem', feature, 'documentation'],
  ['a document without a phase of its own', 'docs/parse.md', 'problem', undocumented, 'implementation'],
  ['a frozen test', 'test/parse.test.ts', 'problem', feature, null],
  ['a file outside the plan', 'src/other.ts', 'problem', feature, null],
  ['a question', 'src/parse.ts', 'question', feature, null],
  ['a remark', 'src/parse.ts', 'remark', feature, null],
] as const)('P3: %s', (_name, path, severity, route, phase) => {
  expect(authorOf({ path, line: 1, severity, body: 'b' }, plan, route)).toBe(phase)
})
