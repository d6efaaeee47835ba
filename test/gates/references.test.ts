/** G14's verdicts: certain findings fail, uncertain ones and what could not be read flag, policy may name what is known. */
import { expect, test } from '@jest/globals'
import type { ReferencesBody } from '../../src/core/evidence.ts'
import { protectedRules } from '../../src/core/protectedPaths.ts'
import { references } from '../../src/gates/references.ts'
import { evidenceOf, policyOf, sha } from '../support/snapshots.ts'

const range = { base: sha('base'), head: sha('head') }
const finding = (text: string, certain: boolean) => ({
  path: 'src/a.ts',
  line: 3,
  kind: certain ? ('import' as const) : ('call' as const),
  text,
  certain,
  why: 'It is nowhere.',
  near: ['real'],
})

function evaluate(body: Partial<ReferencesBody> | string | null, policy: unknown = {}) {
  const { gates, commands, protected: paths } = policyOf(policy)
  const result =
    typeof body === 'string'
      ? { ok: false as const, reason: body }
      : { ok: true as const, body: { filesRead: 1, unresolved: [], unchecked: [], ...body } }
  return references.evaluate({
    ...range,
    settings: gates,
    commands,
    protectedRules: protectedRules(paths),
    caps: { files: 1, lines: 1 },
    allowed: null,
    title: '',
    body: '',
    plan: null,
    ci: [],
    workflowRuns: { head: [], base: [] },
    ownAppIds: [],
    retargeted: false,
    headSinceMs: null,
    nowMs: 0,
    evidence: evidenceOf(body === null ? [] : [[{ kind: 'references', ...range }, result]]),
  })
}

test.each<[string, Partial<ReferencesBody> | string | null, unknown, string, string]>([
  ['nothing found', {}, {}, 'pass', 'exists'],
  ['S9: not collected yet', null, {}, 'wait', 'looked up'],
  ['S9: could not be collected', 'no such commit', {}, 'fail', 'no such commit'],
  ['an import that leads nowhere', { unresolved: [finding('./gone', true)] }, {}, 'fail', '`real`'],
  ['a call found nowhere', { unresolved: [finding('invent', false)] }, {}, 'flag', '`invent`'],
  [
    'a known name',
    { unresolved: [finding('invent', false)] },
    { gates: { references: { known: ['inv*'] } } },
    'pass',
    'exists',
  ],
  ['S9: a file not read', { unchecked: [{ path: 'x.ts', reason: 'too large' }] }, {}, 'flag', 'too large'],
])('G14: %s', (_, body, policy, state, words) => {
  const verdict = evaluate(body, policy)
  expect([verdict.state, verdict.sentence]).toEqual([state, expect.stringContaining(words)])
})

test('G14: the findings stand on their lines', () => {
  expect(evaluate({ unresolved: [finding('./gone', true)] }).annotations).toEqual([
    {
      path: 'src/a.ts',
      startLine: 3,
      endLine: 3,
      level: 'failure',
      message: expect.stringContaining('Near it: real'),
    },
  ])
})
