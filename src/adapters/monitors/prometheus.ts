/** One number out of an answer of Prometheus' HTTP API, or of a server that speaks it (Thanos, Mimir, VictoriaMetrics). */
import { z } from 'zod'
import type { MonitorReading } from '../../core/monitoring.ts'
import { code, count } from '../../core/sentences.ts'
import { parsed } from '../json.ts'
import { statusSentence } from '../outbound/failures.ts'
import { noValue } from './reading.ts'

/** Times in seconds, as the API has them. */
export type PrometheusQuery =
  | { kind: 'instant'; query: string; time: number }
  | { kind: 'range'; query: string; start: number; end: number; step: number }

/** Time in seconds, and the value as a text, since JSON has no NaN. */
const Point = z.tuple([z.number(), z.string()])

/** Series without `value` or `values` hold native histograms. */
const Data = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('scalar'), result: Point }),
  z.object({ resultType: z.literal('string'), result: z.unknown() }),
  z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: Point.optional() })) }),
  z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ values: z.array(Point).optional() })),
  }),
])
const Answer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), data: Data }),
  z.object({ status: z.literal('error'), error: z.string().default('') }),
])

/**
 * The value of an instant query, or the mean of the finite points of a range query.
 *
 * @returns a reason that is the rest of a sentence about the host.
 */
export function readPrometheus(text: string, status: number): MonitorReading {
  const answer = Answer.safeParse(parsed(text))
  if (!answer.success)
    return noValue(status === 200 ? "answered, but not as Prometheus' API does" : statusSentence(status, 200))
  if (answer.data.status === 'error') return noValue(`refused the query: ${code(answer.data.error, 300)}`)
  if (status !== 200) return noValue(statusSentence(status, 200))
  const { data } = answer.data
  switch (data.resultType) {
    case 'scalar':
      return finite([data.result], 'its only point')
    case 'vector': {
      const [series] = data.result
      if (series === undefined || data.result.length > 1) return notOne(data.result.length)
      return series.value ? finite([series.value], 'its only point') : histogram
    }
    case 'matrix': {
      const [series] = data.result
      if (series === undefined || data.result.length > 1) return notOne(data.result.length)
      return series.values ? finite(series.values, 'every point of the time that was asked for') : histogram
    }
    case 'string':
      return noValue('answered with a text; the query must give a number')
    default:
      return data satisfies never
  }
}

const histogram = noValue(
  'answered with a histogram; `histogram_quantile` or `histogram_fraction` makes a number of it',
)

function notOne(series: number): MonitorReading {
  return noValue(
    series === 0
      ? 'has no series for the query: nothing is measured, or its labels match nothing'
      : `has ${count(series, 'series', 'series')} for the query, and one is needed: \`sum\` or \`max\` over them makes one`,
  )
}

/** The mean of the points that are finite numbers. */
function finite(points: readonly z.infer<typeof Point>[], all: string): MonitorReading {
  const values = points.map(([, value]) => numberOf(value))
  const usable = values.filter((value) => Number.isFinite(value))
  if (usable.length === 0) {
    const shown = points[0] === undefined ? 'missing' : code(points[0][1], 20)
    return noValue(`has no number for the query: ${all} is ${shown}`)
  }
  // Divided first: figures of any size must not add up to one that nobody can count with.
  return { ok: true, value: usable.reduce((mean, value) => mean + value / usable.length, 0) }
}

/** `NaN` also for what is no number at all; JavaScript would read an empty text as 0, and 0x10 as 16. */
function numberOf(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
}
