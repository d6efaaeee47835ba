/** The window after a deployment: what its samples say so far, by the rules that were frozen when it opened (R3). */
import type { MonitorReading } from '../core/monitoring.ts'
import { code, count } from '../core/sentences.ts'
import { type MonitorRule, requestsName, type WatchRules } from '../core/watch.ts'

export type Readings = ReadonlyMap<string, MonitorReading>

/** One monitor as the check run shows it. */
export interface MonitorRow {
  name: string
  rule: MonitorRule
  baseline: number | null
  /** One entry a sample, in order; null is inconclusive. */
  values: (number | null)[]
  /** The value over which a sample is a breach. */
  limit: number
  /** The value over which one sample is enough; null where the rule has none. */
  ceiling: number | null
}

export interface WindowVerdict {
  state: 'watching' | 'healthy' | 'failed' | 'held'
  sentence: string
  rows: MonitorRow[]
  /** Monitors that only alert, and that were over their limit for as long as their rule says. */
  alerts: { name: string; over: boolean; sentence: string }[]
  /** Mean of the conclusive values, by monitor. */
  means: Record<string, number>
  /** Samples that were looked at. */
  seen: number
}

/** The most samples that a window can take before it is over one way or the other. */
export function mostSamples({ samples, inconclusive, monitors }: WatchRules): number {
  return samples + 3 * inconclusive + Math.max(1, ...monitors.map(({ times }) => times)) + 1
}

/**
 * Judge a window.
 *
 * @param baseline what each monitor showed before the deployment; a monitor without one has its fixed limits only.
 * @param samples oldest first, without a gap: what comes after one that is not collected yet is not looked at.
 */
export function judgeWindow(
  rules: WatchRules,
  baseline: ReadonlyMap<string, number>,
  samples: readonly Readings[],
): WindowVerdict {
  const monitors = rules.monitors.map((rule) => new Monitor(rule, baseline.get(rule.name) ?? null))
  const deciding = monitors.filter(({ rule }) => rule.on === 'rollback')
  let conclusive = 0
  let inRow = 0
  let inconclusive = 0
  let last = ''
  let passed: WindowVerdict | null = null
  const verdict = (state: WindowVerdict['state'], sentence: string): WindowVerdict => ({
    state,
    sentence,
    rows: monitors.map((one) => one.row()),
    alerts: monitors.flatMap((one) => one.alert()),
    means: Object.fromEntries(monitors.flatMap((one) => one.mean())),
    seen: conclusive + inconclusive,
  })
  for (const readings of samples) {
    const few = tooFew(rules, readings)
    const unread = monitors.flatMap((one) => one.take(readings, few))
    const told = unread.filter(({ rule }) => rule.on === 'rollback')
    inconclusive += told.length > 0 ? 1 : 0
    inRow = told.length > 0 ? inRow + 1 : 0
    conclusive += told.length > 0 ? 0 : 1
    last = told[0]?.sentence ?? ''
    const broken = deciding.find((one) => one.broken !== null)
    // guard: breachRollsBack
    if (broken?.broken) return verdict('failed', broken.broken)
    // A round that comes late knows more than the window asked for: only a breach still counts.
    if (passed) continue
    // guard: unknownHolds
    if (inRow > rules.inconclusive || inconclusive > 3 * rules.inconclusive)
      return verdict(
        'held',
        `${count(inRow, 'sample')} in a row, ${inconclusive} in all, said nothing: ${last} Nobody can tell whether it is healthy.`,
      )
    // A breach that has begun is watched to its end, and a sample that said nothing ends nothing well.
    // guard: wholeWindow
    if (told.length === 0 && conclusive >= rules.samples && !deciding.some((one) => one.streak > 0))
      passed = verdict(
        'healthy',
        deciding.length === 0
          ? `The window of ${count(rules.samples, 'sample')} has passed. No monitor that could roll it back is configured.`
          : `${count(conclusive, 'sample')} within their limits.`,
      )
  }
  if (passed) return passed
  // Limits that are crossed in turn would keep it open for ever.
  // guard: bounded
  if (samples.length >= mostSamples(rules))
    return verdict(
      'held',
      `${count(samples.length, 'sample')} were taken and the limits are still crossed now and then. Nobody can tell whether it is healthy.`,
    )
  const more = inRow > 0 ? ` The last one said nothing: ${last}` : ''
  return verdict('watching', `Watched: ${conclusive} of ${count(rules.samples, 'sample')}.${more}`)
}

/** The sentence why values over requests say nothing in this sample, or null. */
function tooFew({ requests }: WatchRules, readings: Readings): string | null {
  if (!requests) return null
  const reading = readings.get(requestsName)
  if (!reading?.ok) return `the number of requests could not be read: ${reading?.reason ?? 'no answer'}`
  if (!Number.isFinite(reading.value)) return `the number of requests is ${reading.value}`
  // guard: enoughRequests
  return reading.value >= requests.minimum
    ? null
    : `${Math.round(reading.value)} requests, and fewer than ${requests.minimum} say nothing`
}

/** One monitor over the samples of a window. */
class Monitor {
  readonly rule: MonitorRule
  streak = 0
  broken: string | null = null
  private readonly baseline: number | null
  private readonly limit: number
  private readonly ceiling: number
  private readonly values: (number | null)[] = []
  private alerted: boolean | null = null

  constructor(rule: MonitorRule, baseline: number | null) {
    const over = (least: number | null, ratio: number | null) =>
      least === null
        ? Number.POSITIVE_INFINITY
        : Math.max(least, ratio === null || baseline === null ? 0 : ratio * baseline)
    this.rule = rule
    this.baseline = baseline
    // Without a baseline only the ceiling is known; where a rule has none, its fixed limit stands (R3).
    this.limit =
      rule.ratio !== null && baseline === null && rule.ceiling !== null
        ? rule.ceiling
        : over(rule.above, rule.ratio)
    this.ceiling = over(rule.ceiling, rule.ceilingRatio)
  }

  /** Take one sample; what it could not tell comes back with the reason. */
  take(readings: Readings, few: string | null): { rule: MonitorRule; sentence: string }[] {
    const reading = readings.get(this.rule.name)
    const reason =
      this.rule.perRequest && few !== null
        ? few
        : !reading?.ok
          ? (reading?.reason ?? 'no answer')
          : isAmount(reading.value)
            ? null
            : `it is ${reading.value}, which is no amount`
    if (reason !== null || !reading?.ok) {
      this.values.push(null)
      return [{ rule: this.rule, sentence: `${code(this.rule.name)}: ${reason ?? 'no answer'}.` }]
    }
    const { value } = reading
    this.values.push(value)
    const over = value > this.limit
    this.streak = over ? this.streak + 1 : 0
    if (!over && this.alerted) this.alerted = false
    if (value > this.ceiling || (over && this.streak >= this.rule.times)) this.alerted = true
    if (value > this.ceiling)
      this.broken = `${code(this.rule.name)} is ${this.shown(value)}, over the ceiling of ${this.shown(this.ceiling)}.`
    else if (over && this.streak >= this.rule.times)
      this.broken = `${code(this.rule.name)} was over ${this.shown(this.limit)} in ${count(this.streak, 'sample')} in a row, last ${this.shown(value)}${this.baseline === null ? '' : ` (before the deployment ${this.shown(this.baseline)})`}.`
    return []
  }

  row(): MonitorRow {
    const { rule, baseline, values, limit } = this
    const ceiling = rule.ceiling === null ? null : this.ceiling
    return { name: rule.name, rule, baseline, values, limit, ceiling }
  }

  alert(): WindowVerdict['alerts'] {
    if (this.rule.on !== 'alert' || this.alerted === null) return []
    const value = this.values.findLast((one) => one !== null) ?? 0
    const name = code(this.rule.name)
    const sentence = this.alerted
      ? `${name} is ${this.shown(value)}, over ${this.shown(this.limit)} for ${count(this.streak, 'sample')}.`
      : `${name} is back at ${this.shown(value)}.`
    return [{ name: this.rule.name, over: this.alerted, sentence }]
  }

  mean(): [string, number][] {
    const known = this.values.filter((one) => one !== null)
    if (known.length === 0) return []
    return [[this.rule.name, known.reduce((sum, one) => sum + one, 0) / known.length]]
  }

  private shown(value: number): string {
    return shownValue(value, this.rule.unit)
  }
}

/** Whether a figure can be judged: a monitor that answers NaN or less than nothing has told nothing. */
// guard: realNumbers
export const isAmount = (value: number): boolean => Number.isFinite(value) && value >= 0

/** A value in its unit: `0.52 %`, `480 ms`, `17.3`. */
export function shownValue(value: number, unit: MonitorRule['unit']): string {
  const round = (number: number) => String(Number(number.toPrecision(3)))
  if (unit === 'ratio') return `${round(value * 100)} %`
  return unit === 'ms' ? `${round(value)} ms` : round(value)
}
