/** The Probes port: one request to a deployed service, tried again while it warms up, and its answer compared (R1). */
import type { ProbeCheck, ProbeResult } from '../../core/monitoring.ts'
import { bounded } from '../../core/outgoingText.ts'
import type { Clock, Probes } from '../../core/ports.ts'
import { code, count } from '../../core/sentences.ts'
import { atPointer, kindOf, parsed } from '../json.ts'
import { statusSentence } from '../outbound/failures.ts'
import type { Outbound, OutboundAnswer } from '../outbound/outbound.ts'

const longestSentence = 500
/** Before the second attempt; each further pause is twice as long. */
const firstPauseMs = 1000

/**
 * The operator's tokens are not sent: where a deployment says it is, is said by the repository's own workflow (T25, T35).
 *
 * @param clock for the pauses between attempts.
 */
export function createProbes({ outbound, clock }: { outbound: Outbound; clock: Clock }): Probes {
  return {
    async probe(check, baseUrl, signal) {
      signal.throwIfAborted()
      const result = (ok: boolean, sentence: string): ProbeResult => ({
        name: check.name,
        ok,
        sentence: bounded(sentence, longestSentence),
      })
      const url = joined(baseUrl, check.path)
      if (url === null)
        return result(
          false,
          `the deployment gives ${code(baseUrl)} as its address, which is no http or https URL`,
        )
      const asked = `${check.method} ${code(check.path)}`
      for (let attempt = 1; ; attempt++) {
        const answer = await outbound.ask({
          url,
          method: check.method,
          timeoutMs: check.timeoutSeconds * 1000,
          signal,
        })
        const wrong = mistake(check, answer)
        const times = attempt === 1 ? '' : ` at attempt ${attempt}`
        if (wrong === null) return result(true, `${asked} answered ${check.status} as it should${times}`)
        if (answer.kind === 'refused') return result(false, `${asked}: ${wrong}`)
        if (attempt > check.retries) return result(false, `${asked}: ${wrong} (${count(attempt, 'attempt')})`)
        await clock.sleep(firstPauseMs * 2 ** (attempt - 1), signal)
      }
    },
  }
}

/** The address of the deployment with the path behind its own; its query is left out. Null when it is no web address. */
function joined(baseUrl: string, path: string): string | null {
  const base = URL.canParse(baseUrl) ? new URL(baseUrl) : null
  if (base === null || !/^https?:$/.test(base.protocol)) return null
  return `${base.origin}${base.pathname.replace(/\/+$/, '')}${path}`
}

/** What is wrong with an answer; null when nothing is. */
function mistake(check: ProbeCheck, answer: OutboundAnswer): string | null {
  if (answer.kind !== 'answered') return answer.reason
  const { status, text } = answer
  if (status !== check.status) return `it ${statusSentence(status, check.status)}`
  if (check.assertions.length === 0) return null
  const json = parsed(text)
  if (json === undefined) return `it answered ${status}, but not in JSON`
  for (const { pointer, equals } of check.assertions) {
    const found = atPointer(json, pointer)
    if (found !== equals) return `${code(pointer)} is ${shown(found)}, not ${shown(equals)}`
  }
  return null
}

/** A value of the service in a sentence; of lists and objects only that they are ones. */
function shown(value: unknown): string {
  if (value === undefined || (typeof value === 'object' && value !== null)) return kindOf(value)
  return code(JSON.stringify(value), 80)
}
