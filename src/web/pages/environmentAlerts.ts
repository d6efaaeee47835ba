/** What people were told of an environment: alerts with their end, newest first (R3, R4). */
import { type Fact, factsOf } from '../../core/facts.ts'
import { badge, type Html, html, moment, sentence, table } from '../html.ts'

const mostAlerts = 10

export function alertsSection(facts: readonly Fact[]): Html {
  const all = factsOf(facts, 'alert.raised')
  const ends = new Map(
    all.filter(({ body }) => body.what === 'recovered').map((fact) => [fact.body.episode, fact]),
  )
  const raised = all.filter(({ body }) => body.what === 'raised').toReversed()
  if (raised.length === 0) return html``
  const rows = raised.slice(0, mostAlerts).map(({ atMs, body }) => {
    const end = ends.get(body.episode)
    const state = end ? html`${badge('good', 'over')} ${moment(end.atMs)}` : badge('bad', 'open')
    return [
      moment(atMs),
      html`<strong>${body.title}</strong><br>${sentence(body.text)}${end ? html`<br>${sentence(end.body.text)}` : ''}`,
      state,
    ]
  })
  const older = raised.length - rows.length
  return html`<section><h2>Alerts</h2>
    ${table(['Raised (UTC)', 'What', ''], rows, '')}
    ${older > 0 ? html`<p class="faint">And ${older} before these.</p>` : ''}
  </section>`
}
