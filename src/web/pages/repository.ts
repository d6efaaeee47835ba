/** A repository: its tasks on their way through phases and gates, what other agents opened, its environments. */
import type { RepositoryName } from '../../core/ids.ts'
import { count } from '../../core/sentences.ts'
import { awaitsPerson } from '../../subjects/rollout.ts'
import { badge, commit, type Html, html, moment, sentence, usd } from '../html.ts'
import { type GitHubPages, paths } from '../paths.ts'
import type { EndedTask, EnvironmentRow, OpenPull, OpenTask, RepositoryData } from '../repository.ts'
import { checksOf, phaseWord, taskWord, type Word, wayWord } from '../words.ts'

export interface RepositoryPage extends RepositoryData {
  /** A badge and a sentence on whether the rules are binding. */
  enforcement: Html
  links: GitHubPages
}

export function repositoryPage(data: RepositoryPage): Html {
  const { name, tasks, ended, pulls, passing, environments, more, enforcement } = data
  return html`<h1>${name}</h1>
<p class="sub"><a href="${paths.figures(name)}">Figures</a><a href="${paths.enforcement(name)}">Enforcement</a></p>
<p>${enforcement}</p>
<h2>Tasks <span class="count">${tasks.length}</span></h2>
${list(tasks, (one) => taskRow(name, one), 'Nothing is delegated. Label an issue to delegate it.')}
<h2>Pull requests of other agents <span class="count">${pulls.length}</span></h2>
${list(pulls, (one) => pullRow(name, one), 'None is held by the checks.')}
${passing > 0 ? html`<p class="empty">${count(passing, 'open pull request')} of people pass by policy.</p>` : ''}
<h2>Environments <span class="count">${environments.length}</span></h2>
${list(environments, (one) => environmentRow(name, one), 'No deployment was seen.')}
${more > 0 ? html`<p class="say quiet">${count(more, 'open subject')} beyond these, older ones, are not shown.</p>` : ''}
<h2>Ended lately <span class="count">${ended.length}</span></h2>
${list(ended, (one) => endedRow(name, one), 'Nothing yet.')}`
}

function list<T>(all: readonly T[], row: (one: T) => Html, empty: string): Html {
  return all.length === 0
    ? html`<p class="empty">${empty}</p>`
    : html`<ul class="rows">${all.map((one) => html`<li class="row">${row(one)}</li>`)}</ul>`
}

const chip = ({ name, word }: { name: string; word: Word }): Html => badge(word.tone, `${name} ${word.word}`)

function head(title: string, number: string, href: string, word: Word): Html {
  return html`<span class="name"><a href="${href}">${number === '' ? '' : html`<span class="number">${number}</span>`}${title || 'untitled'}</a></span>
<span class="side">${badge(word.tone, word.word)}</span>`
}

const unread: Word = { tone: 'quiet', word: 'not readable' }

function taskRow(name: RepositoryName, { issue, atMs, told }: OpenTask): Html {
  const href = paths.task(name, issue)
  if (!told.ok) return html`${head('', `#${issue}`, href, unread)}<p class="what">${told.sentence}</p>`
  const { look, view, pull } = told.look
  return html`${head(view.title, `#${issue}`, href, taskWord(look, view))}
${
  view.phases.length > 0
    ? html`<ol class="track">${view.phases.map((phase) => {
        const word = phaseWord(phase)
        const tries = phase.attempts.length > 1 ? ` ${phase.attempts.length}` : ''
        const now = word.tone === 'busy' || word.tone === 'asks' || word.tone === 'bad'
        return html`<li class="${word.tone}${now ? ' now' : ''}" title="${phase.phase}: ${word.word}">${phase.phase}${tries}<span class="aloud">: ${word.word}</span></li>`
      })}</ol>`
    : ''
}
${pull ? html`<span class="chips">${checksOf(pull).map(chip)}</span>` : ''}
<p class="what">${sentence(look.verdicts.step.sentence)}</p>
<span class="meta">${view.delegator ? html`<span>for ${view.delegator.login}</span>` : ''}${
    look.snapshot.pull
      ? html`<a href="${paths.pull(name, look.snapshot.pull.pull.number)}">#${look.snapshot.pull.pull.number}</a>`
      : ''
  }<span>${usd(view.spent.costUsd)}${view.limitUsd === null ? '' : ` of ${usd(view.limitUsd)}`}</span><span>${moment(atMs)}</span></span>`
}

function pullRow(name: RepositoryName, { number, atMs, told }: OpenPull): Html {
  const href = paths.pull(name, number)
  if (!told.ok) return html`${head('', `#${number}`, href, unread)}<p class="what">${told.sentence}</p>`
  const { snapshot, verdicts } = told.look
  const word: Word = verdicts.merge.ready
    ? { tone: 'good', word: 'ready' }
    : { tone: 'asks', word: snapshot.pull.draft ? 'draft' : 'held' }
  return html`${head(snapshot.pull.title, `#${number}`, href, word)}
<span class="chips">${checksOf(verdicts).map(chip)}</span>
<p class="what">${sentence(verdicts.next)}</p>
<span class="meta"><span>by ${snapshot.pull.author.login}</span><span>${moment(atMs)}</span></span>`
}

function environmentRow(name: RepositoryName, { environment, atMs, told }: EnvironmentRow): Html {
  const href = paths.environment(name, environment)
  if (!told.ok) return html`${head(environment, '', href, unread)}<p class="what">${told.sentence}</p>`
  const { snapshot, verdicts } = told.look
  const { word, says } = environmentWord(told.look)
  const standing = verdicts.state.standing
  return html`${head(snapshot.environment, '', href, word)}
<p class="what">${sentence(says)}</p>
<span class="meta"><span>${standing === null ? 'nothing stands' : html`stands at ${commit(standing)}`}</span><span>${moment(atMs)}</span></span>`
}

/** The window that is open says most, then what wants to come, then what stands. */
function environmentWord({ verdicts }: { verdicts: EnvironmentLook }): { word: Word; says: string } {
  const { settings, watched, state, questions, go } = verdicts
  if (settings === null)
    return { word: { tone: 'quiet', word: 'not in policy' }, says: 'Policy does not name this environment.' }
  if (state.rollingBack) return { word: { tone: 'bad', word: 'rolling back' }, says: go.sentence }
  if (watched && awaitsPerson(state, watched.seen))
    return {
      word: { tone: 'asks', word: 'waits for a person' },
      says: watched.seen.held?.body.sentence ?? go.sentence,
    }
  if (watched?.window?.state === 'watching')
    return { word: { tone: 'busy', word: 'watched' }, says: watched.window.sentence }
  if (questions.candidate) return { word: wayWord(verdicts), says: go.sentence }
  return { word: { tone: 'good', word: 'quiet' }, says: 'Nothing is on its way.' }
}
type EnvironmentLook = Extract<EnvironmentRow['told'], { ok: true }>['look']['verdicts']

function endedRow(name: RepositoryName, one: EndedTask): Html {
  const word: Word = one.merged
    ? { tone: 'good', word: 'merged' }
    : { tone: 'quiet', word: one.by === '' ? 'not taken on' : 'closed' }
  return html`${head(one.title, `#${one.issue}`, paths.task(name, one.issue), word)}
<span class="meta">${one.by ? html`<span>for ${one.by}</span>` : ''}${
    one.pull === null ? '' : html`<a href="${paths.pull(name, one.pull)}">#${one.pull}</a>`
  }<span>${usd(one.costUsd)}</span><span>${moment(one.atMs)}</span></span>`
}
