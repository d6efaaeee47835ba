/** Monitors as policy writes them, with R3's defaults, and as a window holds them. */
import { z } from 'zod'
import { MonitorSource } from '../core/monitoring.ts'
import type { MonitorRule } from '../core/watch.ts'

const fraction = z.number().min(0).max(1)
const on = z.enum(['rollback', 'alert'])
const times = z.number().int().min(1).max(100)

export const MonitorSettings = z.discriminatedUnion('rule', [
  z.strictObject({
    rule: z.literal('error_rate').describe('Failed requests as a fraction of all (0.01 is 1 %).'),
    source: MonitorSource,
    on: on.default('rollback'),
    above: fraction.default(0.001),
    times_baseline: z.number().min(1).max(100).default(1.5),
    ceiling: fraction.default(0.005),
    samples: times.default(3),
  }),
  z.strictObject({
    rule: z.literal('latency_p95').describe('95th percentile of response times, in milliseconds.'),
    source: MonitorSource,
    on: on.default('alert'),
    above: z.number().positive().max(1e7).default(500),
    samples: times.default(3),
  }),
  z.strictObject({
    rule: z.enum(['memory', 'cpu']).describe('What is used, as a fraction of what there is.'),
    source: MonitorSource,
    on: on.default('alert'),
    above: fraction.default(0.85),
    samples: times.default(3),
  }),
  z.strictObject({
    rule: z.literal('number').describe('Any number that is bad when it is high.'),
    source: MonitorSource,
    on: on.default('alert'),
    above: z.number().min(0).max(1e15),
    times_baseline: z.number().min(1).max(1000).optional(),
    ceiling: z.number().min(0).max(1e15).optional(),
    samples: times.default(3),
    per_request: z.boolean().default(false).describe('It says nothing over too few requests.'),
  }),
])
export type MonitorSettings = z.infer<typeof MonitorSettings>

/** The rule of one monitor, with nothing left to default. */
export function monitorRule(name: string, monitor: MonitorSettings): MonitorRule {
  const { source, above, samples, on: effect, rule } = monitor
  const common = { name, source, above, times: samples, on: effect }
  switch (rule) {
    case 'error_rate':
      return {
        ...common,
        ratio: monitor.times_baseline,
        ceiling: monitor.ceiling,
        ceilingRatio: 2,
        perRequest: true,
        unit: 'ratio',
      }
    case 'latency_p95':
      return { ...common, ratio: null, ceiling: null, ceilingRatio: null, perRequest: true, unit: 'ms' }
    case 'memory':
    case 'cpu':
      return { ...common, ratio: null, ceiling: null, ceilingRatio: null, perRequest: false, unit: 'ratio' }
    case 'number':
      return {
        ...common,
        ratio: monitor.times_baseline ?? null,
        ceiling: monitor.ceiling ?? null,
        ceilingRatio: null,
        perRequest: monitor.per_request,
        unit: 'number',
      }
    default:
      return monitor satisfies never
  }
}
