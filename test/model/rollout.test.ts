/** The exhaustive search of rollouts: the real judge and decide keep S11 and L3 whatever happens around them, and each guard is needed. */
import { describe, expect, test } from '@jest/globals'
import { explore, readable, type Space } from './explore.ts'
import { marked } from './marked.ts'
import { guards } from './rollout/guards.ts'
import { restBreak } from './rollout/rest.ts'
import { Rounds } from './rollout/rounds.ts'
import { type Scenario, scenarios, startAfter } from './rollout/starts.ts'
import { keyOf, type State } from './rollout/state.ts'
import { stepsOf } from './rollout/steps.ts'
import { witnesses } from './rollout/witnesses.ts'
import type { World } from './rollout/worker.ts'

const wanted = Number(
  process.env['COUNTERSIGN_ROLLOUT_STATES'] ?? (process.env['CI'] === 'true' ? 150_000 : 27_000),
)
const names = Object.keys(scenarios)
const space = (world: World): Space<State> => ({ stepsOf: (state) => stepsOf(world, state), keyOf })

/** L3 costs whole runs to rest: every so many states, which breadth first spreads over all depths. */
function sampled(world: World): (state: State) => string | null {
  let count = 0
  return (state) => (count++ % 60 === 0 ? restBreak(world, state) : null)
}

describe('rollouts', () => {
  let rollbacks = 0
  test.each(names)(
    'S6, S7, S9, S11, L2, L3: hold under %s',
    (name) => {
      const { setting, from, left, piecemeal = false } = scenarios[name] as Scenario
      const world: World = { rounds: new Rounds(setting), piecemeal }
      const starts = from.map((patterns) => startAfter(world, patterns, left))
      const bounds = { states: Math.ceil(wanted / names.length), seconds: 60, inspect: sampled(world) }
      const found = explore(space(world), starts, bounds)
      process.stdout.write(
        `rollout ${name}: ${found.states} states in ${found.seconds.toFixed(1)} s (${Math.round(found.states / found.seconds)} states/s), depth ${found.depth}, ${found.arrived} rollbacks, ${world.rounds.judged} observations judged${found.exhausted ? ', exhausted' : ''}\n`,
      )
      rollbacks += found.arrived
      if (found.counterexample) throw new Error(readable(found.counterexample))
    },
    600_000,
  )

  // A search that never gets so far would prove nothing of them.
  test('R4: rollbacks came to their ends on the way', () => {
    expect(rollbacks).toBeGreaterThan(0)
  })
})

describe('good ends', () => {
  test.each(Object.entries(witnesses))('L2, L3: %s', (_, { setting, path, ends }) => {
    const world: World = { rounds: new Rounds(setting), piecemeal: false }
    const { state } = startAfter(world, path, {})
    expect(restBreak(world, state)).toBeNull()
    expect(ends(state)).toBe(true)
  })
})

describe('guards of rollouts', () => {
  test.each(Object.entries(guards))(
    '%s: without it, its promise breaks',
    (_, { setting, from, left, decorate, breaks }) => {
      // Reached with the real rules: the mutant is switched on from there.
      const start = startAfter({ rounds: new Rounds(setting), piecemeal: false }, from, left)
      const inspected = (world: World) =>
        breaks === 'L3' ? { inspect: (state: State) => restBreak(world, state) } : {}
      const searched = (world: World) =>
        explore(space(world), [start], { states: 3000, seconds: 60, only: breaks, ...inspected(world) })
      const found = searched({ rounds: new Rounds(setting, decorate), piecemeal: false })
      expect(found.counterexample?.promise ?? 'nothing broke').toMatch(new RegExp(`^${breaks}`))
      // What the guard holds off is nothing that the search would find anyway.
      expect(searched({ rounds: new Rounds(setting), piecemeal: false }).counterexample).toBeNull()
    },
    120_000,
  )

  test('every guard that the code marks is listed here, and none that is gone', () => {
    expect(marked((path) => path.includes('rollout'))).toEqual(Object.keys(guards).sort())
  })
})
