/** Where a task stands: its delegation, frozen bundle, route, issued plan and phases, folded from facts alone. */
import { type Fact, type FactOf, factsOf, lastFact, settledBySeq } from '../core/facts.ts'
import { Plan, planDigest } from '../core/plan.ts'
import type { Amount } from '../core/usage.ts'
import { type AcceptedCommand, acceptedCommands, type PhaseState, phaseState } from './attempts.ts'
import { raisedOf, type Spent, spentOf } from './budget.ts'
import { type SentBack, sentBackSince } from './findings.ts'
import { phases } from './phases.ts'
import { publishedAs } from './published.ts'
import { redsSince } from './repairs.ts'
import { phasesOf, planningPhases } from './routes.ts'
import type { PhaseId, PipelineSettings } from './settings.ts'

export interface TaskState {
  facts: readonly Fact[]
  settings: PipelineSettings
  /** The delegation that counts: the latest label that was accepted, or the split that this issue is a child of. */
  delegation: FactOf<'issue.delegated'> | FactOf<'child.delegated'> | null
  frozen: FactOf<'bundle.frozen'> | null
  route: FactOf<'route.chosen'> | null
  /** The plan as issued for the accepted deliverable of the planning phase; an older plan does not count. */
  issued: FactOf<'plan.issued'> | null
  /** The latest request for missing parts, while no bundle is frozen for this delegation (D2). */
  draft: FactOf<'draft.requested'> | null
  /** The split of this epic as a person has started it; what it is made of does not change any more. */
  split: FactOf<'split.approved'> | null
  /** The latest plan that was ever issued, current or not: its branch and pull request are used again. */
  previousPlan: FactOf<'plan.issued'> | null
  commands: AcceptedCommand[]
  /** The accepted stop that no later command has lifted. */
  stopped: AcceptedCommand | null
  spent: Spent
  /** What people added to the task's budget. */
  raised: Amount
  /** Why the task is pinned to in-house endpoints, once it is. */
  sensitive: FactOf<'task.sensitive'> | null
  /** Whether a senior has allowed protected surfaces since the bundle was frozen (D3). */
  protectedAllowed: boolean
}

/** Fold the facts of a task. */
export function taskState(facts: readonly Fact[], settings: PipelineSettings): TaskState {
  const delegation = delegationOf(facts)
  const frozen = frozenOf(facts)
  const since = frozen?.seq ?? Number.MAX_SAFE_INTEGER
  const route =
    factsOf(facts, 'route.chosen')
      .filter((fact) => fact.seq > since)
      .at(-1) ?? null
  const commands = acceptedCommands(facts)
  const state: TaskState = {
    facts,
    settings,
    delegation,
    frozen,
    route,
    issued: null,
    draft: draftOf(facts),
    split: factsOf(facts, 'split.approved').find((fact) => fact.seq > since) ?? null,
    previousPlan: lastFact(facts, 'plan.issued') ?? null,
    commands,
    stopped: stopOf(commands, delegation),
    spent: spentOf(facts),
    raised: raisedOf(facts),
    sensitive: factsOf(facts, 'task.sensitive')[0] ?? null,
    protectedAllowed: commands.some((one) => one.verb === 'allow' && one.settledSeq > since),
  }
  return { ...state, issued: currentPlan(state) }
}

/** The latest delegation that was accepted, or the split that the issue is a child of when that came later. */
function delegationOf(facts: readonly Fact[]): TaskState['delegation'] {
  const settled = settledBySeq(facts)
  const accepted = factsOf(facts, 'issue.delegated').filter(
    (fact) => settled.get(fact.seq)?.body.outcome === 'accepted',
  )
  const labelled = accepted.at(-1) ?? null
  const split = lastFact(facts, 'child.delegated')
  return split && split.seq > (labelled?.seq ?? -1) ? split : labelled
}

/** The bundle that was frozen for it; it says under which agent profile the task runs, which settings depend on. */
export function frozenOf(facts: readonly Fact[]): FactOf<'bundle.frozen'> | null {
  const delegation = delegationOf(facts)
  const frozen = factsOf(facts, 'bundle.frozen').filter((fact) => fact.body.delegation === delegation?.seq)
  return frozen.at(-1) ?? null
}

/** The request for missing parts that counts while no bundle is frozen for this delegation (D2). */
function draftOf(facts: readonly Fact[]): FactOf<'draft.requested'> | null {
  const delegation = delegationOf(facts)
  if (!delegation || frozenOf(facts)) return null
  return factsOf(facts, 'draft.requested').findLast(({ seq }) => seq > delegation.seq) ?? null
}

/** The agent profile that a task runs under: for good once the bundle is frozen, before that for a proposal (P13). */
export function profileNameOf(facts: readonly Fact[]): string | undefined {
  return (frozenOf(facts) ?? draftOf(facts))?.body.profile
}

/** A stop holds until someone resumes, retries or delegates again. */
function stopOf(commands: readonly AcceptedCommand[], delegation: Fact | null): AcceptedCommand | null {
  const last = commands.filter((one) => ['stop', 'resume', 'retry'].includes(one.verb)).at(-1)
  return last?.verb === 'stop' && last.settledSeq > (delegation?.seq ?? -1) ? last : null
}

/**
 * The state of one phase, counted since the bundle was frozen or, after the plan, since the plan was issued. A repair
 * counts since the failure that it repairs, a proposal since it was asked for, and a review since it last sent work back:
 * what it finds then, it finds in the new change.
 */
export function stateOf(state: TaskState, phase: PhaseId): PhaseState {
  const { facts, settings } = state
  const since = beginningOf(state, phase)?.seq ?? Number.MAX_SAFE_INTEGER
  return phaseState(facts, phase, {
    since,
    cap: settings.attempts,
    validated: isValidated(settings, phase),
  })
}

function beginningOf(state: TaskState, phase: PhaseId): { seq: number } | null {
  switch (phase) {
    case 'draft':
      return state.draft
    case 'repair':
      return redOf(state)
    case 'review':
      return sentBackOf(state) ?? state.issued
    default:
      return phases[phase].input.some((name) => name === 'plan') ? state.issued : state.frozen
  }
}

/** Whether a validator session judges what a phase hands in, after the checks (P3). */
export function isValidated(settings: PipelineSettings, phase: PhaseId): boolean {
  return settings.validate && phases[phase].validated
}

/** The failure of CI that a repair works on now: the latest since the plan was issued, or null. */
export function redOf({ facts, issued }: TaskState): FactOf<'ci.red'> | null {
  return (issued && redsSince(facts, issued.seq).at(-1)) ?? null
}

/** The latest objection of the review session to accepted work of the current plan, or null. */
export function sentBackOf({ facts, issued }: TaskState): SentBack | null {
  const all = issued ? sentBackSince(facts, issued.seq) : []
  return all.at(-1) ?? null
}

/** The phases of the task's route up to and with the planning phase, and those after it. */
export function routeOf(state: TaskState): { planning: PhaseId; before: PhaseId[]; after: PhaseId[] } {
  const route = state.route?.body.route ?? 'feature'
  const planning = planningPhases[route]
  const all = phasesOf(route, state.issued?.body.record.plan ?? null)
  const at = all.indexOf(planning)
  return { planning, before: all.slice(0, at + 1), after: all.slice(at + 1) }
}

/** The accepted deliverable of a phase, or undefined. */
export function deliverableOf(state: TaskState, phase: PhaseId): unknown {
  const { progress } = stateOf(state, phase)
  if (progress.state !== 'accepted') return undefined
  const outcome = progress.attempt.ended?.outcome
  return outcome?.kind === 'deliverable' ? outcome.deliverable : undefined
}

/** The accepted plan of the planning phase, issued or not yet. */
export function acceptedPlan(state: TaskState): Plan | null {
  const parsed = Plan.safeParse(deliverableOf(state, routeOf({ ...state, issued: null }).planning))
  return parsed.success ? parsed.data : null
}

/** The latest issued plan, if it is the one that the planning phase handed in for this bundle (A2, S2). */
function currentPlan(state: TaskState): FactOf<'plan.issued'> | null {
  const { previousPlan, frozen, route } = state
  if (!previousPlan || !frozen || previousPlan.seq < frozen.seq) return null
  const plan = acceptedPlan(state)
  const { record, digest } = previousPlan.body
  const same =
    plan !== null &&
    planDigest({ ...record, plan }) === digest &&
    record.delegationDigest === frozen.body.digest &&
    record.profile === frozen.body.profile &&
    (!route || record.route === route.body.route)
  return same ? previousPlan : null
}

/**
 * The commit on which the next writing phase works: the last accepted candidate after the plan (a repair
 * sits on the head whose CI failed, and what the review sent back on the head that it read), else the plan commit.
 */
export function acceptedHead(state: TaskState, before: PhaseId | null): string | null {
  if (!state.issued) return null
  const red = redOf(state)
  if (red && (before === 'repair' || before === null)) {
    const { progress } = stateOf(state, 'repair')
    const repaired =
      before === null && progress.state === 'accepted' ? progress.attempt.ended?.candidate : null
    return repaired ? publishedAs(state.facts, repaired) : red.body.sha
  }
  const back = sentBackOf(state)
  let head = back?.body.head ?? state.issued.body.commit
  for (const phase of routeOf(state).after) {
    if (phase === before) break
    const { progress } = stateOf(state, phase)
    // What was accepted before the review sent work back is part of the head that it read.
    if (progress.state !== 'accepted' || progress.attempt.seq < (back?.seq ?? -1)) continue
    head = progress.attempt.ended?.candidate ?? head
  }
  return publishedAs(state.facts, head)
}
