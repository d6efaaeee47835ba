/** k6's end-of-test summary: what `--summary-export` writes, and the data that `handleSummary()` gets (G9). */
import { z } from 'zod'
import type { LatencyReport } from '../../../core/reports.ts'
import { type Parsed, parseJson } from './read.ts'

const number = z.number().nonnegative()
/** `handleSummary` puts the numbers below `values`; `--summary-export` puts them directly. Both are in milliseconds. */
const metric = <T extends z.ZodType>(values: T) =>
  z.preprocess(
    (one) => (typeof one === 'object' && one !== null && 'values' in one ? one.values : one),
    values,
  )
const Summary = z.object({
  metrics: z.object({
    http_req_duration: metric(z.object({ 'p(95)': number })),
    http_reqs: metric(z.object({ count: number.int() })),
    /** A rate: the share of requests that failed. Called `value` by `--summary-export`. */
    http_req_failed: metric(
      z.union([
        z.object({ rate: number.max(1) }).transform((one) => one.rate),
        z.object({ value: number.max(1) }).transform((one) => one.value),
      ]),
    ).optional(),
  }),
})

/**
 * Read a summary of HTTP requests.
 *
 * @param name by which the same load test is found at the base.
 */
export function parseK6(text: string, name: string): Parsed<LatencyReport[]> {
  const json = parseJson(text)
  if (!json.ok) return json
  const parsed = Summary.safeParse(json.value)
  if (!parsed.success)
    return {
      ok: false,
      problem:
        'it is no summary of k6 with http_req_duration, its p(95) (see summaryTrendStats) and the count of http_reqs',
    }
  const { http_req_duration: duration, http_reqs: requests, http_req_failed: share = 0 } = parsed.data.metrics
  const { count: samples } = requests
  return {
    ok: true,
    value: [
      { name, tailMs: duration['p(95)'], quantile: 'p95', samples, failed: Math.round(share * samples) },
    ],
  }
}
