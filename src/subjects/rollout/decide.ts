/** What a rollout's round does about its verdicts: records, answers, deployments, the check run, alerts (R1 to R4). */
import type { Action } from '../../core/action.ts'
import { type FactBody, lastFact } from '../../core/facts.ts'
import { formatKey } from '../../core/ids.ts'
import { headline } from '../../core/sentences.ts'
import type { RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import type { Policy } from '../../policy/schema.ts'
import { limitMinutes, nextAfter } from '../../rollout/settings.ts'
import type { Seen } from '../../rollout/state.ts'
import { alertActions, alertRecords, incidentActions } from './alerts.ts'
import { answerPresses } from './answers.ts'
import { canaryUntilMs } from './canary.ts'
import { checkActions } from './checks.ts'
import { needs, startOf } from './needs.ts'
import { ruleActions } from './rules.ts'
import { transitions } from './transitions.ts'
import type { RolloutVerdicts } from './verdicts.ts'

type RecordAction = Extract<Action, { kind: 'record' }>

export function decide(snapshot: RolloutSnapshot<Policy>, verdicts: RolloutVerdicts): Action[] {
  const record = (body: FactBody): RecordAction => ({
    kind: 'record',
    subject: snapshot.key,
    actor: null,
    body,
  })
  const moved = transitions(snapshot, verdicts)
  const records = [...answerPresses(snapshot, verdicts), ...moved.map(record)]
  // What follows is judged on these facts, in the next turn.
  if (records.length > 0)
    return [...records, ...collectActions(snapshot), ...(moved.length > 0 ? nextEnvironments(snapshot) : [])]
  const forward = startForward(snapshot, verdicts)
  const alerts = alertRecords(snapshot, verdicts)
  return [
    ...[...forward, ...alerts].map(record),
    ...collectActions(snapshot),
    // Whatever GitHub makes of the rest, people hear of it.
    ...alertActions(snapshot, verdicts),
    ...smokeActions(snapshot, verdicts),
    ...deployActions(snapshot, verdicts),
    ...ruleActions(snapshot, verdicts),
    ...markActions(snapshot, verdicts),
    ...checkActions(snapshot, verdicts),
    ...incidentActions(snapshot),
    ...unreadMerges(snapshot),
    ...wakeActions(snapshot, verdicts),
  ]
}

function collectActions(snapshot: RolloutSnapshot<Policy>): Action[] {
  return needs(snapshot)
    .filter((request) => snapshot.evidence.get(request) === undefined)
    .map((request) => ({
      kind: 'collect',
      repository: snapshot.repository.name,
      request,
      subject: snapshot.key,
    }))
}

/** Announce the deployment of a candidate that no job of the repository's own waits with. */
function startForward({ policy }: RolloutSnapshot<Policy>, verdicts: RolloutVerdicts): FactBody[] {
  const { settings, questions, go, approval, state } = verdicts
  const { candidate } = questions
  if (!policy.ok || !policy.policy.enforce) return []
  if (!candidate || candidate.rules.length > 0 || go.state !== 'pass' || !settings || !approval) return []
  if (settings.deploy === 'observe') return []
  return [
    {
      kind: 'deploy.intended',
      purpose: 'forward',
      sha: candidate.sha,
      from: state.standing,
      replaces: null,
      way: settings.deploy,
      workflow: settings.deploy === 'dispatch' ? (settings.workflow ?? null) : null,
      bound: approval.bound,
    },
  ]
}

/** Start what was announced and not started yet; found again by its intent (S7). */
function deployActions(
  { key, repository, environment, branch }: RolloutSnapshot<Policy>,
  { state }: RolloutVerdicts,
): Action[] {
  return state.pending
    .filter(({ made }) => !made)
    .map(({ intent: { seq, body } }) => ({
      kind: 'deploy',
      subject: key,
      repository: repository.name,
      intent: seq,
      environment,
      purpose: body.purpose,
      sha: body.sha,
      workflow: body.workflow,
      ref: branch.ref,
    }))
}

function smokeActions(
  { key, repository, environment, branch }: RolloutSnapshot<Policy>,
  { watched, settings }: RolloutVerdicts,
): Action[] {
  const workflow = settings?.canary.workflow
  if (!watched || workflow === undefined) return []
  const { id: deployment, sha, reading, canary, smoke, failed, rollback } = watched.seen
  if (canary || smoke || failed || rollback) return []
  return [
    {
      kind: 'smoke',
      subject: key,
      repository: repository.name,
      deployment,
      environment,
      sha,
      url: reading?.environmentUrl ?? '',
      workflow,
      ref: branch.ref,
    },
  ]
}

/** A deployment that failed here is marked so on GitHub, as long as GitHub shows it as a success. */
function markActions(
  { repository, environment }: RolloutSnapshot<Policy>,
  { state }: RolloutVerdicts,
): Action[] {
  return state.seen.flatMap(({ id, failed, reading, ended }) =>
    failed && reading?.state === 'success' && ended?.body.outcome !== 'healthy'
      ? [
          {
            kind: 'markDeployment' as const,
            repository: repository.name,
            deployment: id,
            environment,
            description: headline(failed.body.sentence.replace(/[*`]/g, ''), 140),
          },
        ]
      : [],
  )
}

/** Environments that wait for this one: what ended here may let something begin there. */
function nextEnvironments({ policy, environment, repository }: RolloutSnapshot<Policy>): Action[] {
  const next = policy.ok ? nextAfter(policy.policy.rollout.environments, environment) : []
  return next.map((name) => ({
    kind: 'queue',
    subject: formatKey({ kind: 'rollout', repository: repository.name, environment: name }),
  }))
}

/** Merges on the way that have not been read back yet; their rounds come back here when they have. */
function unreadMerges({ range }: RolloutSnapshot<Policy>): Action[] {
  return (range === 'unknown' ? [] : range)
    .flatMap(({ pulls }) => pulls)
    .filter(({ facts }) => facts.length > 0 && !lastFact(facts, 'merged'))
    .map(({ key }) => ({ kind: 'queue', subject: key }))
}

/** Time moves windows, deadlines, approvals and freezes on; everything else has an event. */
function wakeActions(snapshot: RolloutSnapshot<Policy>, verdicts: RolloutVerdicts): Action[] {
  const { nowMs, key } = snapshot
  const { state, watched, settings, approval, frozenUntilMs } = verdicts
  const limitMs = (intent: Seen['intent']) =>
    limitMinutes(settings, intent?.body.purpose ?? 'forward') * 60_000
  const times: number[] = []
  if (frozenUntilMs !== null && verdicts.questions.candidate) times.push(frozenUntilMs)
  if (approval?.expiresMs) times.push(approval.expiresMs)
  for (const { sinceMs, intent } of state.underWay) times.push(sinceMs + limitMs(intent))
  for (const { intent } of state.pending) times.push(intent.atMs + limitMs(intent))
  if (watched && !watched.seen.ended && !watched.seen.failed) {
    const { window } = watched.seen
    if (window) {
      const { atMs, rules } = window.body
      times.push(atMs + (Math.floor((nowMs - atMs) / rules.intervalMs) + 1) * rules.intervalMs)
    } else {
      times.push(canaryUntilMs(watched.seen, settings))
    }
  }
  const next = times.filter((atMs) => atMs >= nowMs).sort((a, b) => a - b)[0]
  return next === undefined ? [] : [{ kind: 'wake', subject: key, atMs: next + 1 }]
}

/** True when nothing can happen to the environment any more, short of an event: nothing waits and nothing is watched. */
export function isOver(snapshot: RolloutSnapshot<Policy>): boolean {
  const { settings, state, questions } = startOf(snapshot)
  const { current, rollingBack, pending, underWay } = state
  const watched = current?.window && !current.ended && !current.failed
  const waits = rollingBack || questions.candidate || pending.length > 0 || underWay.length > 0 || watched
  return snapshot.policy.ok && settings === null && !waits
}
