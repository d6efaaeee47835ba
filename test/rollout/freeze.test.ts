/** Freeze windows over time zones, midnight, the turn of the week and summer time. */
import { describe, expect, test } from '@jest/globals'
import { FreezeWindow, frozenUntil } from '../../src/rollout/freeze.ts'

const until = (window: { from: string; to: string; zone?: string }, at: string) => {
  const end = frozenUntil([FreezeWindow.parse(window)], Date.parse(at))
  return end === null ? null : new Date(end).toISOString().slice(0, 16)
}
const weekend = { from: 'Fri 15:00', to: 'Mon 08:00', zone: 'Europe/Berlin' }

describe('R1: freeze windows', () => {
  test.each<[string, { from: string; to: string; zone?: string }, string, string | null]>([
    ['before', weekend, '2026-01-09T13:59:59Z', null],
    ['its first moment, in winter one hour before UTC', weekend, '2026-01-09T14:00:00Z', '2026-01-12T07:00'],
    ['its first moment, in summer two hours before', weekend, '2026-07-10T13:00:00Z', '2026-07-13T06:00'],
    ['within', weekend, '2026-01-11T23:30:45Z', '2026-01-12T07:00'],
    ['its last moment', weekend, '2026-01-12T06:59:59Z', '2026-01-12T07:00'],
    ['the first moment after it', weekend, '2026-01-12T07:00:00Z', null],
    [
      'over the turn of the week',
      { from: 'Sat 22:00', to: 'Sun 06:00' },
      '2026-01-11T01:00:00Z',
      '2026-01-11T06:00',
    ],
    [
      'over midnight, in a zone a day ahead',
      { from: 'Mon 00:00', to: 'Mon 12:00', zone: 'Pacific/Auckland' },
      '2026-01-11T12:00:00Z',
      '2026-01-11T23:00',
    ],
    [
      'in a zone of half hours',
      { from: 'Mon 09:00', to: 'Mon 10:00', zone: 'Asia/Kolkata' },
      '2026-01-12T03:30:00Z',
      '2026-01-12T04:30',
    ],
    [
      'nearly the whole week',
      { from: 'Mon 08:01', to: 'Mon 08:00' },
      '2026-01-12T08:01:00Z',
      '2026-01-19T08:00',
    ],
    ['and its one free minute', { from: 'Mon 08:01', to: 'Mon 08:00' }, '2026-01-12T08:00:30Z', null],
  ])('%s', (_, window, at, end) => {
    expect(until(window, at)).toBe(end)
  })

  test('of several that overlap the last end counts', () => {
    const windows = [weekend, { from: 'Sat 00:00', to: 'Tue 00:00', zone: 'UTC' }].map((one) =>
      FreezeWindow.parse(one),
    )
    expect(frozenUntil(windows, Date.parse('2026-01-10T12:00:00Z'))).toBe(Date.parse('2026-01-13T00:00:00Z'))
  })

  /** Europe/Berlin: the clock goes on on 29 March 2026, and back on 25 October 2026. */
  test.each([
    ['spring', '2026-03-27T14:00:00Z', '2026-03-30T06:00:00Z'],
    ['autumn', '2026-10-23T13:00:00Z', '2026-10-26T07:00:00Z'],
  ])(
    'in %s it is asked again until the wall clock says that it is over, and never goes on before',
    (_, first, last) => {
      const windows = [FreezeWindow.parse(weekend)]
      let atMs = Date.parse(first)
      let asked = 0
      for (
        let end = frozenUntil(windows, atMs);
        end !== null && asked < 5;
        end = frozenUntil(windows, atMs)
      ) {
        expect(end).toBeGreaterThan(atMs)
        atMs = end
        asked++
      }
      expect(atMs).toBeGreaterThanOrEqual(Date.parse(last))
      expect(atMs).toBeLessThanOrEqual(Date.parse(last) + 3_600_000)
      // The moments around the true end, looked at by themselves, are right to the minute.
      expect(frozenUntil(windows, Date.parse(last) - 1)).not.toBeNull()
      expect(frozenUntil(windows, Date.parse(last))).toBeNull()
    },
  )

  test.each([
    [{ from: 'Friday 15:00', to: 'Mon 08:00' }, /a day and time such as `Fri 15:00`/],
    [{ from: 'Fri 24:00', to: 'Mon 08:00' }, /a day and time such as/],
    [{ from: 'Fri 15:00', to: 'Fri 15:00' }, /the same moment/],
    [
      { from: 'Fri 15:00', to: 'Mon 08:00', zone: 'Berlin' },
      /not a time zone; write one such as `Europe\/Berlin`/,
    ],
    [{ from: 'Fri 15:00', to: 'Mon 08:00', zone: '' }, /not a time zone/],
  ])('%j is told what to write', (window, sentence) => {
    expect(FreezeWindow.safeParse(window).error?.message).toMatch(sentence)
  })
})
