/** The rows of each figure, a table or two a section. */
import type { FigureName } from '../../insight/definitions.ts'
import type { Figures } from '../../insight/figures.ts'
import type { Share, Spread } from '../../insight/numbers.ts'
import { lastAttempt } from '../../insight/odds.ts'
import { type Html, html, percent, span, table, usd } from '../html.ts'

const dash = '–'
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const day = (ms: number): Html =>
  html`<time datetime="${new Date(ms).toISOString()}">${new Date(ms).toISOString().slice(0, 10)}</time>`
const number = (name: string) => ({ number: name })
const signs = {
  fix: 'fix requests',
  rejection: 'changes asked for',
  repair: 'CI repairs',
  said: 'a person said so',
} as const

/** A share as a bar with its words: wide enough to compare rows, and read aloud as what it says. */
function bar({ part, of }: Share, tone = ''): Html {
  if (of === 0) return html`<span class="none">${dash}</span>`
  const said = `${part} of ${of}, ${percent(part, of)}`
  return html`<span class="share"><svg class="bar ${tone}" viewBox="0 0 100 8" preserveAspectRatio="none" role="img"><title>${said}</title><rect class="whole" width="100" height="8" rx="1"/><rect class="part" width="${Math.round((1000 * part) / of) / 10}" height="8" rx="1"/></svg><span>${percent(part, of)} <small>${part} of ${of}</small></span></span>`
}

const money = (spread: Spread | null, which: 'median' | 'p75') => (spread ? usd(spread[which]) : dash)
const time = (spread: Spread | null, which: 'median' | 'p75') => (spread ? span(spread[which]) : dash)

/** In the order of the page. */
export function figureTables(figures: Figures): Record<FigureName, Html> {
  return {
    features: features(figures.features),
    rework: rework(figures.rework),
    changeFailure: changeFailure(figures.changeFailure),
    reviewTime: reviewTime(figures.reviewTime),
    caught: caught(figures.caught),
    odds: odds(figures.odds),
    cost: cost(figures.cost),
  }
}

function features({ weeks, people, unknown }: Figures['features']): Html {
  const most = Math.max(1, ...weeks.map((week) => week.features + week.hotfixes))
  return html`<div class="pair"><div>${table(
    ['Week from', number('Features'), number('Hotfixes'), ''],
    weeks.map((week) => [day(week.fromMs), week.features, week.hotfixes, stack(week, most)]),
    '',
  )}</div><div>${table(
    ['Delegated by', number('Features'), number('Hotfixes'), number('Delegations')],
    people.map((one) => [one.login, one.features, one.hotfixes, one.delegated]),
    'Nobody delegated anything.',
  )}</div></div>
${unknown > 0 ? html`<p class="empty">Beside these, ${unknown} merged without a delegation on record.</p>` : ''}`
}

/** A week's merges: features, then hotfixes, to the scale of the fullest week. */
function stack({ features: some, hotfixes }: { features: number; hotfixes: number }, most: number): Html {
  const width = (value: number) => Math.round((1000 * value) / most) / 10
  return html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img"><title>${some} features, ${hotfixes} hotfixes</title><rect class="part" width="${width(some)}" height="8"/><rect class="beside" x="${width(some)}" width="${width(hotfixes)}" height="8"/></svg>`
}

function rework({ reworked, causes, signs: shown }: Figures['rework']): Html {
  if (reworked.of === 0) return html`<p class="empty">No agent's pull request came before people.</p>`
  return html`<div class="pair"><div>${table(
    ['Cause', 'Of those reworked'],
    causes.map(({ cause, pulls }) => [
      cause.replaceAll('-', ' '),
      bar({ part: pulls, of: reworked.part }, 'asks'),
    ]),
    '',
  )}</div><div>${table(
    ['Shown by, one or more', number('Pull requests')],
    Object.entries(shown).map(([sign, pulls]) => [signs[sign as keyof typeof signs], pulls]),
    '',
  )}</div></div>`
}

function changeFailure({ environments }: Figures['changeFailure']): Html {
  return table(
    [
      'Environment',
      'Failed',
      number('Rolled back'),
      number('Never came up'),
      number('Undecided'),
      'Asks a person',
    ],
    environments.map(({ environment, asks, failed, rolledBack, neverStood, undecided }) => [
      environment,
      bar(failed, 'bad'),
      rolledBack,
      neverStood,
      undecided,
      asks ? 'yes' : 'no',
    ]),
    'No deployment was decided in the period.',
  )
}

function reviewTime({ measured, toApproval, toMerge }: Figures['reviewTime']): Html {
  const row = (name: string, spread: Spread | null) => [
    name,
    time(spread, 'median'),
    time(spread, 'p75'),
    `${spread?.count ?? 0} of ${measured.of}`,
  ]
  return table(
    ['From the first question', number('Median'), number('Three in four within'), number('Measured')],
    measured.of === 0 ? [] : [row('to the yes', toApproval), row('to the merge', toMerge)],
    "No agent's pull request was merged in the period.",
  )
}

function caught({ before, onPulls, pulls }: Figures['caught']): Html {
  return html`<div class="pair"><div><h3>Before the push</h3>${table(
    ['Sent back by', 'Of all judged attempts', number('Tasks')],
    before.map(({ by, attempts, tasks }) => [html`<code>${by}</code>`, bar(attempts, 'good'), tasks]),
    'Nothing was sent back.',
  )}</div><div><h3>On pull requests</h3>${table(
    ['Gate', `Failed, of ${pulls.of}`, `Flagged, of ${pulls.of}`, number('Commits')],
    onPulls.map(({ gate, failed, flagged, commits }) => [
      html`<code>${gate}</code>`,
      bar({ part: failed, of: pulls.of }, 'bad'),
      bar({ part: flagged, of: pulls.of }, 'asks'),
      commits,
    ]),
    'No gate failed or flagged.',
  )}</div></div>`
}

function odds(phases: Figures['odds']): Html {
  const columns = Array.from({ length: lastAttempt }, (_, at) =>
    at + 1 === lastAttempt ? `Attempt ${at + 1} and later` : `Attempt ${at + 1}`,
  )
  return table(
    ['Phase', ...columns],
    phases.map(({ phase, attempts }) => [
      phase,
      ...columns.map((_, at) => {
        const one = attempts[at]
        if (!one || one.started === 0) return dash
        const open = one.started - one.settled
        const notes = [
          ...(one.takenBack > 0 ? [`${one.takenBack} taken back`] : []),
          ...(open > 0 ? [`${open} open`] : []),
        ]
        return html`${bar({ part: one.accepted, of: one.settled }, 'good')}${notes.length > 0 ? html` <small>${notes.join(', ')}</small>` : ''}`
      }),
    ]),
    'No attempt was started in the period.',
  )
}

function cost({ total, phases }: Figures['cost']): Html {
  const most = Math.max(...phases.map(({ usd: dollars }) => dollars), 0)
  const row = (name: unknown, one: Figures['cost']['total'], drawn: Html | string) => [
    name,
    one.sessions,
    one.tasks,
    usd(one.usd),
    drawn,
    money(one.usdEach, 'median'),
    money(one.usdEach, 'p75'),
    compact.format(one.usage.inputTokens + one.usage.cacheWriteTokens),
    compact.format(one.usage.cacheReadTokens),
    compact.format(one.usage.outputTokens),
    span(one.minutes * 60_000),
  ]
  return table(
    [
      'Phase',
      number('Sessions'),
      number('Tasks'),
      number('Cost'),
      '',
      number('Median a task'),
      number('Three in four within'),
      number('Tokens in'),
      number('From cache'),
      number('Out'),
      number('Time'),
    ],
    phases.length === 0
      ? []
      : [
          ...phases.map((one) => row(one.phase, one, strip(one.usd, most))),
          row(html`<strong>All</strong>`, total, ''),
        ],
    'No session ended in the period.',
  )
}

/** To the scale of the dearest phase; its number stands beside it. */
const strip = (value: number, most: number): Html =>
  html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="part" width="${most === 0 ? 0 : Math.round((1000 * value) / most) / 10}" height="8"/></svg>`
