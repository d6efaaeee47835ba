/** S8: two messages on their way, in either order and with rounds in between, then a sweep, end in the same state. */
import { arrive, stepsUntilRest } from './rest.ts'
import type { World } from './steps.ts'
import { type State, tables } from './world.ts'

/** The sentence of a broken S8, or null. Only states with two messages that are no merge commands are compared. */
export function orderFree(world: World, state: State): string | null {
  const [a, b] = state.flying
  if (a === undefined || b === undefined || a === b || state.open[0] !== 1) return null
  if ([a, b].some((id) => tables.message.get(id).letter === 'm')) return null
  const ends = [
    [a, b],
    [b, a],
    [a, a, b],
  ].map((order) => endOf(world, state, order))
  return new Set(ends).size === 1
    ? null
    : `S8: the order of two messages decides: ${ends[0]} or ${ends.find((end) => end !== ends[0])}`
}

function endOf(world: World, state: State, order: number[]): string {
  let now = stepsUntilRest(world, { ...state, flying: [] })
  for (const id of order) now = stepsUntilRest(world, arrive(now, id, tables.message.get(id)))
  const runs = tables.runs.get(now.runs).filter((run) => run.status !== 'queued')
  return runs
    .map((run) => `${run.name} ${run.sha.slice(0, 4)} ${run.conclusion ?? run.status}`)
    .sort()
    .join(', ')
}
