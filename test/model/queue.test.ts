/** The exhaustive search of merge queues: the real judge and decide of groups and pull requests keep their promises, and each guard is needed (T10). */
import { describe, expect, test } from '@jest/globals'
import { explore, readable, type Space } from './explore.ts'
import { queueGuards } from './queue/guards.ts'
import { orderBreak, quietBreak, restBreak } from './queue/rest.ts'
import { Rounds } from './queue/rounds.ts'
import { plainWorld, type Scenario, scenarios, startAfter } from './queue/starts.ts'
import { keyOf, pullAt, type State } from './queue/state.ts'
import { stepsOf } from './queue/steps.ts'
import { witnesses } from './queue/witnesses.ts'
import type { World } from './queue/worker.ts'

const wanted = Number(
  process.env['COUNTERSIGN_QUEUE_STATES'] ?? (process.env['CI'] === 'true' ? 500_000 : 22_000),
)
const names = Object.keys(scenarios)
const space = (world: World): Space<State> => ({ stepsOf: (state) => stepsOf(world, state), keyOf })

/** L1 and S8 cost whole runs to rest: every so many states, which breadth first spreads over all depths. */
function inspected(world: World, every = 40): (state: State) => string | null {
  let count = 0
  return (state) => {
    count++
    return (
      quietBreak(world, state) ??
      (count % every === 0 ? restBreak(world, state) : null) ??
      (count % (every * 10) === 0 ? orderBreak(world, state) : null)
    )
  }
}

describe('merge queues', () => {
  test.each(names)(
    'T10, S1, S3, S4, S6, S7, S8, S9, S14, L1, L2: hold under %s',
    (name) => {
      const { setting, from, left, piecemeal = false, slowPulls = false } = scenarios[name] as Scenario
      const world: World = { rounds: new Rounds(setting), piecemeal, slowPulls, refusedStops: true }
      const starts = from.map((patterns) => startAfter(plainWorld(setting), patterns, left))
      const bounds = { states: Math.ceil(wanted / names.length), seconds: 60, inspect: inspected(world) }
      const found = explore(space(world), starts, bounds)
      process.stdout.write(
        `queue ${name}: ${found.states} states in ${found.seconds.toFixed(1)} s (${Math.round(found.states / found.seconds)} states/s), depth ${found.depth}, ${found.arrived} landings, ${world.rounds.judged} observations judged${found.exhausted ? ', exhausted' : ''}\n`,
      )
      if (found.counterexample) throw new Error(readable(found.counterexample))
      expect(found.arrived).toBeGreaterThan(0)
    },
    600_000,
  )
})

describe('good ends', () => {
  test.each(Object.entries(witnesses))('L1, L2: it lands: %s', (_, { setting, path, landed }) => {
    const world = plainWorld(setting)
    const { state } = startAfter(world, path, {})
    expect([0, 1].map((pull) => pullAt(state, pull).merged !== null)).toEqual(landed)
    expect(restBreak(world, state)).toBeNull()
  })
})

describe('guards of merge queues', () => {
  test.each(Object.entries(queueGuards))(
    '%s: without it, its promise breaks',
    (_, { setting, from, left, mutant, breaks, refusedStops = true }) => {
      // Reached with the real rules: the mutant is switched on from there.
      const start = startAfter(plainWorld(setting), from, left)
      const searched = (world: World, states: number) =>
        explore(space(world), [start], {
          states,
          seconds: 60,
          only: breaks,
          inspect: inspected(world, breaks === 'L1' ? 5 : 40),
        })
      const mutated = { ...plainWorld(setting), rounds: new Rounds(setting, mutant), refusedStops }
      const found = searched(mutated, 3000)
      expect(found.counterexample?.promise ?? 'nothing broke').toMatch(new RegExp(`^${breaks}`))
      // What the guard holds off is nothing that the search would find anyway.
      expect(searched(plainWorld(setting), 2 * found.states).counterexample).toBeNull()
    },
    120_000,
  )
})
