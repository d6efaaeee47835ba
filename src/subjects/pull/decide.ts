/** What a round of a pull request does about its verdicts: records, answers, check runs, collecting, merging. */
import type { Action } from '../../core/action.ts'
import { type FactBody, factsOf, lastFact } from '../../core/facts.ts'
import { formatKey, type SubjectKey } from '../../core/ids.ts'
import { groupLivesMs, maximumSteps } from '../../core/mergeGroup.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import { ciDeadlineMs } from '../../gates/ci.ts'
import { awaitsBase } from '../../gates/reports.ts'
import type { Policy } from '../../policy/schema.ts'
import { answerComments, answerRequests } from './answers.ts'
import { checkActions, sharedTitle } from './checks.ts'
import { baseSeenNow } from './context.ts'
import { rolloutKeys } from './deployCommands.ts'
import { fixActions } from './fixes.ts'
import { incidentActions, mergeActions, mergedActions, openIncidents } from './merge.ts'
import { mergedRuns } from './mergedChecks.ts'
import { needs } from './needs.ts'
import { toldWhenGreen } from './told.ts'
import { isForFigures, toldForFigures } from './toldFigures.ts'
import type { PullVerdicts } from './verdicts.ts'

/** Facts that verdicts read: a round that records one decides nothing else on the facts from before. */
const moving = new Set<FactBody['kind']>(['decision', 'base.seen', 'origin.evidence'])

/**
 * The actions of one round. Records come first: act appends them only when the facts are still those of the snapshot,
 * and does nothing else otherwise, so an intent is on record before the merge that it announces (S7).
 */
export function decide(snapshot: PullSnapshot<Policy>, verdicts: PullVerdicts): Action[] {
  const open = snapshot.pull.state === 'open'
  const answers = answerRequests(snapshot, verdicts)
  const records = [
    ...answers.records,
    ...(open ? [...baseRecord(snapshot), ...originRecords(snapshot, verdicts)] : mergedActions(snapshot)),
  ]
  const actions: Action[] = [
    ...records,
    ...answerComments(snapshot),
    ...fixActions(snapshot),
    ...incidentActions(snapshot),
    ...(open ? collectActions(snapshot) : mergedRuns(snapshot)),
  ]
  // The verdicts were judged before these records: a rejection among them must not be followed by a green or a merge.
  if (open && !records.some((action) => moving.has(action.body.kind))) {
    const { records: intent, merge } = mergeActions(snapshot, verdicts, answers)
    actions.unshift(...intent, ...toldWhenGreen(snapshot, verdicts), ...toldForFigures(snapshot, verdicts))
    actions.push(...checkActions(snapshot, verdicts), ...wakeAction(snapshot, verdicts), ...merge)
  }
  return [...actions, ...queueActions(snapshot, verdicts, actions)]
}

/** The base branch is put on record when it is first seen and whenever it changed (T3). */
function baseRecord(snapshot: PullSnapshot<Policy>): Extract<Action, { kind: 'record' }>[] {
  const { base, baseChanges, head } = snapshot.pull
  if (snapshot.reviews === 'unknown' || snapshot.missing.length > 0 || baseSeenNow(snapshot)) return []
  const reviewsUpTo = Math.max(0, ...snapshot.reviews.map((review) => review.id))
  const body = {
    kind: 'base.seen',
    baseRef: base.ref,
    reviewsUpTo,
    head: head.sha,
    ...(baseChanges === undefined ? {} : { baseChanges }),
  } as const
  return [{ kind: 'record', subject: snapshot.key, actor: null, body }]
}

function originRecords(
  snapshot: PullSnapshot<Policy>,
  verdicts: PullVerdicts,
): Extract<Action, { kind: 'record' }>[] {
  return (verdicts.origin?.fresh ?? []).map((body) => ({
    kind: 'record',
    subject: snapshot.key,
    actor: null,
    body,
  }))
}

function collectActions(snapshot: PullSnapshot<Policy>): Action[] {
  return needs(snapshot)
    .filter((request) => snapshot.evidence.get(request) === undefined)
    .map((request) => ({
      kind: 'collect',
      repository: snapshot.repository.name,
      request,
      subject: snapshot.key,
    }))
}

/** A run at the merge base tells nobody here when it ends: it is looked at again after this. */
const lookAtBaseMs = 60_000

/** Missing CI, and missing reports of it, turn into a failure at their deadline; nothing else waits for time. */
function wakeAction(snapshot: PullSnapshot<Policy>, verdicts: PullVerdicts): Action[] {
  if (!snapshot.policy.ok) return []
  const { gates: settings } = snapshot.policy.policy
  const waits = verdicts.gates.results.filter(
    ({ configured, verdict }) => configured && verdict.state === 'wait',
  )
  if (!waits.some(({ gate }) => gate === 'ci' || settings.reports.length > 0)) return []
  const pushed = factsOf(snapshot.facts, 'head.pushed').find(
    (fact) => fact.body.sha === snapshot.pull.head.sha,
  )
  const deadlineMs = ciDeadlineMs({ headSinceMs: pushed?.atMs ?? null, settings })
  if (deadlineMs === null || deadlineMs <= snapshot.nowMs) return []
  const atMs = awaitsBase(snapshot.workflowRuns, settings)
    ? Math.min(deadlineMs, snapshot.nowMs + lookAtBaseMs)
    : deadlineMs
  return [{ kind: 'wake', subject: snapshot.key, atMs }]
}

/** The task and the pull requests on the same commit hear of it when something changed here. */
function queueActions(
  snapshot: PullSnapshot<Policy>,
  verdicts: PullVerdicts,
  actions: readonly Action[],
): Action[] {
  const siblings = snapshot.siblings === 'unknown' ? [] : snapshot.siblings
  const leftBehind =
    snapshot.pull.state !== 'open' &&
    snapshot.runs !== 'unknown' &&
    snapshot.runs.some((run) => run.title === sharedTitle)
  const changed = actions.some(
    (action) =>
      (action.kind === 'record' && !isForFigures(action)) ||
      action.kind === 'checkRun' ||
      action.kind === 'merge',
  )
  const groups = changed || !stands(snapshot, verdicts) ? groupKeys(snapshot) : []
  const task = snapshot.task && changed ? [snapshot.task.key] : []
  const others =
    leftBehind || actions.some((action) => action.kind === 'checkRun')
      ? siblings.map(({ pull }) =>
          formatKey({ kind: 'pull', repository: snapshot.repository.name, number: pull.number }),
        )
      : []
  return [
    ...[...task, ...others, ...groups].map((subject) => ({ kind: 'queue' as const, subject })),
    ...(changed ? rolloutKeys(snapshot) : []),
  ]
}

/** Nothing about it speaks against a merge queue's group that holds it. */
function stands({ pull }: PullSnapshot<Policy>, verdicts: PullVerdicts): boolean {
  if (pull.state !== 'open') return true
  const of = (name: 'plan' | 'gates' | 'review') => verdicts.shared?.[name] ?? verdicts[name].verdict
  return !pull.draft && [of('plan'), of('gates'), of('review')].every(({ state }) => state === 'pass')
}

/**
 * What changed may take a green back that the merge queue is about to act on (T10). Each group behind an entry holds that
 * entry too, and any of them may be the one that lands, so all hear of it. Of an entry that does not stand they hear each
 * time: it may have stood for a moment since they last did.
 */
// guard: everyGroup
// guard: toldEachTime
function groupKeys({ facts, nowMs }: PullSnapshot<Policy>): SubjectKey[] {
  const live = factsOf(facts, 'group.joined').filter(({ atMs }) => nowMs - atMs <= groupLivesMs)
  return [...new Set(live.map(({ body }) => body.group))].slice(-maximumSteps)
}

/** True when nothing can happen to the pull request any more, short of a new fact. */
export function isOver({ pull, facts }: PullSnapshot<Policy>): boolean {
  return (
    pull.state === 'closed' ||
    (pull.state === 'merged' && lastFact(facts, 'merged') !== undefined && openIncidents(facts).length === 0)
  )
}
