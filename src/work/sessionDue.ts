/** Whether a session item is still what is due, asked of the facts alone, and where it starts (S2, S7). */
import { digestOf } from '../core/digest.ts'
import type { Sha } from '../core/ids.ts'
import type { WorkItem } from '../core/work.ts'
import type { Attempt } from '../pipeline/attempts.ts'
import { continuation } from '../pipeline/inputs.ts'
import { phaseOf } from '../pipeline/phases.ts'
import { redOf, stateOf, type TaskState } from '../pipeline/taskState.ts'
import { type Position, positionOf } from './sessionMaterial.ts'

export type SessionItem = Extract<WorkItem, { kind: 'session' }>

/** What a due session is, as the task's facts say; null when the item is no longer what is due. */
export interface Due {
  state: TaskState
  position: Position
  /** The attempt that has started already, or is checked by this validator. */
  attempt: Attempt | null
  started: boolean
  continues: { session: string; message: string } | null
  session: string
}

/** What the item is now, by the facts in `state`. */
export function dueOf(item: SessionItem, state: TaskState, base: Sha): Due | null {
  const named = phaseOf(item.phase)
  if (!named || state.stopped) return null
  const { phase, of } = named
  if (!((of ?? phase.id) === 'draft' ? state.draft : state.frozen)) return null
  if ((of ?? phase.id) === 'repair' && !redOf(state)) return null
  if (phase.id === 'route' && state.route) return null
  const { progress, attempts } = stateOf(state, of ?? phase.id)
  const name = (rerun: number) =>
    `${item.phase.replace(':', '-')}-${item.attempt}-${digestOf({ subject: item.subject, phase: item.phase, attempt: item.attempt, rerun }).slice(0, 24)}`
  if (of !== null) {
    if (progress.state !== 'validating' || progress.attempt.attempt !== item.attempt) return null
    const { attempt } = progress
    const session = attempt.validatorRunning?.session ?? name(attempt.brokenValidators.length)
    return {
      state,
      attempt,
      session,
      continues: null,
      started: attempt.validatorRunning !== null,
      position: positionOf(state, phase, of, attempt, base),
    }
  }
  if (progress.state === 'running' && progress.attempt.attempt === item.attempt) {
    const earlier = attempts.at(-2) ?? null
    return {
      state,
      attempt: progress.attempt,
      session: progress.attempt.session,
      continues: continuesOf(state, phase.id, item.attempt),
      started: true,
      position: positionOf(state, phase, null, earlier, base),
    }
  }
  if (progress.state !== 'due' || progress.attempt !== item.attempt) return null
  return {
    state,
    attempt: null,
    session: name(0),
    continues: continuesOf(state, phase.id, item.attempt),
    started: false,
    position: positionOf(state, phase, null, attempts.at(-1) ?? null, base),
  }
}

/** What an attempt continues, as it was when it became due: the facts before its own start decide. */
function continuesOf(state: TaskState, phase: Position['phase']['id'], attempt: number): Due['continues'] {
  const start = state.facts.findIndex(
    ({ body }) => body.kind === 'attempt.started' && body.phase === phase && body.attempt === attempt,
  )
  const before = start === -1 ? state.facts : state.facts.slice(0, start)
  const { progress } = stateOf({ ...state, facts: before }, phase)
  if (progress.state !== 'due' || progress.continues === null || progress.message === null) return null
  return { session: progress.continues, message: continuation(attempt, progress.message) }
}
