/** The last deployments of an environment: what became of each, who allowed it, and what its window showed (R1, R3, O1). */
import type { Account } from '../../core/account.ts'
import { type Fact, factsOf } from '../../core/facts.ts'
import { listed, person } from '../../core/sentences.ts'
import type { Seen } from '../../rollout/state.ts'
import { badge, commit, type Html, html, moment, sentence, type Tone } from '../html.ts'
import { plots } from '../plot.ts'
import type { EnvironmentData, Past } from './environment.ts'

/** The newest window that can be drawn is unfolded. */
export function historySection({ history, facts }: EnvironmentData): Html {
  const newest = history.find(({ window }) => typeof window !== 'string')
  return html`<section><h2>Deployments</h2>
    ${
      history.length === 0
        ? html`<p class="empty">Countersign has seen no deployment here.</p>`
        : html`<ol class="history" reversed>${history.map((one) => entry(one, facts, one === newest))}</ol>`
    }
  </section>`
}

function entry({ seen, window }: Past, facts: readonly Fact[], newest: boolean): Html {
  const { tone, word, text } = outcomeOf(seen)
  return html`<li>
    <p>${moment(seen.sinceMs)} ${commit(seen.sha)} ${badge(tone, word)}
      <span class="faint">${sentence(how(seen, facts))}, deployment ${seen.id}</span></p>
    ${text === null ? '' : html`<p>${sentence(text)}</p>`}
    ${pastWindow(seen, window, newest)}
  </li>`
}

function how(seen: Seen, facts: readonly Fact[]): string {
  if (seen.adopted) return 'from before Countersign looked'
  if (seen.intent?.body.purpose === 'rollback') return 'a rollback'
  const who = approversOf(facts, seen)
  return who.length > 0 ? `allowed by ${listed(who.map(person))}` : 'nobody was asked'
}

/** What became of a deployment, by the last thing that was said of it. */
function outcomeOf(seen: Seen): { tone: Tone; word: string; text: string | null } {
  const { adopted, ended, failed, held, rollback, canary } = seen
  if (adopted) return { tone: 'quiet', word: 'found here', text: null }
  if (rollback) {
    const { ok, sentence: text } = rollback.body
    return ok ? { tone: 'good', word: 'brought back', text } : { tone: 'bad', word: 'rollback failed', text }
  }
  const last = [ended, failed, held].filter((one) => one !== null).sort((a, b) => b.seq - a.seq)[0]
  if (!last) {
    if (seen.window) return { tone: 'busy', word: 'watched', text: null }
    return { tone: 'busy', word: 'under way', text: canary?.body.sentence ?? null }
  }
  const { body } = last
  if (body.kind === 'rollout.held') {
    const text = failed ? `${failed.body.sentence} ${body.sentence}` : body.sentence
    return { tone: 'asks', word: failed ? 'failed, held' : 'held', text }
  }
  if (body.kind === 'rollout.failed') {
    const never = body.stood === false
    return { tone: 'bad', word: never ? 'did not come up' : 'failed', text: body.sentence }
  }
  const tones = { healthy: 'good', failed: 'bad', held: 'asks', superseded: 'quiet' } as const
  return { tone: tones[body.outcome], word: body.outcome, text: body.sentence }
}

/**
 * Who allowed a deployment: the approvals of the range that it was started for, or that its job was let through with.
 * It is told as it was pressed; whether it counted is what the deployment itself shows.
 */
export function approversOf(facts: readonly Fact[], { sha, seq, intent, adopted }: Seen): Account[] {
  if (adopted) return []
  const approvals = factsOf(facts, 'deploy.decided').filter(({ body }) => body.verdict === 'approve')
  const bound = intent
    ? intent.body.bound
    : approvals.findLast((one) => one.body.sha === sha && one.seq < seq)?.body.bound
  const people = approvals
    .filter((one) => one.body.bound === bound && one.seq < seq)
    .map(({ body }) => body.by)
  return [...new Map(people.map((one) => [one.id, one])).values()]
}

function pastWindow({ id, window: opened }: Seen, window: Past['window'], newest: boolean): Html {
  if (!opened || window === 'none') return html``
  if (window === 'above') return html`<p class="faint">Its window is above.</p>`
  if (window === 'older') return html`<p class="faint">Only the windows of newer deployments are drawn.</p>`
  if (window === 'gone')
    return html`<p class="faint">Nothing that was measured in its window is on record any more.</p>`
  const { atMs, rules } = opened.body
  return html`<details id="window-${id}" ${newest ? 'open' : ''}><summary>Its window</summary>
    ${plots(window.rows, { atMs, intervalMs: rules.intervalMs, samples: rules.samples })}</details>`
}
