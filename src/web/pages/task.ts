/** A task: where it stands, its phases, and each session with what it handed in, what was objected, and its cost (O2). */
import { type Fact, factsOf, settledBySeq } from '../../core/facts.ts'
import type { RepositoryName } from '../../core/ids.ts'
import { count, short } from '../../core/sentences.ts'
import { tokensOf } from '../../core/usage.ts'
import type { PullVerdicts } from '../../subjects/pull.ts'
import { type TaskView, titleOf } from '../../subjects/task.ts'
import { badge, type Html, html, moment, sentence, span, table, usd } from '../html.ts'
import type { TaskLook } from '../looks.ts'
import { type GitHubPages, paths } from '../paths.ts'
import { type SessionView, sessionsOf } from '../sessions.ts'
import { structured } from '../structured.ts'
import { checksOf, phaseWord, taskWord, type Word } from '../words.ts'

export interface TaskPage {
  name: RepositoryName
  issue: number
  facts: readonly Fact[]
  /** Null when GitHub no longer has the issue, or it could not be read. */
  open: { look: TaskLook; view: TaskView; pull: PullVerdicts | null } | null
  /** Why it could not be read, or empty. */
  unread: string
  links: GitHubPages
}

export function taskPage(data: TaskPage): Html {
  const { name, issue, facts, open, unread, links } = data
  const title = open?.view.title ?? titleOf(facts)
  const sessions = sessionsOf(facts)
  return html`<h1>${title || 'untitled'} <span class="empty">#${issue}</span></h1>
<p class="sub"><a href="${links.issue(name, issue)}">The issue on GitHub</a>${
    open?.look.snapshot.pull
      ? html`<a href="${paths.pull(name, open.look.snapshot.pull.pull.number)}">Pull request #${open.look.snapshot.pull.pull.number}</a>`
      : ''
  }</p>
${
  open
    ? stands(open)
    : html`<p class="say quiet">${unread || 'GitHub does not have this issue any more: this is what is on record.'}</p>`
}
<h2>Sessions <span class="count">${sessions.length}</span></h2>
${sessions.length === 0 ? html`<p class="empty">None has begun.</p>` : sessions.map((one, at) => session(one, at))}
<h2>What people asked</h2>
${asked(facts)}`
}

function stands({ look, view, pull }: NonNullable<TaskPage['open']>): Html {
  const word = taskWord(look, view)
  const { spent } = view
  const facts: [string, unknown][] = [
    ...(view.delegator ? [['delegated by', view.delegator.login] as [string, unknown]] : []),
    ...(view.route ? [['route', sentence(view.route.sentence)] as [string, unknown]] : []),
    ...(view.risk ? [['risk', view.risk] as [string, unknown]] : []),
    ...(view.profile ? [['profile', view.profile] as [string, unknown]] : []),
    [
      'spent',
      `${usd(spent.costUsd)}${view.limitUsd === null ? '' : ` of ${usd(view.limitUsd)}`} in ${count(spent.sessions, 'session')}, ${tokensOf(spent.usage).toLocaleString('en-US')} tokens, ${span(spent.minutes * 60_000)}`,
    ],
    ...(pull && look.snapshot.pull?.pull.state === 'open'
      ? [
          [
            'checks',
            html`<span class="chips">${checksOf(pull).map((one) => badge(one.word.tone, `${one.name} ${one.word.word}`))}</span>`,
          ] as [string, unknown],
        ]
      : []),
  ]
  return html`<p class="say ${word.tone}">${badge(word.tone, word.word)} ${sentence(look.verdicts.step.sentence)}</p>
${view.warnings.map((warning) => html`<p class="say asks">${sentence(warning)}</p>`)}
<dl class="facts">${facts.map(([what, value]) => html`<dt>${what}</dt><dd>${value}</dd>`)}</dl>
${view.phases.length > 0 ? html`<h2>Phases</h2>${phases(view)}` : ''}`
}

const phases = (view: TaskView): Html =>
  table(
    ['phase', 'state', 'attempts', 'cost', 'what it is for'],
    view.phases.map((phase) => {
      const word = phaseWord(phase)
      return [
        phase.phase,
        badge(word.tone, word.word),
        phase.attempts.length || '',
        phase.costUsd > 0 ? usd(phase.costUsd) : '',
        phase.responsibility,
      ]
    }),
    '',
  )

/** Sessions whose answer is used at once, and judged by nobody: routing, and checking another session's work. */
const isNarrow = (phase: string): boolean => phase === 'route' || phase.includes(':')

function sessionWord({ phase, ended, objections, accepted }: SessionView): Word {
  if (ended === null) return { tone: 'busy', word: 'running' }
  if (objections.length > 0) return { tone: 'asks', word: 'went back' }
  switch (ended.outcome.kind) {
    case 'deliverable':
      if (isNarrow(phase)) return { tone: 'quiet', word: 'answered' }
      return accepted ? { tone: 'good', word: 'accepted' } : { tone: 'busy', word: 'handed in' }
    case 'questions':
      return { tone: 'asks', word: 'asked' }
    case 'failed':
      return { tone: 'bad', word: 'failed' }
    case 'stopped':
      return { tone: 'quiet', word: 'stopped' }
    default:
      return ended.outcome satisfies never
  }
}

function session(one: SessionView, at: number): Html {
  const { phase, attempt, ended, objections } = one
  const word = sessionWord(one)
  const answered = ended && ended.model !== one.model ? `${ended.model}, asked for ${one.model}` : one.model
  return html`<article class="session">
<header><strong>${phase} ${attempt}</strong>${badge(word.tone, word.word)}<span class="meta"><span>${answered} at ${ended?.endpoint ?? one.endpoint}</span>${
    ended
      ? html`<span>${usd(ended.costUsd)}</span><span>${tokensOf(ended.usage).toLocaleString('en-US')} tokens, ${ended.usage.cacheReadTokens.toLocaleString('en-US')} from the cache</span><span>${span(ended.durationMs)}</span>`
      : ''
  }<span>${moment(one.startedMs)}</span></span></header>
${
  objections.length > 0
    ? html`<ol class="objections">${objections.map(({ by, text }) => html`<li>${sentence(text)} <span class="empty">(${by})</span></li>`)}</ol>`
    : ''
}
${ended ? outcome(ended.outcome, `session-${at}`) : ''}
</article>`
}

function outcome(of: NonNullable<SessionView['ended']>['outcome'], id: string): Html {
  switch (of.kind) {
    case 'deliverable':
      return html`<details id="${id}"><summary>What it handed in <code>${short(of.digest)}</code></summary>${structured(of.deliverable)}</details>`
    case 'questions':
      return html`<ol class="objections">${of.questions.map((one) => html`<li>${one}</li>`)}</ol>`
    case 'failed':
    case 'stopped':
      return html`<p>${of.reason}</p>`
    default:
      return of satisfies never
  }
}

/** Commands and delegations with the answer that each was given. */
function asked(facts: readonly Fact[]): Html {
  const answers = settledBySeq(facts)
  const requests = [...factsOf(facts, 'issue.delegated'), ...factsOf(facts, 'comment.command')].sort(
    (a, b) => a.seq - b.seq,
  )
  return table(
    ['when', 'who', 'what', 'answer'],
    requests.map((fact) => {
      const { body } = fact
      const answer = answers.get(fact.seq)?.body
      const what =
        body.kind === 'issue.delegated'
          ? html`label <code>${body.label}</code>`
          : html`<code>/agent ${body.verb} ${body.rest.slice(0, 300)}</code>`
      return [
        moment(fact.atMs),
        fact.actor?.login ?? '',
        what,
        answer
          ? html`${answer.outcome === 'refused' ? badge('bad', 'refused') : ''} ${sentence(answer.sentence)}`
          : badge('busy', 'not yet'),
      ]
    }),
    'Nothing yet.',
  )
}
