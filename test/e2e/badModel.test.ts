/** Models and endpoints that hand in or answer what they should not, and repositories that lack things: each has its sentence. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { handIn } from '../../demo/scripts/session.ts'
import { createClock } from '../../src/adapters/clock.ts'
import type { Improvise } from '../../world/model/server.ts'
import { issueText, openWorkshop, plan, repository, type Workshop } from './workshop.ts'

// A broken answer is asked for again thirty times with growing pauses of the SDK, which no clock of ours can shorten.
jest.setTimeout(300_000)

type Answer = Awaited<ReturnType<Improvise>>
/** What the sessions of a task say, by the number of its issue. */
const says = new Map<number, (turn: number) => Answer>()
const issues = new Map<string, number>()
let shop: Workshop

const raw = (body: string, type = 'application/json', status = 200) => ({
  raw: { status, body, headers: { 'content-type': type } },
})
/** One deliverable, and nothing more to say when it is not taken. */
const once =
  (input: object) =>
  (turn: number): Answer =>
    turn === 0 ? { toolUse: [handIn(input)] } : { text: 'I have nothing else.' }
const files = (...paths: string[]) => ({
  ...plan,
  files: paths.map((path) => ({ path, change: 'modify', why: 'It must.' })),
})
/** A whole answer that hands in, byte for byte as an endpoint may send it. */
const message = (input: unknown, usage: object) =>
  raw(
    JSON.stringify({
      id: 'msg_0',
      type: 'message',
      role: 'assistant',
      model: 'claude-opus-5-5',
      content: [{ type: 'tool_use', id: 'toolu_0', name: 'hand_in', input }],
      stop_reason: 'tool_use',
      usage,
    }),
  )
const refusal = (status: number) => () =>
  raw(JSON.stringify({ type: 'error', error: { type: 'x', message: 'no @acme <img>' } }), undefined, status)
const notAMessage =
  /"anthropic" could not be reached or answered with something else than a message.*tried 6 times/

type Row = [what: string, says: (turn: number) => Answer, sentence: RegExp]
const deliverables: Row[] = [
  ['a deliverable in text', () => ({ text: JSON.stringify(plan) }), /ended without handing anything in/],
  [
    'a deliverable that is no JSON object',
    (turn) =>
      turn === 0 ? message('{"summary": "x', { input_tokens: 1, output_tokens: 1 }) : { text: 'No.' },
    /hand in last was refused: The input does not fit:.*expected object, received string/s,
  ],
  [
    'calls of tools with wrong types',
    (turn) =>
      turn === 0
        ? {
            toolUse: [
              { name: 'read_file', input: { path: 7 } },
              { name: 'list_files', input: { glob: ['**'] } },
              { name: 'search', input: { pattern: null } },
              handIn({ ...plan, files: 'src/price.mjs', steps: { title: 1 } }),
            ],
          }
        : { text: 'I have nothing else.' },
    /hand in last was refused: The input does not fit:.*expected array, received (?:string|object)/s,
  ],
  [
    'a deliverable without fields',
    once({ summary: 'x' }),
    /hand in last was refused: The input does not fit:.*steps/s,
  ],
  ['a deliverable over its bounds', once({ ...plan, summary: 'x'.repeat(3000) }), /Too big: expected string/],
  ['a deliverable of another phase', once({ verdict: 'pass', objections: [] }), /does not fit/],
  ['a deliverable with a NUL', once({ ...plan, summary: 'a\0b' }), /holds a NUL or half of a surrogate pair/],
]
const plans: Row[] = [
  [
    'cites what is not there',
    once({ ...plan, citations: [{ path: 'src/price.mjs', line: 9, quote: 'gone' }] }),
    /The citation src\/price\.mjs:9 .* does not resolve at the base commit/,
  ],
  ['names too many files', once(files('a', 'b', 'c', 'd')), /names 4 files; policy allows 3/],
  ['names a file twice', once(files('a', 'a')), /These files are named twice: a/],
  [
    'has tests and no test file',
    once({ ...plan, tests: { kind: 'required', names: ['x'] } }),
    /asks for tests but names no test file/,
  ],
  [
    'has documents that are not among its files',
    once({ ...plan, documentation: { kind: 'required', paths: ['docs/x.md'] } }),
    /Documents to change must also be among the files/,
  ],
]
const endpoints: Row[] = [
  ['HTML', () => raw('<html>Sign in</html>', 'text/html'), notAMessage],
  ['an empty stream', () => raw('', 'text/event-stream'), notAMessage],
  ['half a stream', () => raw('event: message_start\ndata: {"type":"mess', 'text/event-stream'), notAMessage],
  ['a refused key', refusal(401), /refuses the operator's key \(401\)/],
  ['an unknown model', refusal(404), /does not know this model or path \(404\)/],
  ['a refused request', refusal(400), /refused the request \(400\)/],
  [
    'a refusal to answer',
    () => ({ text: 'No.', stopReason: 'refusal' }),
    /refused to answer, and no other one is left/,
  ],
  [
    "another model's name",
    () => ({ model: 'tiny-model-7b', toolUse: [handIn({ ...plan })] }),
    /\| tiny-model-7b, asked for claude-opus-5-5 \|/,
  ],
  [
    'zero usage',
    () => message(plan, { input_tokens: 0, output_tokens: 0 }),
    /The plan in #\d+ waits for approval.*1 session, 0 tokens, \$0\.00/s,
  ],
]

beforeAll(async () => {
  shop = await openWorkshop({
    // What is asked for again in a minute comes in a second.
    clock: createClock(60),
    settings: { COUNTERSIGN_SWEEP_SECONDS: '3600' },
    sessions: [],
    files: {
      '.github/countersign.yml': `version: 1
pipeline: { validate: false, attempts: 1, max_files: 3 }
budgets: { session: { minutes: 240 } }
approvals: { profile: solo }
`,
    },
    improvise: ({ subject, turn }) => says.get(Number(subject?.split('#')[1]))?.(turn) ?? null,
  })
  // All at once: most of the time is spent in pauses between tries.
  for (const [what, answer] of [...deliverables, ...plans, ...endpoints]) {
    const { number } = await shop.ana.openIssue(repository, { title: what, body: issueText })
    says.set(number, answer)
    issues.set(what, number)
  }
  for (const number of issues.values())
    for (const label of ['hotfix', 'agent']) await shop.ana.label(repository, number, label)
})
afterAll(async () => {
  await shop?.close()
  expect(shop?.stage.github.violations).toEqual([])
})

const told = ([what, , sentence]: Row) => shop.commentWith(issues.get(what) ?? 0, sentence)
describe('each ends in its own sentence on the issue', () => {
  test.each(deliverables)('P3: %s', (...row) => told(row))
  test.each(plans)('P4, P12: a plan that %s', (...row) => told(row))
  test.each(endpoints)('P10: an endpoint with %s', (...row) => told(row))
})

test('P5: a repository without a test command gets no proven tests, and is told what to add', async () => {
  const number = shop.stage.github.repo(repository).nextNumber
  const withTests = {
    ...plan,
    files: [...plan.files, { path: 'test/price.test.mjs', change: 'add', why: 'Shows it.' }],
    tests: { kind: 'required', names: ['two decimals'] },
  }
  const tests = {
    summary: 'One.',
    tests: [{ name: 'two decimals', file: 'test/price.test.mjs', proves: 'Two.' }],
  }
  const write = { name: 'write_file', input: { path: 'test/price.test.mjs', content: '// a test\n' } }
  let planned = false
  says.set(number, () => {
    if (planned) return { toolUse: [write, handIn(tests)] }
    planned = true
    return { toolUse: [handIn(withTests)] }
  })
  expect(await shop.delegate()).toBe(number)
  const pull = await shop.stage.until('the pull request', () =>
    [...shop.stage.github.state.pulls.values()].find((one) => one.headRef.startsWith(`agent/${number}-`)),
  )
  const run = await shop.stage.until('the plan check', () =>
    [...shop.stage.github.state.checkRuns.values()].find(
      (one) => one.name === 'countersign/plan' && one.headSha === pull.headSha && one.actions.length > 0,
    ),
  )
  await shop.ana.press(run.id, run.actions.find(({ label }) => label === 'Approve')?.identifier ?? '')
  await shop.commentWith(number, /Policy names no 'test' command with a junit report.*commands\.test/)
})

test('T28: nothing of what they said pings or is drawn', () => {
  for (const [number] of says) expect(shop.comments(number).join('\n')).not.toMatch(/@acme|<img/)
})
