/** The state of an environment: a fold over its facts, with what GitHub shows of its deployments (R1, R4). */
import { type Fact, type FactOf, factsOf } from '../core/facts.ts'
import type { Sha } from '../core/ids.ts'
import type { DeploymentReading } from '../core/snapshot/rollout.ts'

/** A deployment that a round has seen, as the facts and GitHub tell it together. */
export interface Seen {
  id: number
  sha: Sha
  seq: number
  /** App clock when it was first seen. */
  sinceMs: number
  /** When it began, by GitHub's clock; never later than `sinceMs`. */
  beganMs: number
  adopted: boolean
  intent: FactOf<'deploy.intended'> | null
  /** Null when GitHub no longer lists it. */
  reading: DeploymentReading | null
  canary: FactOf<'canary.ended'> | null
  smoke: FactOf<'smoke.started'> | null
  window: FactOf<'window.opened'> | null
  ended: FactOf<'window.ended'> | null
  failed: FactOf<'rollout.failed'> | null
  held: FactOf<'rollout.held'> | null
  /** How a rollback that it carried out ended. */
  rollback: FactOf<'rollback.ended'> | null
}

export interface RolloutState {
  /** Newest first, in the order in which they began: one may have waited for its turn while others went ahead. */
  seen: Seen[]
  /** The deployment that stands: the newest that succeeded. Only this one may be rolled back. */
  current: Seen | null
  /** Deployments that were started and have neither succeeded nor failed. */
  underWay: Seen[]
  /** The last commit whose own window passed here, or that a person counted as healthy. */
  healthy: { sha: Sha; deployment: number } | null
  /** What stands as far as is known: the healthy commit, else what Countersign found here. */
  standing: Sha | null
  failures: FactOf<'rollout.failed'>[]
  /** The rollback that was announced and has not ended. */
  rollingBack: FactOf<'deploy.intended'> | null
  /** Announced deployments of which nothing is seen yet. */
  pending: { intent: FactOf<'deploy.intended'>; made: boolean; runId: number | null }[]
}

/** Fold the facts. `deployments` are GitHub's, newest first; empty when they could not be read. */
export function rolloutState(
  facts: readonly Fact[],
  deployments: readonly DeploymentReading[],
): RolloutState {
  const readings = new Map(deployments.map((one) => [one.id, one]))
  const intents = new Map(factsOf(facts, 'deploy.intended').map((fact) => [fact.seq, fact]))
  const of = <
    K extends
      | 'canary.ended'
      | 'smoke.started'
      | 'window.opened'
      | 'window.ended'
      | 'rollout.failed'
      | 'rollout.held',
  >(
    kind: K,
    id: number,
  ) =>
    (factsOf(facts, kind).findLast((fact) => (fact.body as { deployment: number }).deployment === id) ??
      null) as FactOf<K> | null
  const ended = factsOf(facts, 'rollback.ended')
  const seen = factsOf(facts, 'deploy.seen')
    .map(({ seq, atMs, body }): Seen => {
      const id = body.deployment
      return {
        id,
        sha: body.sha,
        seq,
        sinceMs: atMs,
        beganMs: Math.min(atMs, body.beganMs ?? atMs),
        adopted: body.adopted,
        intent: body.intent === null ? null : (intents.get(body.intent) ?? null),
        reading: readings.get(id) ?? null,
        canary: of('canary.ended', id),
        smoke: of('smoke.started', id),
        window: of('window.opened', id),
        ended: of('window.ended', id),
        failed: unlessItCameUp(of('rollout.failed', id), readings.get(id)),
        held: of('rollout.held', id),
        rollback: ended.find((one) => one.body.deployment === id) ?? null,
      }
    })
    .sort((a, b) => b.seq - a.seq)
  // guard: onlyCurrent
  const current = seen.find(({ adopted, reading, window }) => adopted || reading?.succeeded || window) ?? null
  const done = new Set(ended.map(({ body }) => body.intent))
  const made = new Map(factsOf(facts, 'deploy.made').map(({ body }) => [body.intent, body.runId]))
  const given = new Set(factsOf(facts, 'work.failed').map(({ body }) => body.what))
  const healthy = healthyOf(facts)
  return {
    seen,
    current,
    underWay: seen.filter(
      (one) =>
        !one.adopted &&
        !one.failed &&
        !one.rollback &&
        !one.window &&
        !one.reading?.succeeded &&
        !cameToNothing(one),
    ),
    healthy,
    standing: healthy?.sha ?? seen.find(({ adopted }) => adopted)?.sha ?? null,
    failures: failuresOf(facts),
    rollingBack:
      [...intents.values()].findLast(({ seq, body }) => body.purpose === 'rollback' && !done.has(seq)) ??
      null,
    pending: [...intents.values()]
      .filter(
        ({ seq }) =>
          !done.has(seq) && !given.has(`deploy:${seq}`) && !seen.some((one) => one.intent?.seq === seq),
      )
      .map((intent) => ({ intent, made: made.has(intent.seq), runId: made.get(intent.seq) ?? null })),
  }
}

/**
 * Of these GitHub's word is still needed, however many newer deployments there are: it alone says that they stand. Those
 * that we let through come first, since anybody who may deploy can make any number of others.
 */
export function openDeployments(facts: readonly Fact[]): number[] {
  const over = new Set(
    facts.flatMap(({ body }) => {
      if (body.kind === 'rollback.ended') return body.ok || body.deployment === null ? [] : [body.deployment]
      const closes = body.kind === 'window.opened' || body.kind === 'rollout.failed'
      return closes ? [body.deployment] : []
    }),
  )
  const open = factsOf(facts, 'deploy.seen')
    .map(({ body: { deployment: id, ...body } }) => ({ ...body, id }))
    .filter(({ adopted, id }) => !adopted && !over.has(id))
  const ours = open.filter((one) => wasLetThrough(facts, one))
  const others = open.filter((one) => !ours.includes(one))
  return [...ours.slice(-mostOpen), ...others.slice(-mostOpen)].map(({ id }) => id)
}
const mostOpen = 20

/** Whether a deployment is one of ours, or its job was let through here. */
export function wasLetThrough(
  facts: readonly Fact[],
  { id, sha, intent }: { id: number; sha: Sha; intent: unknown },
): boolean {
  if (intent !== null) return true
  const asked = new Map(factsOf(facts, 'rule.asked').map((fact) => [fact.seq, fact.body]))
  return factsOf(facts, 'rule.answered').some(({ body }) => {
    const rule = asked.get(body.of)
    return (
      body.state === 'approved' &&
      (rule?.deploymentId === id || (rule?.deploymentId === null && rule.sha === sha))
    )
  })
}

/** A job that failed and was run again brings up the same deployment: what was said of it before is no longer so. */
function unlessItCameUp(failed: Seen['failed'], reading: DeploymentReading | undefined): Seen['failed'] {
  return failed?.body.stood === false && reading?.succeeded ? null : failed
}

/**
 * The fact that the newest attempt to deploy a commit came to nothing: it never began, or GitHub says that it never came
 * up. Null when there was none, or when it is not known to have been in vain.
 */
export function inVain(
  facts: readonly Fact[],
  { seen }: Pick<RolloutState, 'seen'>,
  sha: Sha,
): FactOf<'rollout.failed'> | FactOf<'work.failed'> | null {
  const attempts = factsOf(facts, 'deploy.intended').filter(
    ({ body }) => body.purpose === 'forward' && body.sha === sha,
  )
  const seenHere = seen.filter((one) => one.sha === sha && one.intent?.body.purpose !== 'rollback')
  if (seenHere.some(({ window, reading }) => window || reading?.succeeded)) return null
  const last = Math.max(-1, ...[...attempts, ...seenHere].map(({ seq }) => seq))
  const names = new Set(attempts.map(({ seq }) => `deploy:${seq}`))
  const ends = [
    ...factsOf(facts, 'rollout.failed').filter(({ body }) => body.sha === sha && body.stood === false),
    ...factsOf(facts, 'work.failed').filter(({ body }) => names.has(body.what)),
  ]
  return (
    ends
      .filter(({ seq }) => seq > last)
      .sort((a, b) => a.seq - b.seq)
      .at(-1) ?? null
  )
}

/** GitHub says that it did not come to anything. */
export function hasFailed(reading: DeploymentReading): boolean {
  return !reading.succeeded && ['failure', 'error', 'inactive'].includes(reading.state)
}

/** It came to nothing, or GitHub no longer knows of it. */
export function cameToNothing({ reading }: Pick<Seen, 'reading'>): boolean {
  return reading === null || hasFailed(reading)
}

/** The commit that an environment was last healthy at, by its facts alone: also what the next environment waits for. */
export function healthyOf(facts: readonly Fact[]): { sha: Sha; deployment: number } | null {
  const passed = factsOf(facts, 'window.ended').findLast(({ body }) => body.outcome === 'healthy')
  return passed ? { sha: passed.body.sha, deployment: passed.body.deployment } : null
}

/** Failures that stand: what was really here, and what no person has counted as healthy afterwards. */
export function failuresOf(facts: readonly Fact[]): FactOf<'rollout.failed'>[] {
  const healthy = factsOf(facts, 'window.ended').filter(({ body }) => body.outcome === 'healthy')
  return factsOf(facts, 'rollout.failed').filter(
    (failed) =>
      failed.body.stood !== false &&
      !healthy.some(({ seq, body }) => seq > failed.seq && body.deployment === failed.body.deployment),
  )
}

/** Whether a commit passed here: what came after it and failed takes that back. */
export function passedHere(facts: readonly Fact[], sha: Sha): boolean {
  const passed = factsOf(facts, 'window.ended').some(
    ({ body }) => body.outcome === 'healthy' && body.sha === sha,
  )
  return passed && !failuresOf(facts).some(({ body }) => body.sha === sha)
}

/** What the monitors showed in the last healthy window: the baseline of sources without a past (R3). */
export function lastHealthyMeans(facts: readonly Fact[]): ReadonlyMap<string, number> {
  const passed = factsOf(facts, 'window.ended').findLast(({ body }) => body.outcome === 'healthy')
  return new Map(Object.entries(passed?.body.means ?? {}))
}
