/** Models and endpoints that hand in or answer what they should not, and repositories that lack things: each has its sentence. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { handIn } from '../../demo/scripts/session.ts'
import { createClock } from '../../src/adapters/clock.ts'
import type { Improvise } from '../../world/model/server.ts'
import { issueText, openWorkshop, plan, repository, type Workshop } from './workshop.ts'

// Broken answers are asked for again with growing pauses, which no clock of ours can shorten.
jest.setTimeout(400_000)

type Answer = Awaited<ReturnType<Improvise>>
/** What the sessions of a task say, by the number of its issue. */
const says = new Map<number, (turn: number) => Answer>()
let shop: Workshop

beforeAll(async () => {
  shop = await openWorkshop({
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
})
afterAll(async () => {
  await shop?.close()
  expect(shop?.stage.github.violations).toEqual([])
})

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
const notAMessage =
  /"anthropic" could not be reached or answered with something else than a message.*tried 6 times/
const refusal = (status: number) => () =>
  raw(JSON.stringify({ type: 'error', error: { type: 'x', message: 'no @acme <img>' } }), undefined, status)

const rows: [what: string, says: (turn: number) => Answer, sentence: RegExp][] = [
  ['a deliverable in text', () => ({ text: JSON.stringify(plan) }), /ended without handing anything in/],
  [
    'a deliverable without fields',
    once({ summary: 'x' }),
    /hand in last was refused: The input does not fit:.*steps/s,
  ],
  ['a deliverable over its bounds', once({ ...plan, summary: 'x'.repeat(3000) }), /Too big: expected string/],
  ['a deliverable of another phase', once({ verdict: 'pass', objections: [] }), /does not fit/],
  ['a deliverable with a NUL', once({ ...plan, summary: 'a\0b' }), /holds a NUL or half of a surrogate pair/],
  [
    'a plan that cites what is not there',
    once({ ...plan, citations: [{ path: 'src/price.mjs', line: 9, quote: 'gone' }] }),
    /The citation src\/price\.mjs:9 .* does not resolve at the base commit/,
  ],
  ['a plan with too many files', once(files('a', 'b', 'c', 'd')), /names 4 files; policy allows 3/],
  ['a plan that names a file twice', once(files('a', 'a')), /These files are named twice: a/],
  [
    'a plan with tests and no test file',
    once({ ...plan, tests: { kind: 'required', names: ['x'] } }),
    /asks for tests but names no test file/,
  ],
  [
    'a plan whose documents are not in it',
    once({ ...plan, documentation: { kind: 'required', paths: ['docs/x.md'] } }),
    /Documents to change must also be among the files/,
  ],
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
    () =>
      raw(
        JSON.stringify({
          id: 'msg_0',
          type: 'message',
          role: 'assistant',
          model: 'claude-opus-5-5',
          content: [{ type: 'tool_use', id: 'toolu_0', name: 'hand_in', input: plan }],
          stop_reason: 'tool_use',
          usage: { input_tokens: 0, output_tokens: 0 },
        }),
      ),
    /The plan in #\d+ waits for approval.*1 session, 0 tokens, \$0\.00/s,
  ],
]

test('P3, P4, P10, P12: each bad answer ends in its own sentence on the issue', async () => {
  // All at once: most of the time is spent in pauses between tries.
  const ends = await Promise.all(
    rows.map(async ([what, answer, sentence]) => {
      const opened = await shop.ana.openIssue(repository, { title: what, body: issueText })
      says.set(opened.number, answer)
      for (const label of ['hotfix', 'agent']) await shop.ana.label(repository, opened.number, label)
      return shop.commentWith(opened.number, sentence).then(
        () => null,
        (error: Error) => `${what}: ${error.message.slice(0, 1500)}`,
      )
    }),
  )
  expect(ends.filter(Boolean)).toEqual([])
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
