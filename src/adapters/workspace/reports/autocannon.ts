/** `autocannon --json`: latencies in milliseconds. It has no 95th percentile; the 97.5th, the next above, is used (G9). */
import { z } from 'zod'
import type { LatencyReport } from '../../../core/reports.ts'
import { type Parsed, parseJson } from './read.ts'

const count = z.number().int().nonnegative()
const Result = z.object({
  latency: z.object({ p97_5: z.number().nonnegative(), totalCount: count.optional() }),
  requests: z.object({ total: count }),
  errors: count,
  timeouts: count,
  non2xx: count,
})

/**
 * Read a result. Requests that were answered with another status than 2xx, timed out or broke count as failed.
 *
 * @param name by which the same load test is found at the base.
 */
export function parseAutocannon(text: string, name: string): Parsed<LatencyReport[]> {
  const json = parseJson(text)
  if (!json.ok) return json
  const parsed = Result.safeParse(json.value)
  if (!parsed.success)
    return {
      ok: false,
      problem: 'it is no JSON of autocannon with latency.p97_5, requests, errors, timeouts and non2xx',
    }
  const { latency, requests, errors, non2xx } = parsed.data
  // autocannon counts a timeout as an error too.
  const failed = Math.max(errors, parsed.data.timeouts) + non2xx
  const samples = latency.totalCount ?? requests.total
  return { ok: true, value: [{ name, tailMs: latency.p97_5, quantile: 'p97.5', samples, failed }] }
}
