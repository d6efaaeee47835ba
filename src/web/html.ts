/** How pages are written: a template that escapes whatever it is given (T37), and the words and marks that all pages share. */
import { html } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'

export { html }
/** Markup that is already escaped. Text of others reaches a page only through the template `html`. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>

/** The colours of the board: the same five, with the same meaning, on every page. */
export type Tone = 'good' | 'busy' | 'asks' | 'bad' | 'quiet'

/** A word in a pill. */
export const badge = (tone: Tone, word: string): Html => html`<span class="badge ${tone}">${word}</span>`

/**
 * Moments are shown in UTC, and read aloud as such.
 *
 * @param ms milliseconds since 1970.
 */
export function moment(ms: number): Html {
  const iso = new Date(ms).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')}</time>`
}

/** @param ms a length of time in milliseconds. Two units at most: `2 d 4 h`, `3 min`, `12 s`. */
export function span(ms: number): string {
  const units: [string, number][] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ]
  const first = units.findIndex(([, size]) => ms >= size)
  if (first < 0) return 'under 1 s'
  let rest = ms
  return units
    .slice(first, first + 2)
    .map(([unit, size]) => {
      const whole = Math.floor(rest / size)
      rest -= whole * size
      return whole === 0 ? '' : `${whole} ${unit}`
    })
    .filter(Boolean)
    .join(' ')
}

/** A commit by its first characters; the whole of it shows on hovering. */
export const commit = (sha: string): Html => html`<code title="${sha}">${sha.slice(0, 8)}</code>`

export const usd = (amount: number): string => `$${amount.toFixed(2)}`

/** A share as whole per cent, or a dash where there is nothing to share. */
export const percent = (part: number, of: number): string =>
  of === 0 ? '–' : `${Math.round((100 * part) / of)} %`

/** Our own sentences carry Markdown's code marks and emphasis; everything else in them is text. */
export function sentence(text: string): Html {
  const parts = text.split(/(`[^`]+`|\*\*[^*]+\*\*)/)
  return html`${parts.map((part) => {
    if (/^`[^`]+`$/.test(part)) return html`<code>${part.slice(1, -1)}</code>`
    if (/^\*\*[^*]+\*\*$/.test(part)) return html`<strong>${part.slice(2, -2)}</strong>`
    return html`${part}`
  })}`
}

/** A column of text by its name, or one of numbers, which end at its right edge. */
export type Column = string | { number: string }

/** Rows and columns; `empty` is said where there are none. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly unknown[])[],
  empty: string,
): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`
  const cell = (at: number, content: unknown): Html =>
    typeof columns[at] === 'object' ? html`<td class="number">${content}</td>` : html`<td>${content}</td>`
  return html`<div class="scroll"><table>
    <thead><tr>${columns.map((column) =>
      typeof column === 'string'
        ? html`<th scope="col">${column}</th>`
        : html`<th scope="col" class="number">${column.number}</th>`,
    )}</tr></thead>
    <tbody>${rows.map((cells) => html`<tr>${cells.map((content, at) => cell(at, content))}</tr>`)}</tbody>
  </table></div>`
}
