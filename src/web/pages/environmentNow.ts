/** What stands in an environment, what is on its way there, what exactly it waits for, and when nothing comes (R1, R2, A3). */
import { lastFact } from '../../core/facts.ts'
import { count, listed, person } from '../../core/sentences.ts'
import type { RangeStep } from '../../core/snapshot/rollout.ts'
import { badge, commit, type Html, html, moment, sentence, span, table } from '../html.ts'
import { paths } from '../paths.ts'
import { wayWord } from '../words.ts'
import type { EnvironmentData, Now } from './environment.ts'
import { approversOf } from './environmentHistory.ts'

export function standsSection({ verdicts }: Now, { facts, nowMs }: EnvironmentData): Html {
  const { state } = verdicts
  const seen =
    state.seen.find(({ id }) => id === state.healthy?.deployment) ??
    state.seen.find(({ sha }) => sha === state.standing)
  if (state.standing === null)
    return html`<section><h2>Stands</h2>
      <p class="empty">Nothing that Countersign knows: no deployment has passed its window here.</p></section>`
  const who = seen ? approversOf(facts, seen) : []
  const known = state.healthy ? badge('good', 'healthy') : badge('quiet', 'found here')
  return html`<section><h2>Stands</h2>
    <p class="commit">${commit(state.standing)} ${known}</p>
    ${seen ? html`<p>Since ${moment(seen.sinceMs)} UTC, for ${span(nowMs - seen.sinceMs)} (deployment ${seen.id}).</p>` : ''}
    <p>${sentence(who.length > 0 ? `Allowed by ${listed(who.map(person))}.` : unasked(state.healthy !== null))}</p>
  </section>`
}

const unasked = (healthy: boolean): string =>
  healthy
    ? 'Nobody was asked before it came.'
    : 'It stood here before Countersign looked, or Countersign had no word in it.'

export function waySection(now: Now, data: EnvironmentData): Html {
  const { verdicts } = now
  const { questions, state, go } = verdicts
  const candidate = questions.candidate?.sha ?? null
  const deploying = [
    ...state.pending.map(({ intent }) => ({
      sha: intent.body.sha,
      what: 'is announced',
      sinceMs: intent.atMs,
    })),
    ...state.underWay.map(({ sha, sinceMs, id }) => ({
      sha,
      what: `is being deployed (deployment ${id})`,
      sinceMs,
    })),
  ]
  const { tone, word } = wayWord(verdicts)
  return html`<section><h2>On its way</h2>
    ${
      state.rollingBack
        ? html`<p class="commit">${badge('bad', 'rolling back')} to ${commit(state.rollingBack.body.sha)} since ${moment(state.rollingBack.atMs)} UTC.</p>`
        : ''
    }
    ${deploying.map(
      ({ sha, what, sinceMs }) =>
        html`<p>${badge('busy', 'under way')} ${commit(sha)} ${what}, for ${span(data.nowMs - sinceMs)}.</p>`,
    )}
    ${
      candidate === null
        ? html`<p class="empty">${sentence(go.sentence)}</p>`
        : html`<p class="commit">${commit(candidate)} ${badge(tone, word)}</p>
          <p>${sentence(go.sentence)}</p>
          ${approvals(now)}`
    }
    ${alongWith(now, data)}
  </section>`
}

/** Who stands behind the candidate, and until when. */
function approvals({ snapshot, verdicts }: Now): Html {
  const { approval, askable } = verdicts
  if (!approval || !askable) return html``
  const jobs = verdicts.questions.candidate?.rules.length ?? 0
  const lines = [
    ...approval.lines,
    ...(jobs > 0
      ? [`${count(jobs, 'job')} of GitHub Actions ${jobs === 1 ? 'waits' : 'wait'} for the answer.`]
      : []),
  ]
  const until =
    approval.expiresMs !== null && approval.expiresMs > snapshot.nowMs
      ? html`<li>What was approved counts until ${moment(approval.expiresMs)} UTC.</li>`
      : ''
  return html`<ul>${lines.map((line) => html`<li>${sentence(line)}</li>`)}${until}</ul>`
}

/** The range: what comes along, an agent's change with who stands behind it. */
function alongWith({ snapshot, verdicts }: Now, { repository }: EnvironmentData): Html {
  const { range } = verdicts
  if (range.lines.length === 0 && range.verdict.state === 'pass') return html``
  const brought = snapshot.range === 'unknown' ? [] : snapshot.range
  const rows = range.agents.map(({ number, head }) => [
    html`<a href="${paths.pull(repository, number)}">#${number}</a>`,
    commit(head),
    sentence(behind(brought, number)),
  ])
  const [tone, word] =
    range.verdict.state === 'pass' ? (['good', 'each judged'] as const) : (['bad', 'stops here'] as const)
  const verdict = range.verdict.state === 'wait' ? badge('busy', 'being read') : badge(tone, word)
  const title = verdicts.questions.candidate ? 'What comes along' : 'What came along last'
  const steps =
    range.lines.length === 0
      ? ''
      : html`<ul>${range.lines.map((line) => html`<li>${sentence(line)}</li>`)}</ul>`
  const said =
    range.verdict.state === 'pass' || range.lines.some((line) => line.endsWith(range.verdict.sentence))
  return html`<h3>${title} ${verdict}</h3>
    ${said ? '' : html`<p>${sentence(range.verdict.sentence)}</p>`}
    ${rows.length > 0 ? table(["Agent's change", 'Head', 'Approved by'], rows, '') : ''}
    ${
      rows.length > 0 && range.verdict.state === 'pass'
        ? html`<details><summary>Every step</summary>${steps}</details>`
        : steps
    }`
}

/** What was on record when it was merged: told, and nothing is decided from it. */
function behind(steps: readonly RangeStep[], number: number): string {
  const pull = steps.flatMap(({ pulls }) => pulls).find((one) => one.number === number)
  const approvals = lastFact(pull?.facts ?? [], 'verdicts.told')?.body.approvals ?? []
  const by = [...new Set(approvals.map(({ check }) => check))].map((check) => {
    const people = approvals.filter((one) => one.check === check).map((one) => person(one.by))
    return `${check.replace('countersign/', '')} by ${listed(people)}`
  })
  return by.length > 0 ? listed(by) : 'told on its pull request'
}

/** When nothing is deployed here. */
export function freezeSection({ verdicts }: Now): Html {
  const windows = verdicts.settings?.freeze ?? []
  if (windows.length === 0) return html``
  const { frozenUntilMs } = verdicts
  const now =
    frozenUntilMs === null
      ? html`<p>${badge('quiet', 'open')} No freeze window is on.</p>`
      : html`<p>${badge('asks', 'frozen')} Nothing is deployed until ${moment(frozenUntilMs)} UTC; a senior lifts it by <code>/agent accept freeze &lt;reason&gt;</code> on a merged pull request of the range.</p>`
  return html`<section><h2>Freeze windows</h2>${now}
    ${table(
      ['From', 'To', 'Time zone'],
      windows.map(({ from, to, zone }) => [from, to, zone]),
      '',
    )}</section>`
}
