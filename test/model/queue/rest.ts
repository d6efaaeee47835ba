/** What must hold where nobody is about to look any more, and where everybody has looked (S3, L1, L2). */

import { arrived } from './arrive.ts'
import { isGreen } from './effects.ts'
import { isStale } from './line.ts'
import { groupSnapshot } from './snapshots.ts'
import {
  checks,
  everybody,
  groupAt,
  lineOf,
  pullAt,
  type State,
  tables,
  type Waiting,
  woken,
} from './state.ts'
import { asksAPerson, notJustified } from './truth.ts'
import { type World, workerSteps } from './worker.ts'

const maximumSteps = 120

/**
 * S3: green means now. A group that no round will look at, though everything was told, is green only as far as it may be:
 * what changed at an entry must have reached it.
 */
export function quietBreak({ rounds }: World, state: State): string | null {
  if (state.untold || state.flights.length > 0 || state.woken.includes('p0') || state.woken.includes('p1'))
    return null
  for (const { group } of standing(state).filter((one) => !state.woken.includes(one.group)))
    for (const check of checks) {
      if (!isGreen(groupAt(state, group)?.runs ?? [], check)) continue
      const against = notJustified(rounds.setting, state, group, check)
      if (against) return `S3: nobody looks at ${group} any more, and countersign/${check} stays: ${against}`
    }
  return null
}

/** What GitHub may still land: behind an entry that is no longer what was put in, everything is built anew. */
function standing(state: State): Waiting[] {
  const line = lineOf(state)
  const stale = line.findIndex((one) => isStale(state, one))
  return stale < 0 ? line : line.slice(0, stale)
}

/** The state when the sweep has woken everybody and no round has anything left to do; null when that never comes. */
export function toRest(world: World, start: State): State | string {
  let state = woken({ ...start, flights: [] }, everybody(start))
  for (let count = 0; count < maximumSteps; count++) {
    const step = workerSteps(world, state).find(({ words }) => !/unread|too late|dies/.test(words))
    if (!step) return state
    if (step.broken) return step.broken
    state = step.next
  }
  return 'L2: the rounds never come to rest'
}

/** The sentence of a promise that does not hold when everybody has looked, or null. */
export function restBreak(world: World, start: State): string | null {
  const { main, policy, pulls, line, groups, read } = start
  const key = `${main}|${policy}|${pulls}|${line}|${groups.join('/')}|${read}`
  const before = world.rounds.rests.get(key)
  if (before !== undefined) return before
  const broken = breakAtRest(world, start)
  world.rounds.rests.set(key, broken)
  return broken
}

/** S8: deliveries on their way, in either order or doubled, with rounds in between, end in the same checks. */
export function orderBreak(world: World, state: State): string | null {
  const [a, b] = state.flying
  if (a === undefined || b === undefined || a === b) return null
  const ends = [
    [a, b],
    [b, a],
    [a, a, b],
  ].map((order) => endOf(world, state, order))
  const other = ends.find((end) => end !== ends[0])
  return other === undefined ? null : `S8: the order of two deliveries decides: ${ends[0]} or ${other}`
}

function endOf(world: World, start: State, order: readonly number[]): string {
  let state = toRest(world, { ...start, flying: [] })
  for (const id of order) {
    if (typeof state === 'string') return state
    state = toRest(world, arrived(state, id))
  }
  if (typeof state === 'string') return state
  const { groups } = state
  const runs = [
    ...[0, 1].flatMap((pull) => pullAt(state, pull).runs),
    ...groups.flatMap(([, id]) => tables.group.get(id).runs),
  ]
  return runs
    .map((run) => `${run.name} ${run.sha.slice(0, 4)} ${run.conclusion ?? run.status}`)
    .sort()
    .join(', ')
}

function breakAtRest(world: World, start: State): string | null {
  const rest = toRest(world, start)
  if (typeof rest === 'string') return rest
  for (const entry of standing(rest)) {
    const broken = entryBreak(world, rest, entry)
    if (broken) return broken
  }
  return incidentBreak(rest)
}

function entryBreak({ rounds: { setting } }: World, rest: State, { group }: Waiting): string | null {
  // A request that was lost leaves its group unanswered: GitHub takes it out at its own time limit (T12).
  if (!groupSnapshot(setting, rest, group, 'whole')) return null
  const runs = groupAt(rest, group)?.runs ?? []
  const against = checks.map((check) => notJustified(setting, rest, group, check))
  for (const [at, check] of checks.entries())
    if (isGreen(runs, check) && against[at])
      return `S3: at rest countersign/${check} of ${group} stays: ${against[at]}`
  if (against.every((one) => one === null))
    return checks.every((check) => isGreen(runs, check))
      ? null
      : `L1: ${group} may land, and is not let through`
  if (asksAPerson(rest, group) && !runs.some((run) => run.conclusion === 'failure'))
    return `L1: ${group} waits for nothing that comes by itself, and GitHub is not told to go on without it`
  return null
}

/** What landed by the queue was let through by its greens: nobody is alarmed. */
function incidentBreak(rest: State): string | null {
  for (const pull of [0, 1]) {
    const { merged, facts } = pullAt(rest, pull)
    const told = facts.filter(({ body }) => body.kind === 'merged').length
    if (merged !== null && told !== 1) return `S7: a merge is on record ${told} times`
  }
  return null
}
