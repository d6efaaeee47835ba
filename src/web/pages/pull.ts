/** A pull request: its three checks, every gate with its sentence, and whose decisions count and why not (A1, A3). */
import { type Fact, factsOf, lastFact } from '../../core/facts.ts'
import type { RepositoryName } from '../../core/ids.ts'
import type { CheckVerdict } from '../../subjects/pull.ts'
import { badge, commit, type Html, html, moment, sentence, type Tone, table } from '../html.ts'
import type { PullLook } from '../looks.ts'
import { type GitHubPages, paths } from '../paths.ts'
import { checksOf, checkWord, verdictWord } from '../words.ts'

export interface PullPage {
  name: RepositoryName
  number: number
  facts: readonly Fact[]
  /** Null when GitHub no longer has it, or it could not be read. */
  look: PullLook | null
  /** Why it could not be read, or empty. */
  unread: string
  links: GitHubPages
}

export function pullPage({ name, number, facts, look, unread, links }: PullPage): Html {
  const title = look?.snapshot.pull.title ?? ''
  const task = look?.snapshot.task?.issue
  return html`<h1>${title || 'Pull request'} <span class="empty">#${number}</span></h1>
<p class="sub"><a href="${links.pull(name, number)}">The pull request on GitHub</a>${
    task === undefined ? '' : html`<a href="${paths.task(name, task)}">Task #${task}</a>`
  }</p>
${
  look
    ? stands(look, facts)
    : html`<p class="say quiet">${unread || 'GitHub does not have this pull request any more: this is what is on record.'}</p>`
}
${merged(facts, name, links)}
<h2>Decisions</h2>
${decisions(facts)}
${incidents(facts)}`
}

function stands({ snapshot, verdicts }: PullLook, facts: readonly Fact[]): Html {
  const { pull, missing } = snapshot
  if (pull.state !== 'open') return closed(pull.state, facts)
  const word = verdicts.merge.ready ? 'good' : 'asks'
  return html`<p class="say ${word}">${sentence(verdicts.next)}</p>
${missing.map((one) => html`<p class="say quiet">${sentence(one)}</p>`)}
<dl class="facts">
<dt>head</dt><dd>${commit(pull.head.sha)} on <code>${pull.head.ref}</code>, into <code>${pull.base.ref}</code></dd>
<dt>author</dt><dd>${pull.author.login}</dd>
<dt>origin</dt><dd>${sentence(verdicts.origin?.sentence ?? 'Not known yet.')}</dd>
<dt>checks</dt><dd><span class="chips">${checksOf(verdicts).map((one) => badge(one.word.tone, `${one.name} ${one.word.word}`))}</span></dd>
</dl>
${check('countersign/plan', verdicts.plan)}
${check('countersign/gates', verdicts.gates)}
${gates(verdicts.gates.results.map((one) => ({ ...one, state: one.configured ? one.verdict.state : 'off', sentence: one.verdict.sentence })))}
${check('countersign/review', verdicts.review)}
${table(
  ['who', 'by', 'said', 'counts', 'why'],
  verdicts.review.voices.map(({ by, channel, verdict, state, sentence: why }) => [
    by.login,
    channel,
    verdict,
    badge(voiceTones[state], state),
    sentence(why),
  ]),
  'Nobody has decided on this commit.',
)}`
}

const voiceTones: Record<PullLook['verdicts']['review']['voices'][number]['state'], Tone> = {
  counts: 'good',
  blocks: 'bad',
  wait: 'busy',
  void: 'quiet',
}

function check(name: string, of: CheckVerdict): Html {
  const word = checkWord(of)
  return html`<h2>${name} ${badge(word.tone, word.word)}</h2>
<p>${sentence(of.verdict.sentence)}</p>
${of.needed.length > 0 ? html`<p>Still needed: ${of.needed.map((one, at) => html`${at > 0 ? ', ' : ''}${sentence(one)}`)}.</p>` : ''}
${of.lines.length > 0 ? html`<ul class="objections">${of.lines.map((line) => html`<li>${sentence(line)}</li>`)}</ul>` : ''}`
}

interface GateLine {
  gate: string
  state: 'pass' | 'flag' | 'wait' | 'fail' | 'off'
  sentence: string
  accepted: string | null
}

function gates(all: readonly GateLine[]): Html {
  const ran = all.filter(({ state }) => state !== 'off')
  const off = all.filter(({ state }) => state === 'off').map(({ gate }) => gate)
  return html`${table(
    ['gate', '', 'what it says'],
    ran.map(({ gate, state, sentence: said, accepted }) => {
      const word =
        state === 'off' || accepted
          ? { tone: 'good' as const, word: 'accepted' }
          : verdictWord({ state, sentence: said })
      return [
        html`<code>${gate}</code>`,
        badge(word.tone, word.word),
        html`${sentence(said)}${accepted ? html` ${sentence(accepted)}` : ''}`,
      ]
    }),
    'No gate has run.',
  )}
${off.length > 0 ? html`<p class="empty">Not configured: ${off.join(', ')}.</p>` : ''}`
}

/** What is over is told from the record: gates are asked about what may still be merged. */
function closed(state: string, facts: readonly Fact[]): Html {
  const told = lastFact(facts, 'verdicts.told')?.body
  return html`<p class="say ${state === 'merged' ? 'good' : 'quiet'}">This pull request is ${state}.</p>
${
  told
    ? html`<h2>What the gates said of ${commit(told.sha)}</h2><p>${sentence(told.sentence)}</p>${gates(told.gates)}
<h2>Approvals that stood</h2>${table(
        ['who', 'what'],
        told.approvals.map(({ check: name, by }) => [by.login, name]),
        'None was needed.',
      )}`
    : ''
}`
}

function merged(facts: readonly Fact[], name: RepositoryName, links: GitHubPages): Html {
  const all = factsOf(facts, 'merged')
  if (all.length === 0) return html``
  return html`<h2>Merged</h2>${table(
    ['when', 'commit', 'as', 'into'],
    all.map(({ atMs, body }) => [
      moment(atMs),
      commit(body.head),
      html`<a href="${links.commit(name, body.merge)}">${commit(body.merge)}</a>`,
      html`<code>${body.landedOn}</code>`,
    ]),
    '',
  )}`
}

const decisions = (facts: readonly Fact[]): Html =>
  table(
    ['when', 'who', 'what', 'of', 'by', 'reason'],
    factsOf(facts, 'decision').map(({ atMs, body }) => [
      moment(atMs),
      body.by.login,
      `${body.verdict} ${body.check.replace('countersign/', '')}`,
      commit(body.sha),
      body.source,
      body.reason ?? '',
    ]),
    'No press or command has counted yet.',
  )

function incidents(facts: readonly Fact[]): Html {
  const all = factsOf(facts, 'incident')
  if (all.length === 0) return html``
  return html`<h2>Incidents</h2>${all.map((fact) => html`<p class="say bad">${moment(fact.atMs)} ${sentence(fact.body.sentence)}</p>`)}`
}
