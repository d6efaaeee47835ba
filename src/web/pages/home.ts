/** The first page: the repositories that the viewer may open, those with something under way first. */
import { parseKey, type RepositoryName } from '../../core/ids.ts'
import type { LatestSubject } from '../../core/ports.ts'
import { count } from '../../core/sentences.ts'
import { type Html, html, moment } from '../html.ts'
import { paths } from '../paths.ts'

export interface RepositoryCard {
  name: RepositoryName
  tasks: number
  pulls: number
  environments: number
  lastMs: number | null
}

/** What the ledger has of the repositories that GitHub shows the viewer; of no others is anything told (T36). */
export function cardsOf(
  readable: readonly RepositoryName[],
  latest: readonly LatestSubject[],
): RepositoryCard[] {
  const cards = new Map<string, RepositoryCard>(
    readable.map((name) => [name.toLowerCase(), { name, tasks: 0, pulls: 0, environments: 0, lastMs: null }]),
  )
  for (const { key, open, atMs } of latest) {
    const subject = parseKey(key)
    const card = subject && cards.get(subject.repository.toLowerCase())
    if (!card) continue
    card.lastMs = Math.max(card.lastMs ?? 0, atMs)
    if (subject.kind === 'rollout') card.environments += 1
    else if (open && subject.kind === 'task') card.tasks += 1
    else if (open && subject.kind === 'pull') card.pulls += 1
  }
  return [...cards.values()].sort((a, b) => (b.lastMs ?? 0) - (a.lastMs ?? 0) || (a.name < b.name ? -1 : 1))
}

export function homePage(cards: readonly RepositoryCard[]): Html {
  if (cards.length === 0)
    return html`<h1>Repositories</h1>
<p class="lead">Countersign is installed on no repository that GitHub shows you. Public repositories are shown to those who may triage them, since costs and weaknesses are not for everybody.</p>`
  const known = cards.filter(({ lastMs }) => lastMs !== null)
  const others = cards.filter(({ lastMs }) => lastMs === null)
  return html`<h1>Repositories</h1>
<ul class="rows">${known.map(row)}</ul>
${
  others.length > 0
    ? html`<h2>Nothing happened here yet <span class="count">${others.length}</span></h2>
<ul class="cards">${others.map(({ name }) => html`<li><a href="${paths.repository(name)}">${name}</a></li>`)}</ul>`
    : ''
}`
}

const row = ({ name, tasks, pulls, environments, lastMs }: RepositoryCard): Html => html`<li class="row">
<span class="name"><a href="${paths.repository(name)}">${name}</a></span>
<span class="side">${lastMs === null ? '' : moment(lastMs)}</span>
<span class="meta"><span>${count(tasks, 'task')} open</span><span>${count(pulls, 'pull request')} open</span>${
  environments > 0 ? html`<span>${count(environments, 'environment')}</span>` : ''
}</span>
</li>`
