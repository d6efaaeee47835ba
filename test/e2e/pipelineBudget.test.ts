/** Budgets through the front door: warned, stopped with the work kept, raised by those who may (P11). */
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { editFile, handIn, session, turn } from '../../demo/scripts/session.ts'
import { factsOf } from '../../src/core/facts.ts'
import { diagnosis, openWorkshop, repository, review, type Workshop } from './workshop.ts'

// A story has dozens of rounds, git pushes and CI runs: on a busy machine it takes a minute.
jest.setTimeout(180_000)

let shop: Workshop | null = null
afterEach(async () => {
  const open = shop
  shop = null
  await open?.close()
  expect(open?.stage.github.violations ?? []).toEqual([])
})

/** Every answer of the stand-in costs a cent or more at these prices. */
const prices = (task: string, more = '') => `models:
  endpoints:
    anthropic:
      prices:
        claude-opus-5-5: { input: 10, output: 10 }
        claude-sonnet-5-5: { input: 1000, output: 1000 }
budgets:
  task: { ${task} }
${more}`
const implementation = session(
  { phase: 'implementation' },
  turn('I change the price.', editFile('src/price.mjs', "'5'", "'5.00'")),
  turn('Done.', handIn({ summary: 'Two decimals.', notes: [] })),
)

describe('P11: budgets', () => {
  test('P11: at the limit the work stops, is kept, and goes on once somebody who may has raised the budget', async () => {
    shop = await openWorkshop({ policy: prices('usd: 0.05'), sessions: [diagnosis, implementation, review] })
    const issue = await shop.delegate()
    const pull = await shop.approvePlan()
    const stopped = await shop.commentWith(issue, 'The work stopped at a limit')
    expect(stopped).toMatch(/\$\d+\.\d\d of \$0\.05 \(budgets\.task\.usd\)/)
    expect(stopped).toContain('/agent budget +5usd')
    const kept = /kept as commit `([0-9a-f]{12})`/.exec(stopped)?.[1]
    const ended = factsOf(await shop.facts(issue), 'attempt.ended').at(-1)
    expect(ended?.body.candidate?.slice(0, 12)).toBe(kept)
    expect(factsOf(await shop.facts(issue), 'work.pushed')).toEqual([])

    await shop.stage.settle()
    await shop.ana.comment(repository, issue, '/agent budget lots')
    await shop.commentWith(issue, 'Write how much to add')
    await shop.ana.comment(repository, issue, '/agent budget +500usd')
    await shop.commentWith(issue, 'policy allows $100')
    await shop.stage.github.as('eve').comment(repository, issue, '/agent budget +5usd')
    await shop.commentWith(issue, 'no write access')
    expect(factsOf(await shop.facts(issue), 'budget.raised')).toEqual([])

    await shop.ana.comment(repository, issue, '/agent budget +50usd')
    await shop.stage.until('ready for review', () => (pull.draft ? undefined : true))
    expect(factsOf(await shop.facts(issue), 'budget.raised').map(({ body }) => body.by.usd)).toEqual([50])
  })

  test('P11: from 80 per cent on the progress comment warns', async () => {
    shop = await openWorkshop({
      policy: prices('usd: 100, tokens: 1000'),
      sessions: [diagnosis, implementation, review],
    })
    const issue = await shop.delegate()
    await shop.approvePlan()
    const warned = await shop.commentWith(
      issue,
      /Nearly used up: the task has used \d+ of 1,000 tokens|used up|stopped at a limit/,
    )
    expect(warned).toMatch(/tokens/)
  })

  test('P11: the day of a repository stops its other tasks too', async () => {
    shop = await openWorkshop({
      policy: prices('usd: 100', '  day: { usd: 0.02 }\n'),
      sessions: [diagnosis, implementation, review],
    })
    const first = await shop.delegate()
    await shop.approvePlan()
    const stopped = await shop.commentWith(first, 'The work stopped at a limit')
    expect(stopped).toContain('in 24 hours')
    const second = await shop.delegate()
    await shop.commentWith(second, 'budgets.day.usd')
    expect(factsOf(await shop.facts(second), 'attempt.started')).toEqual([])
  })
})
