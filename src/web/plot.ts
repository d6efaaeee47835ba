/** The samples of a window as a plot, one a monitor: a pure function to SVG, with its numbers in a table below it (R3). */
import { code, count } from '../core/sentences.ts'
import { isAmount, type MonitorRow, shownValue } from '../rollout/window.ts'
import { badge, type Html, html, moment, sentence, table } from './html.ts'
import { shortValue, spread, thinned, timeTicks, valueTicks } from './plotScale.ts'

/** When a window's samples are due: `samples` of them, at equal distances after it opened. */
export interface WindowTimes {
  /** Milliseconds since 1970. */
  atMs: number
  intervalMs: number
  samples: number
}

/** One unit is about a pixel: a plot is shown at its own size on a phone and a little larger on a desk. */
const size = { width: 384, height: 136 }
const frame = { left: 56, right: 272, top: 10, bottom: 112 }
const columns = frame.right - frame.left
/** The height of a line of labels. */
const labelApart = 12
/** Points nearer than this are a line. */
const dotsApart = 3.5
/** A ceiling so many times higher than all the rest would press the rest flat: it is named at the edge instead. */
const ceilingTimes = 6
/** Rows of the table of numbers. */
const mostRows = 120

/** One plot a monitor, side by side where there is room. */
export function plots(rows: readonly MonitorRow[], times: WindowTimes): Html {
  if (rows.length === 0) return html`<p class="empty">No monitor is configured.</p>`
  return html`<div class="plots">${rows.map((row) => plot(row, times))}</div>`
}

export function plot(row: MonitorRow, times: WindowTimes): Html {
  // What is no amount is drawn as what said nothing.
  const values = row.values.map((value) => (value !== null && isAmount(value) ? value : null))
  const known = { ...row, values }
  const over = values.filter((value) => isOver(known, value)).length
  const effect = row.rule.on === 'rollback' ? 'rolls back' : 'alerts'
  return html`<figure class="plot">
    <figcaption><strong>${row.name}</strong> <span class="faint">${effect}</span> ${
      over > 0 ? badge('bad', `${over} over`) : ''
    }</figcaption>
    ${drawing(known, times)}
    <details><summary>Samples</summary>${numbers(known, times)}</details>
  </figure>`
}

/** A sample over either line: which of them ends a window, and after how many, is the judge's to say. */
function isOver({ limit, ceiling }: MonitorRow, value: number | null): boolean {
  return value !== null && value > Math.min(limit, ceiling ?? limit)
}

function drawing(row: MonitorRow, times: WindowTimes): Html {
  const { values } = row
  const last = Math.max(times.samples, values.length)
  const top = topOf(row)
  const x = (place: number) => frame.left + (columns * (place + 1)) / last
  const y = (value: number) => frame.bottom - (frame.bottom - frame.top) * Math.min(1, value / top)
  const drawn = thinned(values, (place) => Math.floor((columns * (place + 1)) / last), columns)
  const dotted = columns / last >= dotsApart
  const at = (place: number) => `${tidy(x(place))} ${tidy(y(values[place] ?? 0))}`
  const dots = (places: number[]) => places.map((place) => `M${at(place)}h0`).join('')
  const newest = drawn.at(-1)
  const line = drawn
    .map((place, index) => `${joined(values, drawn[index - 1], place) ? 'L' : 'M'}${at(place)}`)
    .join('')
  const bad = drawn.filter((place) => isOver(row, values[place] ?? null))
  const fine = drawn.filter((place) => !bad.includes(place) && (dotted || place === newest))
  return html`<svg class="drawing" viewBox="0 0 ${size.width} ${size.height}" role="img">
    <title>${told(row)}</title>
    ${axes(row, times, top, last, y)}
    ${lines(row, top).map(
      ({ kind, value }) =>
        html`<line class="${kind}" x1="${frame.left}" x2="${frame.right}" y1="${tidy(y(value))}" y2="${tidy(y(value))}"/>`,
    )}
    <path class="silent" d="${silent(values, x)}"/>
    <path class="line" d="${line}"/>
    <path class="dots" d="${dots(fine)}"/>
    <path class="dots over" d="${dots(bad)}"/>
    ${labels(row, top, y, newest === undefined ? null : { x: x(newest), value: values[newest] ?? 0 })}
  </svg>`
}

/** The highest value that is drawn; the lowest is zero, so that heights can be compared. */
function topOf({ values, baseline, limit, ceiling }: MonitorRow): number {
  const known = [...values, baseline, limit].filter((value) => value !== null && isAmount(value))
  const rest = known.reduce<number>((most, value) => Math.max(most, value ?? 0), 0)
  const whole = ceiling !== null && ceiling <= ceilingTimes * rest ? Math.max(rest, ceiling) : rest
  return whole > 0 ? whole : 1
}

/** Whether nothing between two drawn places said nothing: the line breaks there, and is never drawn through a guess. */
function joined(values: readonly (number | null)[], from: number | undefined, to: number): boolean {
  return from !== undefined && !values.slice(from, to).includes(null)
}

/** Below the axis, where no value can be: one mark a sample that said nothing, one a column at most. */
function silent(values: readonly (number | null)[], x: (place: number) => number): string {
  const marks = values.flatMap((value, place) => (value === null ? [place] : []))
  const places =
    marks.length > columns ? [...new Map(marks.map((one) => [Math.round(x(one)), one])).values()] : marks
  return places.map((place) => `M${tidy(x(place))} ${frame.bottom + 1.5}v4`).join('')
}

/** The lines across: what holds for the time to come as well. */
function lines({ baseline, limit, ceiling }: MonitorRow, top: number) {
  const all = [
    { kind: 'before', value: baseline },
    { kind: 'limit', value: ceiling === limit ? null : limit },
    { kind: 'ceiling', value: ceiling },
  ] as const
  return all.flatMap(({ kind, value }) => (value !== null && value <= top ? [{ kind, value }] : []))
}

function axes(
  { rule }: MonitorRow,
  { intervalMs }: WindowTimes,
  top: number,
  last: number,
  y: (value: number) => number,
): Html {
  const lengthMs = last * intervalMs
  return html`<line class="axis" x1="${frame.left}" x2="${frame.right}" y1="${frame.bottom}" y2="${frame.bottom}"/>
    ${valueTicks(top).map(
      (value) =>
        html`<text class="tick" text-anchor="end" x="${frame.left - 6}" y="${tidy(y(value) + 3.5)}">${value === 0 ? '0' : shortValue(value, rule.unit)}</text>`,
    )}
    ${timeTicks(lengthMs).map(
      ({ ms, label }) =>
        html`<text class="tick" text-anchor="middle" x="${tidy(frame.left + (columns * ms) / lengthMs)}" y="${frame.bottom + 19}">${label}</text>`,
    )}`
}

/** Lines are named where they end; so is the row of samples, beside its last point while there is room. */
function labels(
  row: MonitorRow,
  top: number,
  y: (value: number) => number,
  newest: { x: number; value: number } | null,
): Html {
  const text = (value: number) => shortValue(value, row.rule.unit)
  const named = lines(row, top).map(({ kind, value }) => ({
    kind: `name ${kind}`,
    text: `${kind} ${text(value)}`,
    y: y(value),
  }))
  if (row.ceiling !== null && row.ceiling > top)
    named.push({ kind: 'name ceiling', text: `↑ ceiling ${text(row.ceiling)}`, y: frame.top - 1 })
  const tone = newest && isOver(row, newest.value) ? 'name last over' : 'name last'
  const own = newest && { kind: tone, text: text(newest.value), y: y(newest.value) }
  const beside = newest && own && newest.x + 6 + 7 * own.text.length < frame.right
  if (own && !beside) named.push(own)
  const heights = spread(
    named.map((one) => one.y),
    labelApart,
    frame.top,
    frame.bottom,
  )
  return html`${named.map(
    (one, at) =>
      html`<text class="${one.kind}" x="${frame.right + 6}" y="${tidy((heights[at] ?? 0) + 3.5)}">${one.text}</text>`,
  )}${
    beside
      ? html`<text class="${own.kind}" x="${tidy(newest.x + 6)}" y="${tidy(own.y + 3.5)}">${own.text}</text>`
      : ''
  }`
}

/** The plot as one sentence, for whoever hears it read. */
function told(row: MonitorRow): string {
  const value = (number: number) => shownValue(number, row.rule.unit)
  const known = row.values.filter((one) => one !== null)
  const nothing = row.values.length - known.length
  const newest = known.at(-1)
  const over = known.filter((one) => isOver(row, one)).length
  const ceiling = row.ceiling === null || row.ceiling === row.limit ? '' : `, ceiling ${value(row.ceiling)}`
  const limits = `limit ${value(row.limit)}${ceiling}`
  if (newest === undefined)
    return `${row.name}: ${nothing === 0 ? 'no sample yet' : `${count(nothing, 'sample')}, and none of them said anything`}; ${limits}.`
  const silence = nothing === 0 ? '' : `, and ${nothing} said nothing`
  return `${row.name}: last ${value(newest)}, ${limits}; ${over === 0 ? 'none' : over} of ${count(row.values.length, 'sample')} over it${silence}.`
}

function numbers(row: MonitorRow, { atMs, intervalMs }: WindowTimes): Html {
  const { values, rule } = row
  const first = Math.max(0, values.length - mostRows)
  const rows = values.slice(first).map((value, at) => {
    const place = first + at + 1
    const shown = value === null ? 'said nothing' : shownValue(value, rule.unit)
    return [place, moment(atMs + place * intervalMs), isOver(row, value) ? badge('bad', shown) : shown]
  })
  const older = first === 0 ? '' : html`<p class="faint">The newest ${mostRows} of ${values.length}.</p>`
  const before =
    row.baseline === null
      ? 'nothing is known'
      : `${code(row.name)} was ${shownValue(row.baseline, rule.unit)}`
  return html`<p class="faint">${sentence(`Before the deployment ${before}.`)}</p>${older}
    ${table(['Sample', 'Due (UTC)', 'Value'], rows, 'No sample has been taken yet.')}`
}

const tidy = (number: number): number => Math.round(number * 10) / 10
