/** A figure in any JSON over HTTP, at the pointer that policy names. */
import type { MonitorReading } from '../../core/monitoring.ts'
import { code } from '../../core/sentences.ts'
import { atPointer, kindOf, parsed } from '../json.ts'
import { statusSentence } from '../outbound/failures.ts'
import { noValue } from './reading.ts'

/** @returns a reason that is the rest of a sentence about the host. */
export function readJson(text: string, status: number, pointer: string): MonitorReading {
  if (status !== 200) return noValue(statusSentence(status, 200))
  const json = parsed(text)
  if (json === undefined) return noValue('answered, but not in JSON')
  const value = atPointer(json, pointer)
  // A text such as "0.5" is no number: who writes texts into figures may as well write "none".
  if (typeof value !== 'number') return noValue(`has ${kindOf(value)} at ${code(pointer)}, not a number`)
  if (!Number.isFinite(value))
    return noValue(`has a number at ${code(pointer)} that is too large to count with`)
  return { ok: true, value }
}
