/** The fix loop through the front door on real git: each form of region, who may ask, and what comes of it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { factsOf } from '../../src/core/facts.ts'
import {
  cannot,
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
import { repository } from './town.ts'

let town: FixTown
beforeAll(async () => {
  town = await openFixTown()
}, 240_000)
afterAll(() => town.close(), 160_000)

/** Wait for a comment, not as long as the test may take, so that a failure says what was there. */
const said = async (number: number, text: RegExp) =>
  town.stage
    .until(`a comment with ${text}`, () => town.comments(number).find((body) => text.test(body)))
    .catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(town.comments(number))}`, { cause: error })
    })

/** Lines of the head before, with some of them replaced. */
function withLines(from: number, to: number, ...fresh: string[]): string[] {
  const lines = headText.split('\n')
  return [...lines.slice(0, from - 1), ...fresh, ...lines.slice(to)]
}

describe('F1, F2: forms of cited regions', () => {
  test('F1, F2, F4: one line; the commit names thread and asker, the reply links it, the old approval is gone', async () => {
    town.script(
      fixing('call it tenHalf', turn(replace('ten =', 'tenHalf =')), turn(done('It is tenHalf now.'))),
    )
    const pull = await town.change('single')
    const before = pull.head()
    await town.ben.approve(repository, pull.number)
    const comment = await commentOn(town, pull, town.ana, { line: 10 }, 'Please call it tenHalf.')
    const said = await town.ben.reply(repository, pull.number, comment, '/agent fix')
    const reply = await pull.reply(comment, /Fixed in/)
    await town.stage.settle()

    expect(await pull.lines()).toEqual(withLines(10, 10, 'export const tenHalf = 10.5'))
    expect(await town.git('diff', '--name-only', before, pull.head())).toBe(`${path}\n`)
    expect(reply).toContain(pull.head())
    expect(reply).toContain(`/compare/${before}...${pull.head()}`)
    const message = await town.git('log', '-1', '--format=%B', pull.head())
    expect(message).toContain(`discussion_r${comment}`)
    expect(message).toMatch(/^Requested-by: ben /m)
    expect([...town.stage.github.state.reactions.values()].some((one) => one.subjectId === said)).toBe(true)
    const review = await town.runIs('countersign/review', pull.head(), 'action_required')
    expect(review.output.title).toMatch(/no approval yet/i)
    expect(town.comments(pull.number).filter((body) => body.includes('**Fix requests**'))).toHaveLength(1)
    const causes = factsOf(await town.facts(pull.key), 'rework.classified')
    expect(causes.map(({ body }) => body.cause)).toEqual(['wrong-pattern'])
  }, 240_000)

  test('S14, T27: the session gets the instructions of the base branch, and never those of the pull request', async () => {
    town.script(
      fixing('call it tenRules', turn(replace('ten =', 'tenRules =')), turn(done('It is tenRules now.'))),
    )
    const pull = await town.change('rules', { [path]: headText, 'AGENTS.md': 'PULL-RULES\n' })
    const comment = await commentOn(town, pull, town.ana, { line: 10 }, 'Please call it tenRules.')
    await town.ben.reply(repository, pull.number, comment, '/agent fix')
    await pull.reply(comment, /Fixed in/)
    const told = town.stage.model.requests.filter((one) => JSON.stringify(one.body).includes('tenRules'))
    expect(told.length).toBeGreaterThan(0)
    for (const { body } of told) {
      expect(JSON.stringify(body)).toContain('HOUSE-RULES')
      expect(JSON.stringify(body)).not.toContain('PULL-RULES')
    }
  }, 240_000)

  test('F2, S10: a range, a deleted line, a whole file and a suggestion, each only where it is cited', async () => {
    town.script(
      fixing(
        'drop the halves',
        turn(replace('export const ten = 10.5\nexport const eleven = 11.5', 'export const pair = [10, 11]')),
        turn(done()),
      ),
      fixing('keep these two', turn(replace('', 'export const kept = 20')), turn(done())),
      fixing('make it one sentence', turn(replace('# forms', '# Forms, and more')), turn(done())),
      fixing(
        '```suggestion',
        turn(replace('export const extra = 1', 'export const spare = 1')),
        turn(done()),
      ),
    )
    const pull = await town.change('forms')
    const range = await commentOn(
      town,
      pull,
      town.ana,
      { startLine: 10, line: 11 },
      'Please drop the halves.\n',
    )
    const gone = await commentOn(town, pull, town.ana, { line: 20, side: 'LEFT' }, 'Please keep these two.')
    const suggestion = await commentOn(
      town,
      pull,
      town.ana,
      { line: 29 },
      '```suggestion\nexport const spare = 1\n```',
    )
    const file = (await town.ana.api('POST', `/repos/${repository}/pulls/${pull.number}/comments`, {
      body: 'Please make it one sentence.',
      path: 'docs/forms.md',
      commit_id: pull.head(),
      subject_type: 'file',
    })) as { id: number }
    await town.ben.comment(repository, pull.number, '/agent fix')
    for (const comment of [range, gone, suggestion, file.id]) await pull.reply(comment, /Fixed in/)

    const lines = headText.split('\n')
    expect(await pull.lines()).toEqual([
      ...lines.slice(0, 9),
      'export const pair = [10, 11]',
      ...lines.slice(11, 19),
      'export const kept = 20',
      ...lines.slice(19, 28),
      'export const spare = 1',
      ...lines.slice(29),
    ])
    expect(await pull.lines('docs/forms.md')).toEqual(['# Forms, and more', ''])
    expect(
      town.stage.model.requests.every(
        ({ body }) =>
          !JSON.stringify(body).includes('drop the halves') ||
          !JSON.stringify(body).includes('keep these two'),
      ),
    ).toBe(true)
  }, 240_000)

  test('F2, T32: an outdated comment and a renamed file are mapped through git; deleted lines are refused', async () => {
    town.script(
      fixing('too terse', turn(replace('extra = 2', 'extraItems = 2')), turn(done())),
      fixing('name of it', turn(replace('item32 ', 'further ')), turn(done())),
    )
    const pull = await town.change('moved')
    const outdated = await commentOn(town, pull, town.ana, { line: 29 }, 'This is too terse.')
    const moved = await commentOn(town, pull, town.ana, { line: 32 }, 'The name of it is poor.')
    const removed = await commentOn(town, pull, town.ana, { line: 11 }, 'Is eleven needed?')
    const now = [...headText.replace('extra = 1', 'extra = 2').split('\n')]
    now.splice(10, 1)
    now.unshift('// the list')
    await town.robo.push(repository, pull.branch, {
      files: { [path]: null, 'src/items.mjs': now.join('\n') },
      message: 'Move it',
    })
    await town.stage.settle()
    await town.ben.comment(repository, pull.number, '/agent fix')
    await pull.reply(outdated, /Fixed in/)
    await pull.reply(moved, /Fixed in/)
    expect(await pull.reply(removed, /Not fixed/)).toContain('deleted by a later push')
    expect(await pull.lines('src/items.mjs')).toEqual(
      now.map((text) => text.replace('extra = 2', 'extraItems = 2').replace('item32 ', 'further ')),
    )
  }, 240_000)

  test('F1: overlapping threads share a session; wider lines, the whole file and one reviewer are asked for by name', async () => {
    town.script(
      fixing(
        'eleven and twelve',
        turn(replace('eleven', 'once'), replace('twelve', 'dozen')),
        turn({
          ...done(),
          input: {
            ...done().input,
            answers: [
              { thread: 1, outcome: 'fixed', answer: 'Done.' },
              { thread: 2, outcome: 'fixed', answer: 'Done too.' },
            ],
          },
        }),
      ),
      fixing('is alone', turn(replace('more', 'rest')), turn(done())),
      fixing(
        'import it first',
        turn(replace('export const item1 = 1', "import './x.mjs'\nexport const item1 = 1")),
        turn(done()),
      ),
    )
    const pull = await town.change('wide')
    const before = pull.head()
    const first = await commentOn(
      town,
      pull,
      town.ana,
      { startLine: 10, line: 11 },
      'Rename eleven and twelve.',
    )
    const second = await commentOn(town, pull, town.ana, { startLine: 11, line: 12 }, 'Yes, both.')
    const other = await commentOn(town, pull, town.cleo, { line: 30 }, 'This one is alone.')
    await town.ben.comment(repository, pull.number, '/agent fix @ana')
    await pull.reply(first, /Fixed in/)
    await pull.reply(second, /Done too/)
    expect(pull.replies(other)).toEqual([])
    expect(await town.git('rev-list', '--count', `${before}..${pull.head()}`)).toBe('1\n')
    const wide = await commentOn(town, pull, town.ana, { line: 13 }, 'Please import it first.')
    await town.ben.reply(repository, pull.number, wide, '/agent fix lines 1-3')
    await pull.reply(wide, /Fixed in/)
    expect((await pull.lines())[0]).toBe("import './x.mjs'")
  }, 240_000)

  test('F1: a review with "request changes" and the Fix button ask for the unresolved threads', async () => {
    town.script(
      fixing('by review', turn(replace('ten =', 'a10 =')), turn(done())),
      fixing('by button', turn(replace('extra', 'plus')), turn(done())),
    )
    const pull = await town.change('review')
    const review = (await town.ana.api('POST', `/repos/${repository}/pulls/${pull.number}/reviews`, {
      event: 'REQUEST_CHANGES',
      body: '/agent fix',
      comments: [{ path, line: 10, side: 'RIGHT', body: 'Asked by review.' }],
    })) as { id: number }
    const byReview =
      [...town.stage.github.state.reviewComments.values()].find((one) => one.reviewId === review.id)?.id ?? 0
    await pull.reply(byReview, /Fixed in/)
    await town.ana.resolveThread(town.stage.github.state.reviewComments.get(byReview)?.threadId ?? 0)
    const byButton = await commentOn(town, pull, town.cleo, { line: 29 }, 'Asked by button.')
    await town.stage.until('the Fix button', () =>
      town.run('countersign/review', pull.head())?.actions.find((one) => one.label === 'Fix'),
    )
    await town.press(town.ben, 'countersign/review', pull.head(), 'Fix')
    await pull.reply(byButton, /Fixed in/)
  }, 240_000)
})

describe('F3: what is not done, and why', () => {
  test('F3: what it would need beyond the lines is offered as the exact command', async () => {
    town.script(
      fixing(
        'needs an import',
        turn(
          cannot('The helper must be imported.', [{ path, from: 1, to: 1, why: 'the import belongs here' }]),
        ),
      ),
    )
    const pull = await town.change('needs')
    const before = pull.head()
    const comment = await commentOn(town, pull, town.ana, { line: 10 }, 'This needs an import.')
    await town.ben.reply(repository, pull.number, comment, '/agent fix')
    expect(await pull.reply(comment, /Not fixed/)).toContain('`/agent fix lines 1-1`')
    expect(pull.head()).toBe(before)
  }, 240_000)

  test("F1, A6, T23: strangers, people's own pull requests and nonsense are refused with a sentence; nothing starts", async () => {
    const pull = await town.change('refused')
    await town.eve.comment(repository, pull.number, '/agent fix')
    await said(pull.number, /eve.*no write access/)
    await town.ben.comment(repository, pull.number, '/agent fix everything')
    await said(pull.number, /not understood after/)
    await town.ben.comment(repository, pull.number, '/agent fix')
    await said(pull.number, /no unresolved review thread/)
    const own = await town.change('persons', undefined, town.dev)
    await commentOn(town, own, town.ana, { line: 10 }, 'Hm.')
    await town.ben.comment(repository, own.number, '/agent fix')
    await said(own.number, /a person's pull request/i)
    expect(factsOf(await town.facts(pull.key), 'fix.accepted')).toEqual([])
    await town.ben.comment(repository, pull.number, '/agent rework vague-spec')
    await said(pull.number, /because of vague-spec/)
  }, 240_000)

  test('F2: a fork gets a suggestion and no push', async () => {
    town.script(fixing('forked', turn(replace('ten =', 'tenth =')), turn(done())))
    const { github } = town.stage
    const fork = await github.fork('robo', repository)
    await town.robo.push(`robo/${fork.name}`, 'forked', {
      files: { [path]: headText, 'docs/f.md': 'f\n', 'test/f.test.mjs': '\n' },
      message: 'Forked',
      base: 'main',
    })
    const opened = await town.robo.openPull(repository, { title: 'Forked', head: 'robo:forked' })
    const pull = town.watch(opened.number, 'forked')
    const before = pull.head()
    const comment = await commentOn(town, pull, town.ana, { line: 10 }, 'The name in the forked one.')
    await town.ben.reply(repository, pull.number, comment, '/agent fix')
    expect(await pull.reply(comment, /suggestion/)).toContain('```suggestion\nexport const tenth = 10.5\n```')
    expect(pull.head()).toBe(before)
  }, 240_000)
})
