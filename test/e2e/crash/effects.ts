/** What every action does outside of the App, and how a request of the App's is recognised as that effect. */

import type { Stage } from '../../../demo/stage.ts'
import type { Action } from '../../../src/core/action.ts'
import type { StallPoint } from '../../../world/stall.ts'

const repo = '/repos/{owner}/{repo}'

/** A message to the operator's channel, which is no request to GitHub. */
export const channelEffect = 'a message to the channel'

/**
 * The effects of each kind of action. A new action does not compile without a line here, and one whose effect no story
 * shows fails the suite. Those without one live in the ledger and the queue, and are lost or kept with the
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
  deploy: [`POST ${repo}/deployments`, 'the start of back.yml'],
  smoke: ['the start of smoke.yml'],
  answerRule: ['a report to a job', 'the answer to a job', 'the answer to the job of the rollback'],
  markDeployment: ['the mark of a failed deployment'],
  alert: [channelEffect],
}
/** Effects of what is no action: reactions, redelivery, tokens. */
const beside = [
  `POST ${repo}/issues/comments/{comment_id}/reactions`,
  `POST ${repo}/pulls/comments/{comment_id}/reactions`,
  'POST /app/hook/deliveries/{delivery_id}/attempts',
  'POST /app/installations/{installation_id}/access_tokens',
]
/** What the story of an environment shows; the story of the shop shows all others. */
export const rolloutEffects = (['deploy', 'smoke', 'answerRule', 'markDeployment', 'alert'] as const).flatMap(
  (kind) => effectsOf[kind],
)
export const allEffects: readonly string[] = [...new Set([...Object.values(effectsOf).flat(), ...beside])]
export const shopEffects = allEffects.filter((one) => !rolloutEffects.includes(one))

/** They change nothing outside of the App: one kill in their midst is enough. */
const reads = (effect: string) => /^(?:GET|fetch|model|POST .*access_tokens)/.test(effect)

/** A moment to be killed at: before the request had its effect, before its answer came, or once that has left. */
export interface EffectAt {
  effect: string
  at: StallPoint
}

const killsAt = (at: StallPoint, of: readonly string[]): EffectAt[] => of.map((effect) => ({ effect, at }))

/**
 * Whose success the App puts on record itself; that the others had theirs is seen on GitHub. Pushes are not among them: a
 * git that outlives its App tries once more by itself, and the push that is asked for again finds it done.
 */
const recorded: readonly string[] = [
  `POST ${repo}/pulls`,
  'an issue of a child',
  `PATCH ${repo}/issues/{issue_number}`,
  `PUT ${repo}/pulls/{pull_number}/merge`,
  'the issue of incidents',
  ...rolloutEffects,
]

/**
 * The kills of each telling of the story. One that was cut off before its effect is asked for again, so that the second
 * request can be cut off after it. To be killed before an effect is also to be killed right after the one before it.
 */
export const tellings = (
  effects: readonly string[],
): readonly (readonly [when: string, kills: EffectAt[]])[] => [
  [
    'before it, and between the answer and its record',
    [
      ...killsAt(
        'received',
        effects.filter((one) => !reads(one)),
      ),
      ...killsAt(
        'answered',
        effects.filter((one) => recorded.includes(one)),
      ),
    ],
  ],
  ['when it has had its effect and no answer comes', killsAt('applied', effects)],
]

export interface Seen {
  method: string
  path: string
  template: string | null
  body: unknown
}

/** Whether a request may change anything on GitHub. */
export function changing(request: Seen, stage: Stage): boolean {
  const effect = effectOf(request, stage)
  return effect !== null && !reads(effect)
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
  if (named === `POST ${repo}/actions/workflows/{workflow_id}/dispatches`)
    return `the start of ${path.split('/').at(-2)}`
  if (named === `POST ${repo}/actions/runs/{run_id}/deployment_protection_rule`) {
    const { state, comment = '' } = body as { state?: string; comment?: string }
    if (state === undefined) return 'a report to a job'
    return comment.includes('rollback') ? 'the answer to the job of the rollback' : 'the answer to a job'
  }
  if (named === `POST ${repo}/deployments/{deployment_id}/statuses`)
    // A job of the repository says here how it goes on.
    return (body as { state?: string }).state === 'failure' ? 'the mark of a failed deployment' : null
  if (named === `POST ${repo}/issues`)
    return JSON.stringify(body).includes('countersign:child')
      ? 'an issue of a child'
      : 'the issue of incidents'
  return method !== 'GET' || allEffects.includes(named) ? named : null
}
