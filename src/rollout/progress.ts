/** How far a merged change has come in an environment, told from the environment's facts alone (O1, O4). */
import { type Fact, factsOf } from '../core/facts.ts'
import type { Sha } from '../core/ids.ts'
import { code, short } from '../core/sentences.ts'

/**
 * @param facts of the rollout of one environment.
 * @param merge the commit that the change landed as.
 * @returns a state and its sentence: what became of the newest deployment that brought the change.
 */
export function progressOf(facts: readonly Fact[], merge: Sha): string {
  const brought = facts.flatMap(({ body }) =>
    (body.kind === 'window.opened' || body.kind === 'rollout.failed') &&
    (body.steps.includes(merge) || body.sha === merge)
      ? [body.deployment]
      : [],
  )
  const deployment = brought.at(-1)
  if (deployment === undefined) return notThere(facts, merge)
  const isIts = ({ body }: { body: { deployment: number } }) => body.deployment === deployment
  const ended = factsOf(facts, 'window.ended').findLast(isIts)
  const failed = factsOf(facts, 'rollout.failed').findLast(isIts)
  const held = factsOf(facts, 'rollout.held').findLast(isIts)
  const seq = Math.max(ended?.seq ?? -1, failed?.seq ?? -1, held?.seq ?? -1)
  if (seq === held?.seq) return `held: ${held.body.sentence}`
  if (seq === failed?.seq)
    return `${failed.body.stood === false ? 'did not come up' : `failed${backFrom(facts, deployment)}`}: ${failed.body.sentence}`
  switch (ended?.body.outcome) {
    case 'healthy':
      return `healthy: ${ended.body.sentence}`
    case 'failed':
      return `failed${backFrom(facts, deployment)}: ${ended.body.sentence}`
    case 'held':
    case 'superseded':
      return `${ended.body.outcome}: ${ended.body.sentence}`
    default:
      return 'deployed, and watched.'
  }
}

function notThere(facts: readonly Fact[], merge: Sha): string {
  const intent = factsOf(facts, 'deploy.intended').findLast(
    ({ body }) => body.purpose === 'forward' && body.sha === merge,
  )
  return intent ? 'its deployment has begun.' : 'not deployed there yet.'
}

function backFrom(facts: readonly Fact[], deployment: number): string {
  const back = factsOf(facts, 'deploy.intended').find(({ body }) => body.replaces === deployment)
  const end = factsOf(facts, 'rollback.ended').findLast(({ body }) => body.intent === back?.seq)
  if (!back) return ''
  if (!end) return ` and is being rolled back to ${code(short(back.body.sha))}`
  return end.body.ok ? ` and was rolled back to ${code(short(back.body.sha))}` : ', and its rollback FAILED'
}
