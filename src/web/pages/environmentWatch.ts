/** The deployment that is looked after now: its canary, its window with the plots, and whether a person must decide (R1, R3, R4). */
import { count } from '../../core/sentences.ts'
import type { Verdict } from '../../core/verdict.ts'
import type { WatchRules } from '../../core/watch.ts'
import type { WindowVerdict } from '../../rollout/window.ts'
import { awaitsPerson } from '../../subjects/rollout.ts'
import { badge, commit, type Html, html, sentence, span, type Tone } from '../html.ts'
import { plots } from '../plot.ts'
import type { Now } from './environment.ts'

export function watchSection({ snapshot, verdicts }: Now): Html {
  const { watched, state } = verdicts
  if (!watched) return html``
  const { seen, canary, window } = watched
  const held = awaitsPerson(state, seen)
  const over = seen.rollback !== null || seen.failed !== null || seen.ended !== null
  // What is over is told by the history, unless somebody must decide what becomes of it.
  if (over && !held) return html``
  const opened = seen.window?.body
  return html`<section><h2>Under watch</h2>
    <p class="commit">${commit(seen.sha)} <span class="faint">deployment ${seen.id}, for ${span(snapshot.nowMs - seen.sinceMs)}</span></p>
    ${held ? decision(seen.held?.body.sentence ?? '', seen.failed?.body.sentence ?? null) : ''}
    <ul class="steps">
      <li>Canary ${canaryBadge(canary)} ${sentence(canary.sentence)}</li>
      ${
        opened && window
          ? html`<li>Window ${windowBadge(window.state)} ${sentence(window.sentence)} <span class="faint">${pace(opened.rules)}</span></li>`
          : html`<li>Window ${badge('quiet', 'not open')} It opens when the canary has passed.</li>`
      }
    </ul>
    ${opened && window ? plots(window.rows, { atMs: opened.atMs, intervalMs: opened.rules.intervalMs, samples: opened.rules.samples }) : ''}
  </section>`
}

const pace = ({ samples, intervalMs }: WatchRules): string =>
  `${count(samples, 'sample')}, ${intervalMs < 1000 ? `${intervalMs} ms` : span(intervalMs)} apart.`

function decision(why: string, failed: string | null): Html {
  return html`<p class="say asks">${badge('asks', 'waits for a person')} ${sentence(why)} ${failed === null ? '' : sentence(failed)}
    Somebody who may approve here presses Healthy or Roll back on <code>countersign/deploy</code> of this commit.</p>`
}

const canaryTones: Readonly<Record<Verdict['state'], [Tone, string]>> = {
  pass: ['good', 'passed'],
  flag: ['asks', 'flagged'],
  wait: ['busy', 'under way'],
  fail: ['bad', 'failed'],
}
const canaryBadge = ({ state }: Verdict): Html => badge(...canaryTones[state])

const windowTones: Readonly<Record<WindowVerdict['state'], [Tone, string]>> = {
  watching: ['busy', 'watched'],
  healthy: ['good', 'healthy'],
  failed: ['bad', 'failed'],
  held: ['asks', 'held'],
}
const windowBadge = (state: WindowVerdict['state']): Html => badge(...windowTones[state])
