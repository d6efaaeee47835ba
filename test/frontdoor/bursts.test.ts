/** Bursts of hints: all that come within a second share one look, and none is forgotten. */
import { describe, expect, test } from '@jest/globals'
import { systemClock } from '../../src/adapters/clock.ts'
import { burstMs, createBursts } from '../../src/app/bursts.ts'

const key = 'pull:octo/repo#34'

describe('bursts', () => {
  let nowMs = 1_000_000
  const clock = { nowMs: () => nowMs, sleep: systemClock.sleep }

  test('G17, O6: six events of one push are one look, a second after the first', () => {
    const bursts = createBursts(clock)
    const dueMs = [0, 50, 200, 400, 800, 990].map((after) => {
      nowMs = 1_000_000 + after
      return after + bursts.delayMs(key)
    })
    expect(new Set(dueMs)).toEqual(new Set([burstMs]))
  })

  test('T12: an event after the look has a look of its own', () => {
    const bursts = createBursts(clock)
    nowMs = 2_000_000
    expect(bursts.delayMs(key)).toBe(burstMs)
    nowMs += 300
    expect(bursts.delayMs(key)).toBe(700)
    // That look begins now, and may have read GitHub before this event.
    nowMs += 700
    expect(bursts.delayMs(key)).toBe(burstMs)
  })

  test('O6: a look at another subject is another', () => {
    const bursts = createBursts(clock)
    nowMs = 3_000_000
    bursts.delayMs(key)
    nowMs += 400
    expect(bursts.delayMs('pull:octo/repo#35')).toBe(burstMs)
  })
})
