/** How a deployment goes on: the facts that a round adds to those of an environment, a step at a time (R1, R3, R4). */
import { type Fact, type FactBody, factsOf } from '../../core/facts.ts'
import { code, short } from '../../core/sentences.ts'
import type { DeploymentReading, RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import type { Policy } from '../../policy/schema.ts'
import { openRules } from '../../rollout/candidate.ts'
import { limitMinutes, watchRules, wayBack } from '../../rollout/settings.ts'
import { cameToNothing, openDeployments, type Seen } from '../../rollout/state.ts'
import { failedFact, failure, heldDigest, rollbackTo, stepsBrought } from './failure.ts'
import { newlySeen } from './seen.ts'
import type { RolloutVerdicts, Watched } from './verdicts.ts'

/** The facts of this turn; what they lead to is the next turn's. */
export function transitions(snapshot: RolloutSnapshot<Policy>, verdicts: RolloutVerdicts): FactBody[] {
  // guard: deploymentsRead
  if (snapshot.deployments === 'unknown') return []
  const heard = letThroughUnheard(snapshot.facts, snapshot.deployments)
  if (heard.length > 0) return heard
  const seen = newlySeen(snapshot, verdicts)
  // A fold over fewer deployments than there are would judge the wrong one.
  if (seen.length > 0) return seen
  const ended = [...superseded(verdicts), ...failedBefore(snapshot, verdicts), ...overdue(snapshot, verdicts)]
  if (ended.length > 0) return ended
  return verdicts.watched ? watching(snapshot, verdicts, verdicts.watched) : []
}

/** Jobs that went on after we sent our yes, of which the process that sent it has put nothing on record. */
function letThroughUnheard(facts: readonly Fact[], deployments: readonly DeploymentReading[]): FactBody[] {
  const sent = new Set(factsOf(facts, 'rule.answering').map(({ body }) => body.of))
  return openRules(facts)
    .filter(({ seq }) => sent.has(seq))
    .filter(({ body }) =>
      deployments.some(
        ({ id, runId, succeeded, state }) =>
          (id === body.deploymentId || runId === body.runId) && (succeeded || state === 'in_progress'),
      ),
    )
    .map(({ seq }) => ({
      kind: 'rule.answered',
      of: seq,
      state: 'approved',
      sentence: 'Let through; the process that did it ended before that was on record.',
    }))
}

/** Deployments that another one has taken the place of before it was known how they do. */
function superseded({ state }: RolloutVerdicts): FactBody[] {
  const { current, seen } = state
  if (!current) return []
  return seen.slice(seen.indexOf(current) + 1).flatMap((one): FactBody[] => {
    const sentence = `Deployment ${current.id} of ${code(short(current.sha))} took the place of ${code(short(one.sha))} before it was known to be healthy.`
    if (one.intent?.body.purpose === 'rollback')
      return one.reading?.succeeded && !one.rollback ? rollbackFailed(one.intent.seq, one.id, sentence) : []
    const open = (one.window || one.reading?.succeeded) && !one.adopted && !one.ended && !one.failed
    return open
      ? [
          {
            kind: 'window.ended',
            deployment: one.id,
            sha: one.sha,
            outcome: 'superseded',
            sentence,
            means: {},
          },
        ]
      : []
  })
}

/** Deployments that GitHub says came to nothing. */
function failedBefore(snapshot: RolloutSnapshot<Policy>, verdicts: RolloutVerdicts): FactBody[] {
  // One that was not asked about is not known to be gone.
  const known = new Set(openDeployments(snapshot.facts))
  return verdicts.state.seen.flatMap((one): FactBody[] => {
    if (one.reading === null && !known.has(one.id)) return []
    if (one.adopted || one.failed || one.rollback || one.window || one.ended || !cameToNothing(one)) return []
    const sentence = `Deployment ${one.id} of ${code(short(one.sha))} ${one.reading ? `ended with ${code(one.reading.state)}` : 'is no longer listed on GitHub'}.`
    if (one.intent?.body.purpose === 'rollback') return rollbackFailed(one.intent.seq, one.id, sentence)
    const failed = (why: string) => failedFact(snapshot, verdicts, one, sentence, why)
    return one.reading
      ? [{ ...failed('it did not succeed, and what stood before is taken to stand still'), stood: false }]
      : [failed('GitHub no longer tells what became of it')]
  })
}

/** What never came: a deployment without a result, an announced one that nobody carried out. */
function overdue(snapshot: RolloutSnapshot<Policy>, { state, settings }: RolloutVerdicts): FactBody[] {
  const limit = (intent: Seen['intent']) => limitMinutes(settings, intent?.body.purpose ?? 'forward')
  const late = state.underWay
    .filter(({ sinceMs, intent }) => snapshot.nowMs > sinceMs + limit(intent) * 60_000)
    .flatMap((one): FactBody[] => {
      const minutes = `in ${limit(one.intent)} minutes`
      const sentence = `Deployment ${one.id} of ${code(short(one.sha))} has shown no result ${minutes}. Look at its log; what it comes to is still watched.`
      if (one.intent?.body.purpose === 'rollback') return rollbackFailed(one.intent.seq, one.id, sentence)
      return one.held ? [] : [{ kind: 'rollout.held', deployment: one.id, sentence }]
    })
  const lost = state.pending
    .filter(({ intent }) => snapshot.nowMs > intent.atMs + limit(intent) * 60_000)
    .flatMap(({ intent, made }): FactBody[] => {
      const { sha, purpose } = intent.body
      const minutes = `in ${limit(intent)} minutes`
      const sentence = made
        ? `No deployment of ${code(short(sha))} appeared ${minutes}; does a workflow listen, and does its job name this environment?`
        : `The deployment of ${code(short(sha))} could not be started ${minutes}; the operator's log says why.`
      return purpose === 'rollback'
        ? rollbackFailed(intent.seq, null, sentence)
        : [{ kind: 'work.failed', what: `deploy:${intent.seq}`, reason: sentence }]
    })
  return [...late, ...lost]
}

function rollbackFailed(intent: number, deployment: number | null, sentence: string): FactBody[] {
  return [{ kind: 'rollback.ended', intent, deployment, ok: false, sentence }]
}

/** The canary and the window of what stands now. */
function watching(
  snapshot: RolloutSnapshot<Policy>,
  verdicts: RolloutVerdicts,
  watched: Watched,
): FactBody[] {
  const { seen, canary, window } = watched
  const { id: deployment, sha } = seen
  if (seen.intent?.body.purpose === 'rollback') return rolledBack(seen, watched)
  if (seen.ended?.body.outcome === 'healthy' || seen.ended?.body.outcome === 'superseded') return []
  if (seen.held && (seen.failed || seen.ended)) return heldBy(snapshot, verdicts, seen)
  if (seen.failed || seen.ended) return []
  if (!seen.canary) {
    if (canary.state === 'fail')
      return [
        { kind: 'canary.ended', deployment, ok: false, sentence: canary.sentence },
        ...failure(snapshot, verdicts, seen, `The canary failed: ${canary.sentence}`),
      ]
    if (canary.state !== 'pass' || !verdicts.settings) return []
    return [
      { kind: 'canary.ended', deployment, ok: true, sentence: canary.sentence },
      {
        kind: 'window.opened',
        deployment,
        sha,
        atMs: snapshot.nowMs,
        steps: stepsBrought(snapshot, verdicts, sha),
        rules: watchRules(verdicts.settings),
        back: { ...wayBack(verdicts.settings, []), irreversible: [...verdicts.settings.irreversible] },
      },
    ]
  }
  if (!window || window.state === 'watching') return []
  const { state: outcome, sentence, means } = window
  const ended: FactBody = { kind: 'window.ended', deployment, sha, outcome, sentence, means }
  if (outcome === 'healthy') return [ended]
  return outcome === 'failed'
    ? [ended, ...failure(snapshot, verdicts, seen, sentence)]
    : [ended, { kind: 'rollout.held', deployment, sentence }]
}

/** A rollback ends with its own deployment's success, and its canary. */
function rolledBack({ id: deployment, intent, rollback }: Seen, { canary }: Watched): FactBody[] {
  if (!intent || rollback || canary.state === 'wait') return []
  const ok = canary.state === 'pass'
  const sentence = ok
    ? `${code(short(intent.body.sha))} stands again (deployment ${deployment}).`
    : `${code(short(intent.body.sha))} was deployed again, and its canary fails: ${canary.sentence}`
  return [{ kind: 'rollback.ended', intent: intent.seq, deployment, ok, sentence }]
}

/** What a person decided about a deployment that was held: it is rolled back where there is something to go back to. */
function heldBy(snapshot: RolloutSnapshot<Policy>, verdicts: RolloutVerdicts, seen: Seen): FactBody[] {
  const said = snapshot.facts.findLast(
    ({ seq, body }) =>
      body.kind === 'deploy.decided' &&
      (body.verdict === 'healthy' || body.verdict === 'rollback') &&
      body.bound === heldDigest(snapshot.environment, seen) &&
      seq > (seen.held?.seq ?? Number.POSITIVE_INFINITY),
  )
  if (said?.body.kind !== 'deploy.decided') return []
  const who = said.body.by.login
  if (said.body.verdict === 'rollback') {
    if (verdicts.state.rollingBack || snapshot.facts.some(({ body }) => replaces(body, seen))) return []
    const failed = seen.failed ? [] : [failedFact(snapshot, verdicts, seen, `${who} rolled it back.`, null)]
    return [...failed, ...rollbackTo(snapshot, verdicts, seen)]
  }
  const sentence = `${who} counted it as healthy.`
  const means = seen.ended?.body.means ?? {}
  return [{ kind: 'window.ended', deployment: seen.id, sha: seen.sha, outcome: 'healthy', sentence, means }]
}

const replaces = (body: FactBody, { id }: Seen) => body.kind === 'deploy.intended' && body.replaces === id
