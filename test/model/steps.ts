/** Every step that can happen in a state: people, the agent, the network, and the worker, each with its words for the trace. */
import { networkSteps } from './steps/network.ts'
import { peopleSteps } from './steps/people.ts'
import type { Step, World } from './steps/step.ts'
import { workerSteps } from './steps/worker.ts'
import type { State } from './world.ts'

export { type Budget, budgets, type Step, type World } from './steps/step.ts'
export { idle } from './steps/worker.ts'

/** All steps of a state. Once #34 is merged only the worker goes on, to read back what came of it. */
export function stepsOf(world: World, state: State): Step[] {
  if (state.open[0] === 3) return workerSteps(world, state)
  return [...workerSteps(world, state), ...networkSteps(state), ...peopleSteps(state)]
}
