/** What every action does outside of the App, and how a request of the App's is recognised as that effect. */

import type { Stage } from '../../../demo/stage.ts'
import type { Action } from '../../../src/core/action.ts'
import { type StallPoint, stallPoints } from '../../../world/stall.ts'

/** Where the App is killed: before the request had an effect, before its answer arrives, or once the answer has left. */
export { type StallPoint, stallPoints }

const repo = '/repos/{owner}/{repo}'

/**
 * The effects of each kind of action. A new action does not compile without a line here, and one whose effect the story
 * does not show fails the suite. Those without one live in the ledger and the queue, and are lost or kept with the
 * process at every kill of the others.
 */
export const effectsOf: Record<Action['kind'], readonly string[]> = {
  record: [],
  queue: [],
  wake: [],
  comment: [`POST ${repo}/issues/{issue_number}/comments`, `PATCH ${repo}/issues/comments/{comment_id}`],
  label: [`POST ${repo}/issues/{issue_number}/labels`, `DELETE ${repo}/issues/{issue_number}/labels/{name}`],
  checkRun: [`POST ${repo}/check-runs`, `PATCH ${repo}/check-runs/{check_run_id}`],
  collect: ['fetch'],
  session: ['model diagnosis', 'model repair'],
  issuePlan: ['push of the plan', `POST ${repo}/pulls`],
  push: ['push of work'],
  openChildren: ['an issue of a child', `POST ${repo}/issues/{issue_number}/sub_issues`],
  writeBody: [`PATCH ${repo}/issues/{issue_number}`],
  readCi: [`GET ${repo}/actions/jobs/{job_id}/logs`],
  rerunCi: [`POST ${repo}/actions/runs/{run_id}/rerun-failed-jobs`],
  fix: ['model fix', 'push of a fix'],
  reply: [`POST ${repo}/pulls/{pull_number}/comments/{comment_id}/replies`],
  resolveThread: ['mutation Resolve'],
  markReady: ['mutation Ready'],
  postReview: [`POST ${repo}/pulls/{pull_number}/reviews`],
  merge: [`PUT ${repo}/pulls/{pull_number}/merge`],
  reportIncident: ['the issue of incidents'],
}
/** Effects of what is no action: reactions, redelivery, tokens. */
const beside = [
  `POST ${repo}/issues/comments/{comment_id}/reactions`,
  `POST ${repo}/pulls/comments/{comment_id}/reactions`,
  'POST /app/hook/deliveries/{delivery_id}/attempts',
  'POST /app/installations/{installation_id}/access_tokens',
]
/** They change nothing outside of the App: one kill in their midst is enough. */
const reading = /^(?:GET|fetch|model|POST .*access_tokens)/
export const effects: readonly string[] = [...new Set([...Object.values(effectsOf).flat(), ...beside])]

/** Where the App is killed at this point. */
export const killedAt = (point: StallPoint): readonly string[] =>
  point === 'applied' ? effects : effects.filter((effect) => !reading.test(effect))

export interface Seen {
  method: string
  path: string
  template: string | null
  body: unknown
}

/** The effect of a request, or null for one that only reads. */
export function effectOf({ method, path, template, body }: Seen, { github }: Stage): string | null {
  if (path.endsWith('/git-receive-pack')) {
    const [own] = [...github.state.pulls.values()].filter(({ headRef }) => headRef.startsWith('agent/'))
    if (!own) return 'push of the plan'
    return own.draft ? 'push of work' : 'push of a fix'
  }
  if (path.endsWith('/git-upload-pack')) return 'fetch'
  if (template === '/graphql') {
    const name = /^\s*mutation (\w+)/.exec((body as { query?: string }).query ?? '')?.[1]
    return name ? `mutation ${name}` : null
  }
  const named = `${method} ${template}`
  if (named === `POST ${repo}/issues`)
    return JSON.stringify(body).includes('countersign:child')
      ? 'an issue of a child'
      : 'the issue of incidents'
  return method !== 'GET' || effects.includes(named) ? named : null
}
