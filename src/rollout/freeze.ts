/** Freeze windows: the times of the week in which nothing is deployed, in the time zone of the people who said so. */
import { z } from 'zod'

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const weekMinutes = 7 * 24 * 60

const moment = z
  .string()
  .regex(/^(Sun|Mon|Tue|Wed|Thu|Fri|Sat) ([01]\d|2[0-3]):[0-5]\d$/, 'a day and time such as `Fri 15:00`')

export const FreezeWindow = z
  .strictObject({
    from: moment.describe('First moment without deployments: `Fri 15:00`.'),
    to: moment.describe('First moment with deployments again: `Mon 08:00`.'),
    zone: z
      .string()
      .max(60)
      .default('UTC')
      .refine(isZone, 'not a time zone; write one such as `Europe/Berlin`')
      .describe('IANA time zone of both.'),
  })
  .refine(({ from, to }) => from !== to, 'from and to are the same moment')
export type FreezeWindow = z.infer<typeof FreezeWindow>

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/**
 * The end of the freeze that is on, or null when there is none.
 *
 * @param nowMs the App's clock; no date that people or git write is looked at (A2).
 * @returns milliseconds since 1970. Around a change to summer time it can be an hour off; it is asked again then.
 */
export function frozenUntil(windows: readonly FreezeWindow[], nowMs: number): number | null {
  const ends = windows.flatMap((window) => {
    const now = minuteOfWeek(nowMs, window.zone)
    const [from, to] = [minutesOf(window.from), minutesOf(window.to)]
    const length = (to - from + weekMinutes) % weekMinutes
    const since = (now - from + weekMinutes) % weekMinutes
    return since < length ? [nowMs - (nowMs % 60_000) + (length - since) * 60_000] : []
  })
  return ends.length > 0 ? Math.max(...ends) : null
}

function minutesOf(text: string): number {
  const [day = '', time = ''] = text.split(' ')
  const [hours = '0', minutes = '0'] = time.split(':')
  return days.indexOf(day as (typeof days)[number]) * 1440 + Number(hours) * 60 + Number(minutes)
}

function minuteOfWeek(atMs: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(atMs)
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? ''
  return minutesOf(`${part('weekday')} ${part('hour')}:${part('minute')}`)
}
