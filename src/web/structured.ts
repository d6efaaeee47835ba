/** What a session handed in, as lists and names: any JSON, bounded, every text escaped (T37). */
import { type Html, html } from './html.ts'

const deepest = 6
const mostItems = 200
const longestText = 4000

/** @param value parsed JSON; the schemas of deliverables bound it, and what is older than they is cut here. */
export function structured(value: unknown, depth = 0): Html {
  if (depth > deepest) return html`…`
  if (Array.isArray(value)) {
    if (value.length === 0) return html`<span class="empty">none</span>`
    const items = value.slice(0, mostItems).map((one) => html`<li>${structured(one, depth + 1)}</li>`)
    const rest = value.length - mostItems
    return html`<ul>${items}${rest > 0 ? html`<li class="empty">${rest} more</li>` : ''}</ul>`
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).slice(0, mostItems)
    return html`<dl class="facts">${entries.map(([name, one]) => html`<dt>${words(name)}</dt><dd>${structured(one, depth + 1)}</dd>`)}</dl>`
  }
  const text = String(value)
  const shown = text.length > longestText ? `${text.slice(0, longestText)}…` : text
  return shown.includes('\n') ? html`<pre>${shown}</pre>` : html`${shown}`
}

/** `failExample` as `fail example`. */
const words = (name: string): string => name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
