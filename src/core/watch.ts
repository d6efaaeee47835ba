/** What is watched after a deployment: the rules of a window as they were frozen when it opened (R3, T21). */
import { z } from 'zod'
import { MonitorSource } from './monitoring.ts'

const amount = z.number().min(0).max(1e15)

export const MonitorRule = z.object({
  name: z.string().max(60),
  source: MonitorSource,
  /** What a breach comes to: the deployment is rolled back, or people are told. */
  on: z.enum(['rollback', 'alert']),
  /** A value over this is a breach, or, where it is higher, over `ratio` times the baseline. */
  above: amount,
  ratio: amount.nullable(),
  /** A breach must be seen in this many samples, one after the other. */
  times: z.number().int().min(1).max(100),
  /** Over this, or where it is higher over `ceilingRatio` times the baseline, one sample is enough. */
  ceiling: amount.nullable(),
  ceilingRatio: amount.nullable(),
  /** A value over few requests says nothing. */
  perRequest: z.boolean(),
  unit: z.enum(['ratio', 'ms', 'number']),
})
export type MonitorRule = z.infer<typeof MonitorRule>

export const WatchRules = z.object({
  /** Conclusive samples that a window takes. */
  samples: z.number().int().min(1).max(2000),
  intervalMs: z.number().int().min(100).max(3_600_000),
  /** Inconclusive samples in a row after which it is held; three times as many in all. */
  inconclusive: z.number().int().min(0).max(100),
  requests: z.object({ source: MonitorSource, minimum: z.number().int().min(0) }).nullable(),
  monitors: z.array(MonitorRule).max(20),
})
export type WatchRules = z.infer<typeof WatchRules>

/** The name under which the number of requests is read beside the monitors; policy cannot name one so. */
export const requestsName = '#requests'

/** What one sample, or the baseline, asks for. */
export function sourcesOf({ monitors, requests }: WatchRules): { name: string; source: MonitorSource }[] {
  const named = monitors.map(({ name, source }) => ({ name, source }))
  return requests ? [{ name: requestsName, source: requests.source }, ...named] : named
}
