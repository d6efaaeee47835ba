/** The fix loop when others are at work too: two reviewers, a push, a resolved thread, a stop, a crash, a red command. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { factsOf } from '../../src/core/facts.ts'
import {
  commentOn,
  done,
  type FixTown,
  fixing,
  headText,
  openFixTown,
  path,
  replace,
  turn,
} from './fixTown.ts'
import { repository, townPolicy } from './town.ts'

let town: FixTown
beforeAll(async () => {
  town = await openFixTown(`${townPolicy}commands:\n  lint: { run: "! grep -rn FORBIDDEN src" }\n`)
}, 240_000)
afterAll(() => town.close(), 120_000)

const slow = (delayMs: number) => ({ fault: { kind: 'slow' as const, delayMs } })
const accepted = async (key: string) =>
  town.stage.until('the session', async () => {
    const facts = factsOf(await town.facts(key), 'attempt.started')
    return facts.length > 0 ? facts : undefined
  })
const threadOf = (comment: number) => town.stage.github.state.reviewComments.get(comment)?.threadId ?? 0

test('F1, S7: two reviewers ask at once: one fix, one reply, and the second is told who asked', async () => {
  town.script(fixing('both of us', { ...turn(replace('ten =', 'tenth =')), ...slow(1500) }, turn(done())))
  const pull = await town.change('twice')
  const before = pull.head()
  const comment = await commentOn(town, pull, town.ana, { line: 10 }, 'It bothers both of us.')
  await Promise.all([
    town.ben.reply(repository, pull.number, comment, '/agent fix'),
    town.cleo.reply(repository, pull.number, comment, '/agent fix'),
  ])
  await pull.reply(comment, /Fixed in/)
  await town.stage.settle()
  expect(factsOf(await town.facts(pull.key), 'fix.accepted')).toHaveLength(1)
  expect(await town.git('rev-list', '--count', `${before}..${pull.head()}`)).toBe('1\n')
  expect(pull.replies(comment)).toHaveLength(1)
  expect(
    town.comments(pull.number).some((body) => /being fixed already, asked by \*\*(ben|cleo)\*\*/.test(body)),
  ).toBe(true)
}, 240_000)

test('F2, T32: a push during the fix is kept; the fix is made again on the new head, where its lines have moved', async () => {
  town.script(fixing('during', { ...turn(replace('ten =', 'tenth =')), ...slow(2500) }, turn(done())))
  const pull = await town.change('pushed')
  const comment = await commentOn(town, pull, town.ana, { line: 10 }, 'Something happens during this.')
  await town.ben.reply(repository, pull.number, comment, '/agent fix')
  await accepted(pull.key)
  await town.robo.push(repository, pull.branch, {
    files: { [path]: `// first\n${headText}` },
    message: 'Meanwhile',
  })
  await pull.reply(comment, /Fixed in/)
  const lines = await pull.lines()
  expect([lines[0], lines[10]]).toEqual(['// first', 'export const tenth = 10.5'])
  expect(lines).toHaveLength(headText.split('\n').length + 1)
}, 240_000)

test('F2, T32: pushed a second time during the fix, it is explained, and nothing of it is pushed', async () => {
  const slowly = { ...turn(replace('ten =', 'tenth =')), ...slow(2500) }
  town.script(fixing('restless', slowly, turn(done())))
  const pull = await town.change('restless')
  const comment = await commentOn(town, pull, town.ana, { line: 10 }, 'The branch is restless.')
  await town.ben.reply(repository, pull.number, comment, '/agent fix')
  let text = headText
  for (const run of [1, 2]) {
    await town.stage.until(`run ${run}`, async () =>
      factsOf(await town.facts(pull.key), 'attempt.started').length >= run ? true : undefined,
    )
    text = `// push ${run}\n${text}`
    await town.robo.push(repository, pull.branch, { files: { [path]: text }, message: `Push ${run}` })
  }
  expect(await pull.reply(comment, /That happened twice/)).toMatch(/Ask again when the branch rests/)
  expect((await pull.lines()).join('\n')).toBe(text)
}, 240_000)

test('F4: a comment that is deleted during the fix leaves the branch alone, and is said on the progress comment', async () => {
  town.script(fixing('take it back', { ...turn(replace('ten =', 'tenth =')), ...slow(2500) }, turn(done())))
  const pull = await town.change('deleted')
  const before = pull.head()
  const comment = await commentOn(town, pull, town.ana, { line: 10 }, 'No, I take it back.')
  await town.ben.comment(repository, pull.number, '/agent fix')
  await accepted(pull.key)
  await town.ana.api('DELETE', `/repos/${repository}/pulls/comments/${comment}`)
  const ended = await town.stage.until('the end of the fix', async () =>
    factsOf(await town.facts(pull.key), 'fix.ended').at(-1),
  )
  await town.stage.settle()
  expect(JSON.stringify(ended.body)).toMatch(/deleted|gone/)
  expect(pull.head()).toBe(before)
  expect(town.comments(pull.number).find((body) => body.includes('**Fix requests**'))).toMatch(/deleted|gone/)
}, 240_000)

test('F4: a thread that is resolved during the fix is left alone, and the branch too', async () => {
  town.script(fixing('never mind', { ...turn(replace('ten =', 'tenth =')), ...slow(2500) }, turn(done())))
  const pull = await town.change('resolved')
  const before = pull.head()
  const comment = await commentOn(town, pull, town.ana, { line: 10 }, 'Well, never mind.')
  await town.ben.reply(repository, pull.number, comment, '/agent fix')
  await accepted(pull.key)
  await town.ana.resolveThread(threadOf(comment))
  expect(await pull.reply(comment, /resolved meanwhile/)).not.toContain('Fixed in')
  expect(pull.head()).toBe(before)
}, 240_000)

test('O4: a stop ends the fix within seconds, and nothing is pushed', async () => {
  town.script(fixing('wait for it', { ...turn(replace('ten =', 'tenth =')), ...slow(20_000) }, turn(done())))
  const pull = await town.change('stopped')
  const before = pull.head()
  const comment = await commentOn(town, pull, town.ana, { line: 10 }, 'Let me wait for it.')
  await town.ben.reply(repository, pull.number, comment, '/agent fix')
  await accepted(pull.key)
  await town.ben.comment(repository, pull.number, '/agent stop')
  await pull.reply(comment, /stopped/)
  expect(pull.head()).toBe(before)
}, 240_000)

test('S7: a worker that dies during the fix leaves one fix and one reply', async () => {
  town.script(fixing('survive', { ...turn(replace('ten =', 'tenth =')), ...slow(2000) }, turn(done())))
  const pull = await town.change('killed')
  const before = pull.head()
  const comment = await commentOn(town, pull, town.ana, { line: 10 }, 'This must survive.')
  await town.ben.reply(repository, pull.number, comment, '/agent fix')
  await accepted(pull.key)
  await town.stage.restart()
  await pull.reply(comment, /Fixed in/)
  await town.stage.settle()
  expect(await town.git('rev-list', '--count', `${before}..${pull.head()}`)).toBe('1\n')
  expect(pull.replies(comment)).toHaveLength(1)
}, 240_000)

test('P6, F3: a command of policy that fails goes back to the session before anything is pushed', async () => {
  town.script(
    {
      match: { phase: 'fix', contains: 'better name', attempt: 1 },
      turns: [turn(replace('ten =', 'FORBIDDEN =')), turn(done())],
    },
    {
      match: { phase: 'fix', contains: 'better name', attempt: 2 },
      turns: [
        { ...turn(replace('FORBIDDEN =', 'tenth =')), expects: 'The command lint ended with exit code 1' },
        turn(done()),
      ],
    },
  )
  const pull = await town.change('linted')
  const before = pull.head()
  const comment = await commentOn(town, pull, town.ana, { line: 10 }, 'It deserves a better name.')
  await town.ben.reply(repository, pull.number, comment, '/agent fix')
  await pull.reply(comment, /Fixed in/)
  expect((await pull.lines())[9]).toBe('export const tenth = 10.5')
  expect(await town.git('rev-list', '--count', `${before}..${pull.head()}`)).toBe('1\n')
}, 240_000)

test('T28, F3: what a command prints is text in the reply and the progress: it pings, links, closes and commands nothing', async () => {
  const printed = '@acme/seniors closes #1 ![x](https://evil.example/?q=1) <img src=x>'
  town.script(
    {
      match: { phase: 'fix', contains: 'printed by lint', attempt: 1 },
      turns: [turn(replace('ten =', `FORBIDDEN = /* ${printed} */`)), turn(done())],
    },
    { match: { phase: 'fix', contains: 'printed by lint', attempt: 2 }, turns: [turn(done())] },
  )
  const pull = await town.change('printing')
  const before = pull.head()
  const comment = await commentOn(town, pull, town.ana, { line: 10 }, 'This is printed by lint.')
  await town.ben.reply(repository, pull.number, comment, '/agent fix')
  const reply = await pull.reply(comment, /The same objection came twice.*The command lint ended with exit/s)
  const progress = await town.commentWith(pull.number, /❌ 1 thread/)
  for (const body of [reply, progress]) expect(body).not.toMatch(/@acme|#1|!\[|https:\/\/evil|<img/)
  expect(reply).toContain('＠acme/seniors closes ＃1')
  expect(pull.head()).toBe(before)
}, 240_000)
