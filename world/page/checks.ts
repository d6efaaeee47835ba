/** The check runs of a commit as a table: state, what it says, and the buttons that a person may press. */
import type { CheckRun } from '../github/state.ts'
import { type Html, html, trusted, verbatim } from './html.ts'
import { form, type Visit } from './layout.ts'
import { markdown } from './markdown.ts'

const STATES: Record<string, { colour: string; words: string; rank: number }> = {
  action_required: { colour: 'amber', words: 'waiting for a person', rank: 0 },
  failure: { colour: 'red', words: 'failed', rank: 1 },
  timed_out: { colour: 'red', words: 'timed out', rank: 1 },
  cancelled: { colour: 'grey', words: 'cancelled', rank: 2 },
  stale: { colour: 'grey', words: 'stale', rank: 2 },
  in_progress: { colour: 'blue', words: 'running', rank: 3 },
  queued: { colour: 'blue', words: 'queued', rank: 3 },
  neutral: { colour: 'grey', words: 'neutral', rank: 4 },
  skipped: { colour: 'grey', words: 'skipped', rank: 4 },
  success: { colour: 'green', words: 'passed', rank: 5 },
}

export function stateOf(run: CheckRun): { colour: string; words: string; rank: number } {
  const key = run.status === 'completed' ? (run.conclusion ?? 'neutral') : run.status
  return STATES[key] ?? { colour: 'grey', words: key, rank: 4 }
}

/** The newest run of each name in each suite at this commit: what waits for a person first, what passed last. */
export function latestRuns(visit: Visit, repoId: number, sha: string): CheckRun[] {
  const newest = new Map<string, CheckRun>()
  for (const run of visit.world.state.checkRuns.values()) {
    if (run.repoId === repoId && run.headSha === sha) newest.set(`${run.suiteId} ${run.name}`, run)
  }
  return [...newest.values()].sort(
    (a, b) => stateOf(a).rank - stateOf(b).rank || a.name.localeCompare(b.name),
  )
}

export function checksTable(visit: Visit, runs: readonly CheckRun[]): Html {
  if (runs.length === 0) return html`<p class="soft">No checks have reported on this commit yet.</p>`
  return html`<table class="checks">${runs.map((run) => checkRows(visit, run))}</table>`
}

function checkRows(visit: Visit, run: CheckRun): Html {
  const { colour, words } = stateOf(run)
  const app = visit.world.state.apps.get(run.appId)
  const { title, summary, text } = run.output
  const told = html`${summary !== null && summary !== '' && markdown(summary)}
${text !== null && text !== '' && html`<details><summary>Details</summary>${markdown(text)}</details>`}
${annotations(run)}
${buttons(visit, run)}`
  return html`<tbody id="check-${run.id}">
<tr><td class="state-cell"><span class="pill ${colour}">${words}</span></td>
<td class="name">${run.name}${title !== null && html` <span class="title">${title}</span>`}
<div class="small soft">by ${app?.slug ?? 'unknown App'}</div></td></tr>
${told.markup.trim() !== '' && html`<tr><td></td><td class="told">${told}</td></tr>`}
</tbody>`
}

function annotations(run: CheckRun): Html {
  if (run.annotations.length === 0) return html``
  return html`<ul class="small">${run.annotations
    .slice(0, 100)
    .map((one) => html`<li><code>${one.path}:${one.start_line}</code> ${one.message}</li>`)}</ul>`
}

/** GitHub shows buttons on completed runs only. */
function buttons(visit: Visit, run: CheckRun): Html {
  if (run.status !== 'completed' || run.actions.length === 0) return html``
  if (visit.viewer === null)
    return html`<p class="small soft">Choose who you are (top right) to press its buttons.</p>`
  return html`<div class="buttons">${run.actions.map((action, index) =>
    form(
      visit,
      'press',
      html`<input type="hidden" name="run" value="${run.id}"><input type="hidden" name="identifier" value="${verbatim(action.identifier)}"><button title="${action.description}"${index === 0 && trusted(' class="primary"')}>${action.label}</button>`,
      true,
    ),
  )}<span class="small soft">as ${visit.viewer.login}</span></div>`
}
