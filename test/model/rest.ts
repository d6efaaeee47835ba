/** Runs the worker alone until no round has anything to do: what a sweep brings about. */
import { stepsOf, type World } from './steps.ts'
import type { State } from './world.ts'

export { arrive } from './arrive.ts'

const maximumSteps = 40

/** The state at rest. Throws when rounds never come to rest (L2). */
export function stepsUntilRest(world: World, start: State): State {
  let state = start
  for (let count = 0; count < maximumSteps; count++) {
    const step = stepsOf(world, state).find(
      ({ words }) => /^(a round|the round)/.test(words) && !words.includes('unread'),
    )
    if (!step) return state
    state = step.next
  }
  throw new Error('L2: the rounds never came to rest')
}
