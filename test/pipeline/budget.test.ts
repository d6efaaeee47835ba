/** Budgets: what stops, what warns, who may raise, and what a session may still use (P11). */
import { describe, expect, test } from '@jest/globals'
import { type Amount, nothing, noUsage } from '../../src/core/usage.ts'
import { type Budget, nearBudget, overBudget, parseAmount, sessionLimits } from '../../src/pipeline/budget.ts'
import { BudgetSettings } from '../../src/pipeline/settings.ts'

const budgets = BudgetSettings.parse({
  task: { usd: 10, minutes: 100, tokens: 1000 },
  day: { usd: 50 },
  repository: { minutes: 500 },
})
const budget = (spent: Partial<Amount>, more: Partial<Budget> = {}): Budget => ({
  budgets,
  spent: {
    costUsd: spent.usd ?? 0,
    minutes: spent.minutes ?? 0,
    usage: { ...noUsage, cacheReadTokens: spent.tokens ?? 0 },
    sessions: 3,
  },
  raised: nothing,
  spending: { day: nothing, repository: nothing },
  ...more,
})

describe('P11: limits', () => {
  test.each<[string, Budget, RegExp | null, RegExp | null]>([
    ['nothing used', budget({}), null, null],
    ['79 % of the money', budget({ usd: 7.9 }), null, null],
    ['80 % of the money', budget({ usd: 8 }), null, /\$8\.00 of \$10\.00 \(budgets\.task\.usd\)/],
    ['all of the money', budget({ usd: 10 }), /budgets\.task\.usd.*\/agent budget \+5usd/s, null],
    ['80 % of the time', budget({ minutes: 80 }), null, /80 of 100 minutes/],
    ['all of the time', budget({ minutes: 100 }), /budgets\.task\.minutes/, null],
    ['all tokens, cached ones too', budget({ tokens: 1000 }), /budgets\.task\.tokens/, null],
    [
      'more than before, by a raise',
      budget({ usd: 12 }, { raised: { ...nothing, usd: 5 } }),
      null,
      /\$12\.00 of \$15\.00/,
    ],
    [
      'a raise used up',
      budget({ usd: 15 }, { raised: { ...nothing, usd: 5 } }),
      /\$15\.00 of \$15\.00/,
      null,
    ],
    [
      'the day of the repository',
      budget({}, { spending: { day: { ...nothing, usd: 50 }, repository: nothing } }),
      /in 24 hours.*budgets\.day\.usd.*maintainer/s,
      null,
    ],
    [
      'the repository',
      budget({}, { spending: { day: nothing, repository: { ...nothing, minutes: 400 } } }),
      null,
      /in 30 days.*budgets\.repository\.minutes/,
    ],
  ])('P11: %s', (_name, given, over, near) => {
    const stops = overBudget(given)
    if (over === null) expect(stops).toBeNull()
    else expect(stops).toMatch(over)
    if (near === null) expect(nearBudget(given)).toEqual([])
    else expect(nearBudget(given).join()).toMatch(near)
  })

  test('P11: a session gets what is left of the task, raised or not', () => {
    const { spent } = budget({ usd: 8, minutes: 95, tokens: 900 })
    expect(sessionLimits(budgets, spent)).toMatchObject({
      maxCostUsd: 2,
      maxMinutes: 5,
      maxOutputTokens: 100,
    })
    expect(sessionLimits(budgets, spent, { usd: 1, minutes: 0, tokens: 0 })).toMatchObject({ maxCostUsd: 3 })
  })

  test.each<[string, Amount | null]>([
    ['+5usd', { ...nothing, usd: 5 }],
    ['+2.50usd +30min', { ...nothing, usd: 2.5, minutes: 30 }],
    ['+1000000tokens', { ...nothing, tokens: 1_000_000 }],
    ['5usd', null],
    ['-5usd', null],
    ['+0usd', null],
    ['+5usd please', null],
    ['+5eur', null],
    ['', null],
    ['+1e9usd', null],
  ])('P11: /agent budget %s', (text, amount) => {
    expect(parseAmount(text)).toEqual(amount)
  })
})
