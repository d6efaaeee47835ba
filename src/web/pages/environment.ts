/** The page of an environment: what stands, what is on its way and what it waits for, how it does, and what came before (R1 to R4, O2). */
import type { Fact } from '../../core/facts.ts'
import { code } from '../../core/sentences.ts'
import type { RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import type { Policy } from '../../policy/schema.ts'
import type { Seen } from '../../rollout/state.ts'
import type { WindowVerdict } from '../../rollout/window.ts'
import type { RolloutVerdicts } from '../../subjects/rollout.ts'
import { type Html, html, sentence } from '../html.ts'
import { alertsSection } from './environmentAlerts.ts'
import { historySection } from './environmentHistory.ts'
import { freezeSection, standsSection, waySection } from './environmentNow.ts'
import { watchSection } from './environmentWatch.ts'

/** A deployment of the past, with its window as it can still be drawn. */
export interface Past {
  seen: Seen
  /** above: it goes on, at the top of the page. older: not looked up. gone: nothing that was measured is left. */
  window: WindowVerdict | 'none' | 'above' | 'older' | 'gone'
}

export interface Now {
  snapshot: RolloutSnapshot<Policy>
  verdicts: RolloutVerdicts
}

export interface EnvironmentData {
  repository: string
  environment: string
  nowMs: number
  facts: readonly Fact[]
  /** What was observed, or the sentence why nothing was. */
  now: Now | { why: string }
  /** Newest first. */
  history: readonly Past[]
}

export function environmentPage(data: EnvironmentData): Html {
  const { environment, now, facts } = data
  return html`<article class="environment">
    <header>
      <h1>${environment}</h1>
      ${'why' in now ? told(now.why) : notices(now)}
    </header>
    ${'why' in now ? '' : present(now, data)}
    ${alertsSection(facts)}
    ${historySection(data)}
  </article>`
}

const told = (text: string): Html => html`<p class="say asks">${sentence(text)}</p>`

/** What a reader must know before reading on: that less was read than there is, or that nothing is asked here. */
function notices({ snapshot, verdicts }: Now): Html {
  const { policy, environment, missing } = snapshot
  const unnamed =
    verdicts.settings === null && policy.ok
      ? `Policy does not name the environment ${code(environment)}, so nothing is deployed there through Countersign. What happened here is below.`
      : null
  const all = [...(policy.ok ? [] : [policy.sentence]), ...(unnamed === null ? [] : [unnamed]), ...missing]
  return html`${all.map(told)}`
}

function present(now: Now, data: EnvironmentData): Html {
  return html`<div class="columns">
      ${standsSection(now, data)}
      ${waySection(now, data)}
    </div>
    ${watchSection(now)}
    ${freezeSection(now)}`
}
