/** What a group's round does about its verdicts: tells its pull requests, collects, writes the three runs, comes back. */
import type { Action } from '../../core/action.ts'
import { type DesiredCheckRun, formatExternalId } from '../../core/checkRun.ts'
import { digestOf } from '../../core/digest.ts'
import { factsOf } from '../../core/facts.ts'
import { groupLivesMs } from '../../core/mergeGroup.ts'
import { headline } from '../../core/sentences.ts'
import type { GroupSnapshot } from '../../core/snapshot/group.ts'
import { ciDeadlineMs } from '../../gates/ci.ts'
import type { Policy } from '../../policy/schema.ts'
import { greensLast, inShadow, longestTitle, newest, runDiffers } from '../pull/checks.ts'
import { needs as pullNeeds } from '../pull/needs.ts'
import { type GroupVerdicts, groupChecks } from './judge.ts'
import { landingOf, needs } from './needs.ts'

/** What GitHub does by itself a moment later (the branch moves, a group is destroyed) is looked for again after this. */
const soonMs = 10_000

export function decide(snapshot: GroupSnapshot<Policy>, verdicts: GroupVerdicts): Action[] {
  if (isOver(snapshot)) return []
  const joins = joinActions(snapshot)
  const collects = collectActions(snapshot)
  return [
    ...joins,
    ...collects,
    // What changed at an entry after it was read and before it knew of the group has reached nobody: it is looked at
    // again. What is collected brings the group back by itself.
    // guard: joinedSeen
    ...(joins.length > 0 && collects.length === 0 ? [{ kind: 'queue' as const, subject: snapshot.key }] : []),
    ...runActions(snapshot, verdicts),
    ...wakeActions(snapshot, verdicts),
  ]
}

const pullsOf = ({ entries }: GroupSnapshot<Policy>) =>
  entries === 'unknown' ? [] : entries.flatMap(({ pulls }) => pulls)

/** A pull request that knows its group queues it when something changes there: an approval withdrawn, a new head. */
function joinActions(snapshot: GroupSnapshot<Policy>): Action[] {
  return pullsOf(snapshot)
    .filter(({ facts }) => !factsOf(facts, 'group.joined').some(({ body }) => body.group === snapshot.key))
    .map((pull) => ({
      kind: 'record',
      subject: pull.key,
      actor: null,
      body: { kind: 'group.joined', group: snapshot.key, head: pull.pull.head.sha },
    }))
}

function collectActions(snapshot: GroupSnapshot<Policy>): Action[] {
  const wanted = [
    ...needs(snapshot).filter((request) => snapshot.evidence.get(request) === undefined),
    ...pullsOf(snapshot).flatMap((pull) =>
      pullNeeds(pull).filter((request) => pull.evidence.get(request) === undefined),
    ),
  ]
  const once = new Map(wanted.map((request) => [digestOf(request), request]))
  return [...once.values()].map((request) => ({
    kind: 'collect',
    repository: snapshot.repository.name,
    request,
    subject: snapshot.key,
  }))
}

/** The runs as they should be; without buttons, since decisions are made on the pull requests themselves. */
function desiredRuns(snapshot: GroupSnapshot<Policy>, verdicts: GroupVerdicts): DesiredCheckRun[] {
  const runs = groupChecks.map((name): DesiredCheckRun => {
    const { verdict, lines } = verdicts[name]
    const shown = digestOf({ group: snapshot.key, name })
    const state = verdict.state === 'pass' ? 'success' : verdict.state === 'wait' ? 'in_progress' : 'failure'
    return {
      name: `countersign/${name}`,
      sha: snapshot.head,
      externalId: formatExternalId(snapshot.key, 0, shown),
      state,
      title: headline(verdict.sentence.replace(/[*`]/g, ''), longestTitle),
      summary: [verdict.sentence, '', ...lines.map((line) => `- ${line}`)].join('\n').trim().slice(0, 60_000),
      buttons: [],
      shown,
      annotations: [],
    }
  })
  return snapshot.policy.ok && !snapshot.policy.policy.enforce ? runs.map(inShadow) : runs
}

function runActions(snapshot: GroupSnapshot<Policy>, verdicts: GroupVerdicts): Action[] {
  const { runs, repository } = snapshot
  if (runs === 'unknown') return []
  const writes = desiredRuns(snapshot, verdicts).flatMap((run) => {
    const observed = newest(runs, run.name, run.sha)
    return runDiffers(run, observed)
      ? [{ kind: 'checkRun' as const, repository: repository.name, run, runId: observed?.id ?? null }]
      : []
  })
  return greensLast(writes)
}

/** Waiting for CI ends at its deadline; everything else waits for what GitHub does by itself a moment later. */
function wakeActions(snapshot: GroupSnapshot<Policy>, verdicts: GroupVerdicts): Action[] {
  const waiting = groupChecks.filter((name) => verdicts[name].verdict.state === 'wait')
  if (waiting.length === 0 || !snapshot.policy.ok) return []
  const { nowMs, requested, policy, key } = snapshot
  const deadline = ciDeadlineMs({ headSinceMs: requested.atMs, settings: policy.policy.gates })
  const forCi = waiting.length === 1 && waiting[0] === 'gates' && deadline !== null && deadline > nowMs
  return [{ kind: 'wake', subject: key, atMs: forCi ? deadline : nowMs + soonMs }]
}

/** Over when GitHub has said so or has long given up, or when nothing of it is left to land. */
export function isOver(snapshot: GroupSnapshot<Policy>): boolean {
  const landing = snapshot.evidence.get(landingOf(snapshot))
  return (
    snapshot.destroyed ||
    snapshot.nowMs - snapshot.requested.atMs > groupLivesMs ||
    (landing?.ok === true && landing.body.commits.length === 0)
  )
}
