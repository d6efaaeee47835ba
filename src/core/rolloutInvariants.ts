/** S11 DeployBound as a predicate: a second, simpler derivation of what may be deployed, and what may be rolled back (R1, R4). */
import type { Action } from './action.ts'
import { type Fact, factsOf } from './facts.ts'
import { environmentId, type Sha } from './ids.ts'
import type { RolloutSnapshot } from './snapshot/rollout.ts'

/** What policy says that the predicate must know. */
export interface DeploySettings {
  asked: boolean
  fourEyes: boolean
  expiryMs: number
  enforce: boolean
}

/**
 * Check a round of a rollout before anything is done.
 *
 * @returns one sentence for each broken promise; empty when all hold.
 */
export function checkRolloutActions(
  snapshot: RolloutSnapshot,
  actions: readonly Action[],
  settings: DeploySettings | null,
): string[] {
  return actions.flatMap((action) => {
    if (action.kind === 'record' && action.body.kind === 'deploy.intended')
      return action.body.purpose === 'forward'
        ? forwardBreaks(snapshot, action.body.sha, settings)
        : rollbackBreaks(snapshot, actions, action.body)
    if (action.kind === 'answerRule' && action.state === 'approved') {
      const rule = factsOf(snapshot.facts, 'rule.asked').find(({ seq }) => seq === action.of)
      const here = rule && environmentId(rule.body.environment) === environmentId(snapshot.environment)
      if (!here || rule.body.runId !== action.runId)
        return ['S11 DeployBound: an answer to a question that nobody asked here']
      const sha = shaOfRun(snapshot.facts, action.runId) ?? rule.body.sha
      return isRollback(snapshot.facts, action.runId, sha) ? [] : forwardBreaks(snapshot, sha, settings)
    }
    return []
  })
}

/** Everything read, nothing failed before, and enough people who may behind this very commit and environment. */
function forwardBreaks(snapshot: RolloutSnapshot, sha: Sha, settings: DeploySettings | null): string[] {
  if (settings && !settings.enforce) return []
  const broken: string[] = []
  if (!settings) return ['S11 DeployBound: a deployment to an environment that policy does not name']
  if (snapshot.missing.length > 0 || snapshot.deployments === 'unknown' || snapshot.range === 'unknown')
    broken.push('S9 LessNeverPasses: a deployment although not everything could be read')
  if (!snapshot.policy.ok) broken.push('S14 PolicyFromBase: a deployment without a policy that can be used')
  if (stillFailed(snapshot.facts, sha)) broken.push(`S11 DeployBound: ${sha} failed here before`)
  if (!settings.asked) return broken
  const people = new Set(
    factsOf(snapshot.facts, 'deploy.decided')
      .filter(
        ({ body }) =>
          body.verdict === 'approve' &&
          body.sha === sha &&
          body.by.type === 'User' &&
          (snapshot.facts.find(({ seq }) => seq === body.request)?.atMs ?? 0) + settings.expiryMs >
            snapshot.nowMs &&
          !['none', 'unknown'].includes(snapshot.people.get(body.by.id)?.role ?? 'unknown'),
      )
      .map(({ body }) => body.by.id),
  )
  if (people.size < (settings.fourEyes ? 2 : 1))
    broken.push(`S11 DeployBound: ${people.size} people stand behind ${sha} in ${snapshot.environment}`)
  return broken
}

type Intended = Extract<Extract<Action, { kind: 'record' }>['body'], { kind: 'deploy.intended' }>

/** Only what failed is taken back, only while it stands, and only to a commit that was healthy here. */
function rollbackBreaks(
  { facts }: RolloutSnapshot,
  actions: readonly Action[],
  { sha, replaces }: Intended,
): string[] {
  const broken: string[] = []
  const healthy = factsOf(facts, 'window.ended').some(
    ({ body }) => body.outcome === 'healthy' && body.sha === sha && body.deployment !== replaces,
  )
  if (!healthy) broken.push(`S11 DeployBound: a rollback to ${sha}, which was never healthy here`)
  const failed =
    factsOf(facts, 'rollout.failed').some(({ body }) => body.deployment === replaces) ||
    actions.some(
      (one) =>
        one.kind === 'record' && one.body.kind === 'rollout.failed' && one.body.deployment === replaces,
    )
  if (!failed) broken.push('S11 DeployBound: a rollback of what has not failed')
  if (factsOf(facts, 'deploy.intended').some(({ body }) => body.replaces === replaces))
    broken.push('S7 Once: a second rollback of one deployment')
  return broken
}

function stillFailed(facts: readonly Fact[], sha: Sha): boolean {
  return factsOf(facts, 'rollout.failed').some(
    ({ seq, body }) =>
      body.sha === sha &&
      body.stood !== false &&
      !factsOf(facts, 'window.ended').some(
        (end) => end.seq > seq && end.body.deployment === body.deployment && end.body.outcome === 'healthy',
      ),
  )
}

function intentOf(facts: readonly Fact[], runId: number) {
  const made = factsOf(facts, 'deploy.made').find(({ body }) => body.runId === runId)
  return factsOf(facts, 'deploy.intended').find(({ seq }) => seq === made?.body.intent)
}

const shaOfRun = (facts: readonly Fact[], runId: number) => intentOf(facts, runId)?.body.sha ?? null

/** A rollback that was announced and has not ended covers this run, or this commit where GitHub starts the run. */
function isRollback(facts: readonly Fact[], runId: number, sha: Sha): boolean {
  const done = new Set(factsOf(facts, 'rollback.ended').map(({ body }) => body.intent))
  return factsOf(facts, 'deploy.intended').some(
    ({ seq, body }) =>
      body.purpose === 'rollback' &&
      !done.has(seq) &&
      (body.way === 'dispatch' ? intentOf(facts, runId)?.seq === seq : body.sha === sha),
  )
}
