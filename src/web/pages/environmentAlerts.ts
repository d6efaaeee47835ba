/** What people were told of an environment: alerts with their end, newest first (R3, R4). */
import { type Fact, type FactOf, factsOf } from '../../core/facts.ts'
import { badge, type Html, html, moment, sentence } from '../html.ts'

const mostAlerts = 10

export function alertsSection(facts: readonly Fact[]): Html {
  const all = factsOf(facts, 'alert.raised')
  const ends = new Map(
    all.filter(({ body }) => body.what === 'recovered').map((fact) => [fact.body.episode, fact]),
  )
  const raised = all.filter(({ body }) => body.what === 'raised').toReversed()
  if (raised.length === 0) return html``
  const shown = raised.slice(0, mostAlerts)
  const older = raised.length - shown.length
  return html`<section><h2>Alerts</h2>
    <ol class="history" reversed>${shown.map((fact) => alert(fact, ends.get(fact.body.episode)))}</ol>
    ${older > 0 ? html`<p class="faint">And ${older} before these.</p>` : ''}
  </section>`
}

function alert({ atMs, body }: FactOf<'alert.raised'>, end: FactOf<'alert.raised'> | undefined): Html {
  return html`<li>
    <p>${moment(atMs)} <strong>${body.title}</strong> ${end ? badge('good', 'over') : badge('bad', 'open')}</p>
    <p>${sentence(body.text)}</p>
    ${end ? html`<p class="faint">${moment(end.atMs)} ${sentence(end.body.text)}</p>` : ''}
  </li>`
}
