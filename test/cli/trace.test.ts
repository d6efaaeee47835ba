/** `countersign trace`: from any commit of a change to who asked, what was planned, who approved which bytes, at what cost. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { trace } from '../../src/cli/trace.ts'
import type { Account } from '../../src/core/account.ts'
import type { FactBody } from '../../src/core/facts.ts'
import { planDigest } from '../../src/core/plan.ts'
import { noUsage } from '../../src/core/usage.ts'
import { planFixture, recordFixture } from '../support/plan.ts'
import { dataFolder, printed, removeFolders } from './support.ts'

const ana: Account = { id: 11, login: 'ana', type: 'User' }
const ben: Account = { id: 12, login: 'ben', type: 'User' }
const sha = (digit: string) => digit.repeat(40)
const digest = (digit: string) => digit.repeat(64)
const record = recordFixture(planFixture({}))

const ended = (attempt: number): FactBody => ({
  kind: 'attempt.ended',
  phase: 'implementation',
  attempt,
  session: `s-${attempt}`,
  outcome: { kind: 'deliverable', digest: digest('d'), deliverable: {} },
  candidate: sha(String(attempt)),
  usage: noUsage,
  costUsd: 1.25,
  model: 'claude-test',
  endpoint: 'anthropic',
  durationMs: 1,
})
const decided = (by: Account, check: 'countersign/plan' | 'countersign/review', at: string): FactBody => ({
  kind: 'decision',
  check,
  verdict: 'approve',
  sha: at,
  baseRef: 'main',
  bound: check === 'countersign/plan' ? planDigest(record) : digest('e'),
  generation: 0,
  by,
  reason: null,
  source: 'button',
  commentId: null,
  request: 0,
})
const bundle = {
  goal: 'Limit the parser.',
  criteria: [{ statement: 'a', passExample: 'b', failExample: 'c' }],
  constraints: ['none'],
  priorArt: ['src/parse.ts'],
  riskClass: 'medium' as const,
}
const task: FactBody[] = [
  {
    kind: 'bundle.frozen',
    delegation: 0,
    digest: digest('a'),
    bundle,
    delegator: ana,
    title: 'Limit\u001b[31m the parser',
  },
  { kind: 'route.chosen', route: 'feature', why: 'it is a feature' },
  {
    kind: 'plan.issued',
    digest: planDigest(record),
    commit: sha('f'),
    base: sha('0'),
    branch: 'agent/12-x',
    record,
  },
  { kind: 'pull.opened', number: 34, head: sha('f') },
  ended(1),
  {
    kind: 'attempt.judged',
    phase: 'implementation',
    attempt: 1,
    by: 'code',
    verdict: 'objections',
    objections: ['no'],
  },
  ended(2),
  { kind: 'work.pushed', branch: 'agent/12-x', before: sha('f'), sha: sha('2'), phase: 'implementation' },
]
const pull: FactBody[] = [
  decided(ana, 'countersign/plan', sha('f')),
  decided(ben, 'countersign/review', sha('2')),
  {
    kind: 'verdicts.told',
    sha: sha('2'),
    baseRef: 'main',
    sentence: '2 gates passed.',
    gates: [
      { gate: 'scope', state: 'pass', sentence: '1 file changed.', accepted: null },
      { gate: 'references', state: 'flag', sentence: '1 name is unknown.', accepted: 'Accepted by ben' },
      { gate: 'audit', state: 'off', sentence: 'Not configured.', accepted: null },
    ],
    approvals: [{ check: 'countersign/review', by: ben }],
  },
  { kind: 'merged', head: sha('2'), merge: sha('9'), landedOn: 'main', expected: 'main' },
]
const child = { split: digest('b'), child: 'parser' }
const part = {
  key: 'parser',
  title: 'The parser',
  route: 'feature' as const,
  bundle,
  covers: [1],
  dependsOn: [],
}
const splitOf = {
  version: 1,
  repositoryId: 1,
  issue: 7,
  delegationDigest: digest('a'),
  nonce: 'a'.repeat(32),
} as const
const epic: FactBody[] = [
  {
    kind: 'split.approved',
    digest: digest('b'),
    record: { ...splitOf, split: { summary: 's', children: [part] } },
    by: ben,
    request: 0,
  },
  { kind: 'child.opened', ...child, issue: 12 },
]
const other: FactBody[] = [{ kind: 'head.pushed', sha: sha('7'), before: null }]

let settings: Record<string, string> = {}
beforeAll(async () => {
  const facts = (bodies: FactBody[]) => bodies.map((body) => ({ actor: null, body }))
  settings = await dataFolder({
    'task:acme/shop#7': facts(epic),
    'task:acme/shop#12': facts([
      { kind: 'child.delegated', parent: 'task:acme/shop#7', ...child, approval: 0, dependsOn: [] },
      ...task,
    ]),
    'pull:acme/shop#34': facts(pull),
    'pull:acme/shop#35': facts(other),
  })
})
afterAll(removeFolders)

async function traced(...args: string[]) {
  const { output, text } = printed()
  return { code: await trace(settings, args, output), ...text }
}

describe('O1: trace', () => {
  test.each([
    ['the plan commit', 'f'],
    ['a pushed commit', '2'],
    ['a candidate that was never pushed', '1'],
    ['the merge', '9'],
  ])('%s leads to the whole story', async (_what, digit) => {
    const { code, out, err } = await traced(sha(digit).slice(0, 12))
    expect(err).toBe('')
    expect(code).toBe(0)
    expect(out).toMatch(/^task:acme\/shop#7\n +split +bbbbbbbb started by ben, .*: #12$/m)
    expect(out).toMatch(/part of +task:acme\/shop#7, as parser of the split bbbbbbbb/)
    expect(out).toMatch(/asked by +ana \(11\)/)
    expect(out).toMatch(/risk medium/)
    expect(out).toContain(`${planDigest(record).slice(0, 8)} in commit ffffffff on base 00000000`)
    expect(out).toMatch(/2 sessions, \$2\.50/)
    expect(out).toMatch(/implementation 1 +claude-test +\$1\.25 +went back with objections/)
    expect(out).toMatch(/implementation 2 +claude-test +\$1\.25 +handed in/)
    expect(out).toMatch(
      new RegExp(`ana +approve plan +at ffffffff, bound to ${planDigest(record).slice(0, 8)}, by button`),
    )
    expect(out).toMatch(/ben +approve review +at 22222222, bound to eeeeeeee/)
    expect(out).toMatch(/22222222 into main as 99999999/)
    expect(out).toMatch(/gates at 22222222 for main, .*: 2 gates passed\./)
    expect(out).toMatch(/scope +pass +1 file changed\./)
    expect(out).toMatch(/references +accepted +1 name is unknown\. Accepted by ben\./)
    expect(out).toMatch(/not configured +audit/)
    expect(out).toMatch(/approvals that stood\n +ben +review/)
    expect(out).not.toContain('#35')
  })

  test("another's pull request is told alone", async () => {
    const { code, out } = await traced(sha('7'))
    expect(code).toBe(0)
    expect(out).toMatch(/^pull:acme\/shop#35/)
    expect(out).not.toContain('#12')
  })

  test('T28: what others wrote cannot steer the terminal', async () => {
    const { out } = await traced(sha('f'))
    expect(out).toMatch(/Limit.*the parser/)
    expect(out).not.toContain('\u001b')
  })

  test('an unknown commit, and what is no commit, are refused with the reason', async () => {
    expect(await traced(sha('8'))).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('knows no commit'),
    })
    for (const given of ['main', 'abc', `${sha('8')}0`])
      expect(await traced(given)).toMatchObject({ code: 2, err: expect.stringContaining('7 hex digits') })
  })
})
