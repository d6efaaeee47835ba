/** Comments that are no command, or an odd one: silence, or one sentence (T7, T23, O4). */
import { beforeAll, describe, expect, jest, test } from '@jest/globals'
import { repository, type Town } from '../town.ts'
import { openForSuite } from './setUp.ts'

jest.setTimeout(180_000)

let town: Town
openForSuite((opened) => {
  town = opened
})

describe('comments that are no command, or an odd one', () => {
  let pull = 0
  let issue = 0
  beforeAll(async () => {
    pull = (await town.openPull(town.dev, 'comment-witness')).number
    issue = (await town.ana.openIssue(repository, { title: 'Quiet', body: 'Quiet' })).number
    await town.stage.settle()
  })
  const silent: [string, string][] = [
    ['in a quote', '> /agent merge'],
    ['in a code block', '```\n/agent merge\n```'],
    ['indented', '    /agent merge'],
    ['after a space', ' /agent merge'],
    ['in the second line', 'Please do\n/agent merge'],
    ['in a sentence', 'try /agent merge'],
    ['in a code span', '`/agent merge`'],
    ['as part of a word', '/agentmerge'],
    ['in capitals', '/AGENT MERGE'],
    ['in an HTML comment', '<!-- \n/agent merge -->'],
    ['behind an invisible character', '\u200B/agent merge'],
    ['as an image', '![](/agent merge)'],
  ]
  test.each(silent)('T7: a command %s is text: nothing is said or done', async (_name, body) => {
    for (const number of [pull, issue]) {
      const before = town.seen() as { comments: unknown[] }
      await town.ana.comment(repository, number, body)
      await town.stage.settle()
      const after = town.seen() as { comments: unknown[] }
      expect({ ...after, comments: after.comments.length }).toEqual({
        ...before,
        comments: before.comments.length + 1,
      })
    }
  })

  const answered: [string, string, RegExp][] = [
    ['an unknown verb', '/agent mrege now', /`mrege` is not a command\. Did you mean `\/agent merge`\?/],
    ['an unknown word', '/agent frobnicate', /`frobnicate` is not a command\. `\/agent help` lists them all/],
    ['no verb', '/agent', /Commands .*first line of a/],
    ['a verb that pings', '/agent @acme/seniors', /^[^@]*`@acme\/seniors` is not a command/],
    ['a verb of Markdown', '/agent `**](x)<img>', /is not a command/],
    ['a verb without end', `/agent ${'x'.repeat(60_000)}`, /`x{40}` is not a command/],
    ['a verb with hidden characters', '/agent mer\u202Ege', /is not a command/],
    [
      'a rejection without a reason',
      '/agent reject plan',
      /asks for nothing now|only the plan can be|not delegated|Say what must change/,
    ],
    [
      'an approval of nothing',
      '/agent approve deploy',
      /Write `\/agent approve plan\|review <shown>`|not delegated/,
    ],
  ]
  test.each(answered)('O4: %s is answered with a sentence', async (_name, body, sentence) => {
    for (const number of [pull, issue]) {
      await town.ana.comment(repository, number, body)
      await town.stage.settle()
      expect(town.comments(number).at(-1)).toMatch(sentence)
    }
  })

  test('T23: a command of a stranger is refused with who may, and one of a bot is not answered', async () => {
    await town.eve.comment(repository, pull, '/agent merge')
    await town.commentWith(pull, /\*\*eve\*\* has no write access, and `\/agent merge` needs it/)
    const before = town.comments(pull).length
    await town.stage.github.as('countersign[bot]').comment(repository, pull, '/agent merge')
    await town.stage.settle()
    expect(town.comments(pull)).toHaveLength(before + 1)
  })
})
