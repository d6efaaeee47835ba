/** Comments without end: who asks over and over takes no more of the App's content writes (O6). */
import { expect, jest, test } from '@jest/globals'
import { mostWords } from '../../../src/core/heard.ts'
import { repository, type Town } from '../town.ts'
import { openForSuite } from './setUp.ts'

jest.setTimeout(180_000)

let town: Town
openForSuite((opened) => {
  town = opened
})

test('O6, T23: of the questions of one account in an hour the first twenty are answered, and others are as ever', async () => {
  const { number } = await town.ana.openIssue(repository, { title: 'Quiet', body: 'Quiet' })
  for (let asked = 1; asked <= mostWords + 4; asked++)
    await town.eve.comment(repository, number, asked % 2 ? '/agent help' : '/agent stop')
  const last = await town.commentWith(number, /more are noted and not answered/)
  expect(last).toMatch(/no write access.*\n\nThis was answer 20 within an hour/)
  const byUs = () => town.comments(number).filter((body) => !body.startsWith('/agent'))
  await town.stage.settle()
  expect(byUs()).toHaveLength(mostWords)
  await town.ana.comment(repository, number, '/agent help')
  await town.stage.until('an answer for ana', () => byUs().length === mostWords + 1 || undefined)
})
