/** How a deployment goes on: the facts that a round adds to those of an environment, a step at a time (R1, R3, R4). */
import { digestOf } from '../../core/digest.ts'
import type { FactBody } from '../../core/facts.ts'
import { matchesGlob } from '../../core/glob.ts'
import type { Digest } from '../../core/ids.ts'
import { code, listed, short } from '../../core/sentences.ts'
import type { DeploymentReading, RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import type { Policy } from '../../policy/schema.ts'
import { intentOfRun } from '../../rollout/candidate.ts'
import { stepsOf } from '../../rollout/range.ts'
import { watchRules } from '../../rollout/settings.ts'
import { hasFailed, type Seen } from '../../rollout/state.ts'
import { filesOf, wayOf } from './needs.ts'
import type { RolloutVerdicts, Watched } from './verdicts.ts'

/** The facts of this turn; what they lead to is the next turn's. */
export function transitions(snapshot: RolloutSnapshot<Policy>, verdicts: RolloutVerdicts): FactBody[] {
  const seen = newlySeen(snapshot, verdicts)
  // A fold over fewer deployments than there are would judge the wrong one.
  if (seen.length > 0) return seen
  const ended = [...superseded(verdicts), ...failedBefore(snapshot, verdicts), ...overdue(snapshot, verdicts)]
  if (ended.length > 0) return ended
  return verdicts.watched ? watching(snapshot, verdicts, verdicts.watched) : []
}

/** Deployments that no fact knows yet, oldest first. What stood here before Countersign looked is not watched. */
function newlySeen(snapshot: RolloutSnapshot<Policy>, { state }: RolloutVerdicts): FactBody[] {
  const { deployments, facts } = snapshot
  if (deployments === 'unknown') return []
  const known = new Set(state.seen.map(({ id }) => id))
  const newest = Math.max(0, ...known)
  const first = known.size === 0
  const last = deployments.find(({ succeeded }) => succeeded)
  return [...deployments].reverse().flatMap((one): FactBody[] => {
    if (known.has(one.id) || one.id < newest) return []
    const intent = intentOf(facts, one)
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
        sha: intent?.body.sha ?? one.sha,
        intent: intent?.seq ?? null,
        adopted,
      },
    ]
  })
}

/** Ours by the marker in its payload, or by the run that we started. */
function intentOf(facts: RolloutSnapshot['facts'], { marker, runId, viaApp }: DeploymentReading) {
  const marked = facts.find(
    (fact) => marker !== null && viaApp !== null && marker === intentMarker(fact.subject, fact.seq),
  )
  if (marked?.body.kind === 'deploy.intended') return { ...marked, body: marked.body }
  return runId === null ? null : intentOfRun(facts, runId)
}

/** How a deployment of ours is found again: the intent that announced it. */
export const intentMarker = (subject: string, intent: number): string => `${subject}:${intent}`

function letThrough({ facts }: RolloutSnapshot, { id }: DeploymentReading): boolean {
  const rules = facts.flatMap((fact) =>
    fact.body.kind === 'rule.asked' && fact.body.deploymentId === id ? [fact.seq] : [],
  )
  return facts.some(
    ({ body }) => body.kind === 'rule.answered' && body.state === 'approved' && rules.includes(body.of),
  )
}

/** Windows of deployments that another one has taken the place of. */
function superseded({ state }: RolloutVerdicts): FactBody[] {
  const { current, seen } = state
  return seen.flatMap((one): FactBody[] =>
    current && one.id < current.id && one.window && !one.ended && !one.failed
      ? [
          {
            kind: 'window.ended',
            deployment: one.id,
            sha: one.sha,
            outcome: 'superseded',
            sentence: `Deployment ${current.id} of ${code(short(current.sha))} took its place.`,
            means: {},
          },
        ]
      : [],
  )
}

/** Deployments that GitHub says came to nothing. */
function failedBefore(snapshot: RolloutSnapshot<Policy>, verdicts: RolloutVerdicts): FactBody[] {
  return verdicts.state.seen.flatMap((one): FactBody[] => {
    if (one.adopted || one.failed || one.rollback || one.window || !hasFailed(one.reading)) return []
    const sentence = `Deployment ${one.id} of ${code(short(one.sha))} ended with ${code(one.reading?.state ?? '')}.`
    return one.intent?.body.purpose === 'rollback'
      ? rollbackFailed(one.intent.seq, one.id, sentence)
      : [
          failedFact(
            snapshot,
            verdicts,
            one,
            sentence,
            'it did not succeed, and what stood before is taken to stand still',
          ),
        ]
  })
}

/** What never came: a deployment without a result, an announced one that nobody carried out. */
function overdue(snapshot: RolloutSnapshot<Policy>, { state, settings }: RolloutVerdicts): FactBody[] {
  const limitMs = (settings?.deploy_minutes ?? 60) * 60_000
  const minutes = `in ${settings?.deploy_minutes ?? 60} minutes`
  const late = state.underWay
    .filter(({ sinceMs }) => snapshot.nowMs > sinceMs + limitMs)
    .flatMap((one): FactBody[] => {
      const sentence = `Deployment ${one.id} of ${code(short(one.sha))} has shown no result ${minutes}. Look at its log; what it comes to is still watched.`
      if (one.intent?.body.purpose === 'rollback') return rollbackFailed(one.intent.seq, one.id, sentence)
      return one.held ? [] : [{ kind: 'rollout.held', deployment: one.id, sentence }]
    })
  const lost = state.pending
    .filter(({ intent }) => snapshot.nowMs > intent.atMs + limitMs)
    .flatMap(({ intent, made }): FactBody[] => {
      const { sha, purpose } = intent.body
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
      { kind: 'window.opened', deployment, sha, atMs: snapshot.nowMs, rules: watchRules(verdicts.settings) },
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
    return [...failed, ...rollbackTo(verdicts, seen)]
  }
  const sentence = `${who} counted it as healthy.`
  const means = seen.ended?.body.means ?? {}
  return [{ kind: 'window.ended', deployment: seen.id, sha: seen.sha, outcome: 'healthy', sentence, means }]
}

const replaces = (body: FactBody, { id }: Seen) => body.kind === 'deploy.intended' && body.replaces === id

/** What the buttons on a held deployment carry: that deployment, as it was held. */
export function heldDigest(environment: string, { id, held }: Seen): Digest {
  return digestOf({ held: environment, deployment: id, at: held?.seq ?? null })
}

/** The change failed: put on record with what it brought, and, where that can be done, its rollback announced. */
function failure(
  snapshot: RolloutSnapshot<Policy>,
  verdicts: RolloutVerdicts,
  seen: Seen,
  sentence: string,
): FactBody[] {
  const keeps = keptBecause(snapshot, verdicts, seen)
  const failed = failedFact(snapshot, verdicts, seen, sentence, keeps)
  if (keeps === null) return [failed, ...rollbackTo(verdicts, seen)]
  return [
    failed,
    { kind: 'rollout.held', deployment: seen.id, sentence: `It is not rolled back by itself: ${keeps}.` },
  ]
}

function failedFact(
  { evidence }: RolloutSnapshot<Policy>,
  { state }: RolloutVerdicts,
  { id, sha }: Seen,
  sentence: string,
  keeps: string | null,
): FactBody {
  const { standing: from } = state
  const way = wayOf(from, sha)
  const read = way && evidence.get(way)
  const steps = read?.ok ? stepsOf(read.body.commits, sha).slice(-250) : [sha]
  return {
    kind: 'rollout.failed',
    deployment: id,
    sha,
    from,
    steps,
    sentence: sentence.slice(0, 4000),
    keeps,
  }
}

function rollbackTo({ state, settings }: RolloutVerdicts, seen: Seen): FactBody[] {
  const { healthy } = state
  const workflow = settings?.workflow ?? null
  // guard: onlyHealthy
  if (!healthy) return []
  return [
    {
      kind: 'deploy.intended',
      purpose: 'rollback',
      sha: healthy.sha,
      from: seen.sha,
      replaces: seen.id,
      way: workflow === null ? 'create' : 'dispatch',
      workflow,
      bound: null,
    },
  ]
}

/** Why nothing is rolled back by itself, or null. */
function keptBecause(
  { evidence }: RolloutSnapshot<Policy>,
  { state, settings }: RolloutVerdicts,
  seen: Seen,
): string | null {
  const { healthy, standing, current } = state
  // guard: onlyCurrent
  if (current?.id !== seen.id) return `deployment ${current?.id ?? 'of another commit'} stands here now`
  if (!healthy) return 'no commit is known that was healthy here'
  if (healthy.sha === seen.sha) return 'it is itself the last commit that was healthy here'
  const request = filesOf(settings, standing, seen.sha)
  if (!request) return null
  const files = evidence.get(request)
  // guard: irreversible
  if (!files?.ok) return 'whether it can be taken back is not known, since its files could not be read'
  const paths = files.body.files.flatMap(({ path, renamedFrom }) =>
    renamedFrom ? [path, renamedFrom] : [path],
  )
  const hit = paths.filter((path) => settings?.irreversible.some((glob) => matchesGlob(glob, path)))
  return hit.length > 0
    ? `policy says that ${listed(
        hit.map((path) => code(path)),
        3,
      )} cannot be taken back (${code('irreversible')})`
    : null
}
