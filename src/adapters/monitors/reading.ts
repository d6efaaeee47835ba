/** What both kinds of source share: a reading without a value, and the JSON of an answer. */
import type { MonitorReading } from '../../core/monitoring.ts'

export const noValue = (reason: string): MonitorReading => ({ ok: false, reason })

/** The JSON of a body, or undefined when it is none. (JSON has no undefined, and none is `null`.) */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Whatever else it is, a page of HTML or half an answer, there is no figure in it.
    return undefined
  }
}
