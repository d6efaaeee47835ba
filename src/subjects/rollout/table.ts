/** Samples as people read them: one row a monitor with its limit, its last value and a sparkline (R3). */
import { code } from '../../core/sentences.ts'
import { type MonitorRow, shownValue } from '../../rollout/window.ts'

const bars = '▁▂▃▄▅▆▇█'
/** Wider ones do not fit beside the numbers. */
const longest = 40

/** The last values as bars against the limit; a gap is a sample that said nothing. */
export function sparkline(values: readonly (number | null)[], limit: number): string {
  const shown = values.slice(-longest)
  const known = shown.filter((value) => value !== null)
  const top = Math.max(Number.isFinite(limit) ? limit : 0, ...known)
  return shown
    .map((value) =>
      value === null ? '·' : bars[top === 0 ? 0 : Math.min(7, Math.floor((value / top) * 7.999))],
    )
    .join('')
}

export function samplesTable(rows: readonly MonitorRow[]): string[] {
  if (rows.length === 0) return []
  return [
    '| monitor | before | last | limit | samples |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(({ name, rule, baseline, values, limit }) => {
      const value = (number: number | null | undefined) =>
        number === null || number === undefined ? '–' : shownValue(number, rule.unit)
      const effect = rule.on === 'rollback' ? 'rolls back' : 'alerts'
      return `| ${code(name)} (${effect}) | ${value(baseline)} | ${value(values.at(-1))} | ${value(limit)} | ${sparkline(values, limit)} |`
    }),
  ]
}
