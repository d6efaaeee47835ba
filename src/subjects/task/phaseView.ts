/** The phases of a task as people read them, in the progress comment and on the board alike (O2, O3). */
import type { PhaseState } from '../../pipeline/attempts.ts'
import { phases } from '../../pipeline/phases.ts'
import { redOf, routeOf, stateOf } from '../../pipeline/taskState.ts'
import type { TaskContext } from './context.ts'

const words = {
  due: 'not yet',
  running: 'running',
  judging: 'checking',
  validating: 'validating',
  asked: 'asks',
  accepted: 'accepted',
  exhausted: 'needs a person',
} as const satisfies Record<PhaseState['progress']['state'], string>
export type PhaseWord = (typeof words)[keyof typeof words] | 'goes back'

export interface PhaseView extends PhaseState {
  responsibility: string
  word: PhaseWord
  /** Of its sessions and of those that validated them. */
  costUsd: number
}

/** In the order in which they run; a repair stands last, while there is one. */
export function phaseViews(context: TaskContext): PhaseView[] {
  const { before, after } = routeOf(context)
  const repair = redOf(context) ? (['repair'] as const) : []
  return [...before, ...after, ...repair].map((phase) => {
    const state = stateOf(context, phase)
    const { attempts, progress } = state
    return {
      ...state,
      responsibility: phases[phase].responsibility,
      word: progress.state === 'due' && attempts.length > 0 ? 'goes back' : words[progress.state],
      costUsd: attempts.reduce(
        (sum, one) => sum + (one.ended?.costUsd ?? 0) + (one.validatorAnswer?.costUsd ?? 0),
        0,
      ),
    }
  })
}
