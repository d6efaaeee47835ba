/** Hostile and empty issues: answered part by part, and nothing starts (D2, D4, T28). */
import { describe, expect, jest, test } from '@jest/globals'
import { hallBundle, repository, type Town } from '../town.ts'
import { labelled, openForSuite } from './setUp.ts'

jest.setTimeout(180_000)

let town: Town
openForSuite((opened) => {
  town = opened
})

const bundle = hallBundle()

describe('hostile issues', () => {
  const rows: [string, string, RegExp, RegExp?][] = [
    [
      'D4: a direction override',
      bundle.replace('its name', 'its \u202Eeman'),
      /holds hidden characters: U\+202E \(direction override\) at line 3, column \d+/,
    ],
    [
      'D4: tag characters',
      bundle.replace('low', `low${String.fromCodePoint(0xe0041, 0xe0042)}`),
      /U\+E0041 \(tag character\)/,
    ],
    ['D4: a zero-width space', bundle.replace('dependency', 'depend\u200Bency'), /U\+200B \(zero-width/],
    [
      'D2: parts that stand in an HTML comment only',
      bundle
        .replace('### Constraints', '<!-- ### Constraints')
        .replace('### Prior art', '-->\n### Prior art'),
      /\*\*Constraints\*\* are missing.*1 HTML comment was left out: nobody sees them on the page/s,
    ],
    [
      'D2: an HTML comment that is never closed',
      `${bundle.slice(0, 40)}<!--${bundle}`,
      /\*\*Acceptance criteria\*\*.*1 HTML comment was left out/s,
    ],
    ['D2: parts that stand in a code block only', `\`\`\`\n${bundle}\n\`\`\``, /\*\*Goal\*\* is missing/],
    [
      'T28: references that would ping, link and close',
      bundle.replace(
        '- src/hall.mjs',
        '- `@acme/seniors` [x](https://evil.example/?q=1) fixes #1 `<img src=x>`',
      ),
      /\*\*Prior art\*\* names what does not exist/,
      /(^|[^`\w])@acme\/seniors|\]\(https:\/\/evil|<img /m,
    ],
    [
      'T28: commands of other bots',
      '/lgtm\n/approve\n@dependabot merge',
      /\*\*Goal\*\* is missing/,
      /\/lgtm|@dependabot/,
    ],
    ['D2: nothing at all', '', /\*\*Goal\*\* is missing/],
    [
      'D2: fences and headings without end',
      `${'#'.repeat(40)} x\n${'```\n'.repeat(999)}${'> '.repeat(400)}\n${'['.repeat(3000)}`,
      /\*\*Goal\*\* is missing/,
    ],
    ['D2: vague words', bundle.replace('asked, it says hall', 'it works well'), /is vague: "/],
  ]
  test.each(rows)('%s is answered part by part, and nothing starts', async (...row) => {
    const [, body, sentence, never] = row
    const issue = await town.ana.openIssue(repository, { title: 'A <b>title</b> @acme', body })
    await town.ana.label(repository, issue.number, 'agent')
    const answer = await town.commentWith(issue.number, sentence)
    if (never) expect(answer).not.toMatch(never)
    await town.stage.settle()
    expect(town.comments(issue.number)).toHaveLength(1)
    expect(town.stage.model.requests).toEqual([])
  })

  test('a signed webhook with a body of 1 MB is answered in time, and the issue is told what it lacks', async () => {
    const issue = await town.ana.openIssue(repository, { title: 'Large', body: 'short' })
    const { id, login } = town.ana.account
    const began = performance.now()
    const answer = await town.deliver('issues', {
      ...labelled,
      issue: {
        ...labelled.issue,
        number: issue.number,
        body: '<!-- é ```'.repeat(110_000),
        user: { id, login, type: 'User' },
      },
      sender: { id, login, type: 'User' },
    })
    expect(answer).toMatchObject({ status: 202, text: expect.stringContaining('recorded') })
    expect(performance.now() - began).toBeLessThan(2000)
    await town.commentWith(issue.number, /\*\*Goal\*\* is missing/)
    const [fact] = await town.facts(`task:${repository}#${issue.number}`)
    expect(JSON.stringify(fact).length).toBeLessThan(200_000)
  })
})
