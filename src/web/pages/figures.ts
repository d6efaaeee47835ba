/** The team's figures: each number with what it is a part of, its rows, and what it means one click away (O2). */
import { count } from '../../core/sentences.ts'
import { type Definition, definitions, type FigureName } from '../../insight/definitions.ts'
import type { Figures } from '../../insight/figures.ts'
import type { Share, Spread } from '../../insight/numbers.ts'
import { periods, type Weeks } from '../figures.ts'
import { type Html, html, moment, percent, sentence, span, usd } from '../html.ts'
import { figureTables } from './figureTables.ts'

export function figuresPage(data: { figures: Figures; weeks: Weeks }): Html {
  const { figures, weeks } = data
  const { period, complete, repository } = figures
  return html`<h1>Figures</h1>
<p class="lead">${repository}, ${moment(period.fromMs)} to ${moment(period.toMs)} UTC.</p>
<nav class="sub" aria-label="Period">${periods.map((one) =>
    one === weeks
      ? html`<a href="?weeks=${one}" aria-current="true">${one} weeks</a>`
      : html`<a href="?weeks=${one}">${one} weeks</a>`,
  )}</nav>
${
  complete
    ? ''
    : html`<p class="say asks">More is on record here than is read for one page. These figures cover the latest part of the ${weeks} weeks, from ${moment(period.fromMs)} UTC on; what was merged may lack the delegation that it belongs to.</p>`
}
<dl class="headlines">${headlines(figures)}</dl>
${Object.entries(figureTables(figures)).map(([name, tables]) =>
  section(definitions[name as FigureName], name, tables),
)}`
}

function headlines({ features, rework, changeFailure, reviewTime, caught, cost }: Figures): Html[] {
  const { perEngineerWeek: rate } = features
  const failed = changeFailure.failed
  return [
    headline('features', rate.of === 0 ? dash : decimal(rate.part / rate.of), [
      `${count(rate.part, 'feature')} over ${count(features.engineers, 'engineer')} in ${weeksOf(features)}`,
      `${count(features.hotfixes, 'hotfix', 'hotfixes')} beside`,
    ]),
    headline('rework', shareOf(rework.reworked), [
      partOf(rework.reworked, 'pull request'),
      `${rework.merged} merged so far`,
    ]),
    headline('changeFailure', failed ? shareOf(failed) : dash, [
      failed
        ? partOf(failed, 'decided deployment')
        : changeFailure.environments.length > 0
          ? 'No environment asked a person; each stands below.'
          : 'No deployment was decided.',
    ]),
    headline('reviewTime', timeOf(reviewTime.toMerge), [
      `median to the merge; three in four within ${timeOf(reviewTime.toMerge, 'p75')}`,
      partOf(reviewTime.measured, 'merged pull request', 'measured'),
    ]),
    headline('caught', shareOf(caught.attempts), [
      partOf(caught.attempts, 'judged attempt'),
      `${partOf(caught.pulls, 'pull request')} caught by a gate`,
    ]),
    headline('cost', cost.total.usdEach ? usd(cost.total.usdEach.median) : dash, [
      `median of ${count(cost.total.tasks, 'task')}; ${usd(cost.total.usd)} in all`,
      `${count(cost.total.sessions, 'session')}`,
    ]),
  ]
}

const dash = '–'
const decimal = (value: number): string => value.toFixed(2)
const shareOf = ({ part, of }: Share): string => percent(part, of)
const timeOf = (spread: Spread | null, which: 'median' | 'p75' = 'median'): string =>
  spread ? span(spread[which]) : dash
const partOf = ({ part, of }: Share, what: string, suffix = ''): string =>
  `${part} of ${count(of, what)}${suffix && ` ${suffix}`}`
/** As many weeks as the rate divides by; one decimal shows that a cut period is no whole number of them. */
const weeksOf = ({ perEngineerWeek, engineers }: Figures['features']): string =>
  engineers === 0 ? 'the period' : `${Number((perEngineerWeek.of / engineers).toFixed(1))} weeks`

function headline(name: FigureName, figure: string, notes: string[]): Html {
  return html`<div class="headline"><dt><a href="#${name}">${definitions[name].title}</a></dt>
<dd><strong>${figure}</strong>${notes.map((note) => html`<span>${note}</span>`)}</dd></div>`
}

function section({ title, short, counted, leftOut }: Definition, id: string, tables: Html): Html {
  return html`<section class="figure" id="${id}"><h2>${title}</h2>
<p class="lead">${sentence(short)}</p>
<details><summary>What it means</summary><p><strong>Counted.</strong> ${sentence(counted)}</p><p><strong>Left out.</strong> ${sentence(leftOut)}</p></details>
${tables}</section>`
}
