/** The geometry of a plot: round ticks, thinning that loses no spike, figures as short as an axis needs, labels that keep apart. */
import type { MonitorRule } from '../core/watch.ts'

/** The next of 1, 2 and 5 times a power of ten that is not below a positive number. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  // A power too small for a double has no multiples to choose from.
  if (power === 0 || !Number.isFinite(least / power)) return least
  const factor = [1, 2, 5].find((one) => one * power >= least * (1 - 1e-9)) ?? 10
  return factor * power
}

/** Round values from zero up to `top`, which is positive: two at least and five at most. */
export function valueTicks(top: number): number[] {
  const step = Math.min(top, roundStep(top / 4) || top)
  const whole = Math.min(4, Math.floor((top / step) * (1 + 1e-9)))
  // Multiples of 0.1 carry dust in their last digits.
  return Array.from({ length: whole + 1 }, (_, at) => Number((at * step).toPrecision(12)))
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const units: readonly { name: string; ms: number; steps: readonly number[] }[] = [
  { name: 's', ms: second, steps: [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30] },
  { name: 'min', ms: minute, steps: [1, 2, 5, 10, 15, 30] },
  { name: 'h', ms: hour, steps: [1, 2, 3, 6, 12] },
  { name: 'd', ms: day, steps: [1, 2, 5, 10, 20, 50, 100] },
]

/** Round distances in time from zero up to `lengthMs`, five at most, in one unit that the last label names. */
export function timeTicks(lengthMs: number): { ms: number; label: string }[] {
  const all = units.flatMap(({ name, ms, steps }) => steps.map((step) => ({ name, ms, step: step * ms })))
  const chosen = all.find(({ step }) => lengthMs / step <= 4 + 1e-9)
  if (!chosen) return [{ ms: 0, label: '0' }]
  const { name, ms, step } = chosen
  const last = Math.floor(lengthMs / step + 1e-9)
  return Array.from({ length: last + 1 }, (_, at) => {
    const figure = String(Number(((at * step) / ms).toPrecision(6)))
    return { ms: at * step, label: at === last && at > 0 ? `${figure} ${name}` : figure }
  })
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })

/** A value in its unit, in ten characters at most: `0.25 %`, `480 ms`, `1.2T`, `1e-9`. */
export function shortValue(value: number, unit: MonitorRule['unit']): string {
  const figure = unit === 'ratio' ? Math.min(Number.MAX_VALUE, value * 100) : value
  const ordinary = figure === 0 || (figure >= 1e-3 && figure < 9.995e14)
  const text = ordinary
    ? figure < 1e4
      ? String(Number(figure.toPrecision(3)))
      : compact.format(figure)
    : figure.toExponential(1).replace(/\.?0*e\+?/, 'e')
  return unit === 'ratio' ? `${text} %` : unit === 'ms' ? `${text} ms` : text
}

/**
 * Which places of a long row are drawn: per column of the drawing the lowest and the highest value, so that every spike
 * stays and the drawing stays small. All places where there is room.
 *
 * @param columnOf the column of a place; it never falls from one place to the next.
 * @returns places of known values, in order, two a column at most.
 */
export function thinned(
  values: readonly (number | null)[],
  columnOf: (place: number) => number,
  columns: number,
): number[] {
  const known = values.flatMap((value, place) => (value === null ? [] : [{ value, place }]))
  if (known.length <= columns) return known.map(({ place }) => place)
  const extremes = new Map<number, { low: (typeof known)[number]; high: (typeof known)[number] }>()
  for (const one of known) {
    const column = columnOf(one.place)
    const { low, high } = extremes.get(column) ?? { low: one, high: one }
    extremes.set(column, {
      low: one.value < low.value ? one : low,
      high: one.value > high.value ? one : high,
    })
  }
  return [...extremes.values()].flatMap(({ low, high }) =>
    [...new Set([low.place, high.place])].sort((a, b) => a - b),
  )
}

/**
 * Heights of labels that want to stand at `wanted`, moved as little as it takes to keep `apart` and inside.
 *
 * @returns in the order in which they were given.
 */
export function spread(wanted: readonly number[], apart: number, least: number, most: number): number[] {
  const order = wanted.map((y, at) => ({ y, at })).sort((a, b) => a.y - b.y || a.at - b.at)
  let from = least
  for (const one of order) {
    one.y = Math.max(one.y, from)
    from = one.y + apart
  }
  let until = most
  for (const one of order.toReversed()) {
    one.y = Math.min(one.y, until)
    until = one.y - apart
  }
  return order.sort((a, b) => a.at - b.at).map(({ y }) => y)
}
