/** The exhaustive search: the real judge and decide in merge mode keep their promises, and each guard is needed. */
import { describe, expect, test } from '@jest/globals'
import { explore, readable, type Space } from './explore.ts'
import { guards } from './guards.ts'
import { marked } from './marked.ts'
import { orderFree } from './orderFree.ts'
import { queueGuards } from './queue/guards.ts'
import { Rounds } from './rounds.ts'
import { type Scenario, scenarios, standardStarts, startAfter } from './starts.ts'
import { restBreak } from './steps/rest.ts'
import { stepsOf, type World } from './steps.ts'
import { witnesses } from './witnesses.ts'
import { keyOf, type State } from './world.ts'

const wanted = Number(
  process.env['COUNTERSIGN_MODEL_STATES'] ?? (process.env['CI'] === 'true' ? 6_000_000 : 270_000),
)
const names = Object.keys(scenarios)
const share = Math.ceil(wanted / names.length)
const real = (piecemeal = false): World => ({
  rounds: new Rounds(),
  expectedSha: true,
  expectedLength: true,
  piecemeal,
})

const space = (world: World): Space<State> => ({ stepsOf: (state) => stepsOf(world, state), keyOf })

/** S8 costs whole runs to rest: every 400th state, which BFS spreads over all depths. */
function sampled(world: World): (state: State) => string | null {
  let count = 0
  return (state) => (count++ % 400 === 0 ? orderFree(world, state) : null)
}

describe('merge mode', () => {
  let total = 0
  test.each(names)(
    'S1, S3, S4, S5, S6, S7, S8, S14: hold under %s',
    (name) => {
      const { left, piecemeal = false } = scenarios[name] as Scenario
      const world = real(piecemeal)
      const found = explore(space(world), standardStarts(world, left), {
        states: share,
        seconds: 480 / names.length,
        inspect: sampled(world),
      })
      total += found.states
      process.stdout.write(
        `model ${name}: ${found.states} states in ${found.seconds.toFixed(1)} s (${Math.round(found.states / found.seconds)} states/s), depth ${found.depth}, ${found.arrived} merges, ${world.rounds.judged} observations judged${found.exhausted ? ', exhausted' : ''}\n`,
      )
      if (found.counterexample) throw new Error(readable(found.counterexample))
      expect(found.arrived).toBeGreaterThan(0)
    },
    600_000,
  )

  test('at least 500,000 states were visited where CI asks for it', () => {
    process.stdout.write(`model: ${total} states in all\n`)
    if (wanted >= 500_000) expect(total).toBeGreaterThanOrEqual(500_000)
  })
})

describe('good ends', () => {
  test.each(Object.entries(witnesses))('L1, L2: #34 is merged %s', (_, { path, left = {} }) => {
    const { state } = startAfter(real(), path, left)
    expect(state.open[0]).toBe(3)
    expect(restBreak(state)).toBeNull()
  })
})

describe('guards', () => {
  test.each(Object.entries(guards))(
    '%s: without it, its promise breaks',
    (_, guard) => {
      const world = {
        rounds: new Rounds(guard.decorate ?? null),
        expectedSha: guard.expectedSha ?? true,
        expectedLength: guard.expectedLength ?? true,
        piecemeal: false,
      }
      // Reached with the real rules: the mutant is switched on from there.
      const starts = [startAfter(real(), guard.from, guard.left ?? {})]
      const bounds = {
        states: 20_000,
        seconds: 30,
        only: guard.breaks,
        ...(guard.breaks === 'S8' ? { inspect: (state: State) => orderFree(world, state) } : {}),
      }
      const found = explore(space(world), starts, bounds)
      expect(found.counterexample?.promise ?? 'nothing broke').toMatch(new RegExp(`^${guard.breaks}`))
    },
    120_000,
  )

  test('every guard that the code marks is listed here, and none that is gone', () => {
    const listed = { ...guards, ...queueGuards }
    expect(marked((path) => !path.includes('rollout'))).toEqual(Object.keys(listed).sort())
  })
})
