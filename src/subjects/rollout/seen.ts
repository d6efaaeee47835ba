/** Deployments that a round sees for the first time: whose they are, and which of them are looked after (R1, S7). */

import { intentMarker } from '../../core/facts/rollout.ts'
import type { FactBody } from '../../core/facts.ts'
import type { DeploymentReading, RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import type { Policy } from '../../policy/schema.ts'
import { intentOfRun } from '../../rollout/candidate.ts'
import { hasFailed, type RolloutState } from '../../rollout/state.ts'
import type { RolloutVerdicts } from './verdicts.ts'

/** Deployments that no fact knows yet, oldest first. What stood here before Countersign looked is not watched. */
export function newlySeen(snapshot: RolloutSnapshot<Policy>, { state }: RolloutVerdicts): FactBody[] {
  const { deployments } = snapshot
  if (deployments === 'unknown') return []
  const known = new Set(state.seen.map(({ id }) => id))
  const first = known.size === 0
  const oldest = first ? 0 : Math.min(...known)
  const last = deployments.find(({ succeeded }) => succeeded)
  return [...deployments].reverse().flatMap((one): FactBody[] => {
    if (known.has(one.id)) return []
    const intent = intentOf(snapshot, state, one)
    // From before Countersign looked, unless it waited for our word since then.
    if (one.id < oldest && intent === null && !letThrough(snapshot, one)) return []
    // It waits for its environment's protection, and may never begin.
    if (one.state === 'waiting' || (intent === null && hasFailed(one) && !letThrough(snapshot, one)))
      return []
    const adopted = first && intent === null && one.succeeded && !letThrough(snapshot, one)
    // Of what was here before only the one that stands is of interest.
    if (first && one.succeeded && intent === null && one !== last) return []
    return [
      {
        kind: 'deploy.seen',
        deployment: one.id,
        environment: one.environment,
        sha: intent?.body.sha ?? one.sha,
        intent: intent?.seq ?? null,
        adopted,
        ...(one.beganMs !== null && one.beganMs < snapshot.nowMs ? { beganMs: one.beganMs } : {}),
      },
    ]
  })
}

/** Ours by the marker in its payload, by the run that we started, or by our name on a run whose start was not recorded. */
function intentOf(
  { facts, app, policy }: RolloutSnapshot<Policy>,
  { pending }: RolloutState,
  { marker, runId, createdBy, viaApp }: DeploymentReading,
) {
  const marked = facts.find((fact) => marker !== null && marker === intentMarker(fact.subject, fact.seq))
  if (marked?.body.kind === 'deploy.intended') return { ...marked, body: marked.body }
  // Whoever may deploy may say of their own deployment that it is our run's: a job's is made by the App that runs workflows.
  const runner = policy.ok ? policy.policy.gates.ci.app_id : undefined
  const byJob = createdBy?.id === app.bot.id || (createdBy?.type === 'User' && viaApp === runner)
  if (runId === null || !byJob) return null
  const started = intentOfRun(facts, runId)
  if (started || createdBy?.id !== app.bot.id) return started
  return (
    pending.find(({ intent, runId: of }) => intent.body.way === 'dispatch' && of === null)?.intent ?? null
  )
}

function letThrough({ facts }: RolloutSnapshot, { id }: DeploymentReading): boolean {
  const rules = facts.flatMap((fact) =>
    fact.body.kind === 'rule.asked' && fact.body.deploymentId === id ? [fact.seq] : [],
  )
  return facts.some(
    ({ body }) => body.kind === 'rule.answered' && body.state === 'approved' && rules.includes(body.of),
  )
}
