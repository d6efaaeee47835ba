/** Random walks through the search's world: wherever they lead, less information never passes (S9). */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { expectNoMore, removals, without } from '../support/less.ts'
import { walk } from './explore.ts'
import { Rounds } from './rounds.ts'
import { approvals, scenarios, startAfter } from './starts.ts'
import { stepsOf, type World } from './steps.ts'
import { snapshotOf } from './world.ts'

const world: World = { rounds: new Rounds(), expectedSha: true, expectedLength: true, piecemeal: true }
const { left } = scenarios['everything'] ?? { left: {} }
const starts = [[], approvals.plan, approvals.first, approvals.second].map(
  (path) => startAfter(world, path, left).state,
)

test('S9: on every way through the protocol, removing information moves no verdict towards pass', () => {
  let green = 0
  fc.assert(
    fc.property(
      fc.constantFrom(...starts),
      fc.array(fc.nat(1000), { maxLength: 25 }),
      fc.uniqueArray(fc.nat(removals.length - 1), { minLength: 1, maxLength: 3 }),
      (start, choices, removed) => {
        const state = walk((state) => stepsOf(world, state), start, choices)
        const full = snapshotOf(state, 0)
        if (full.runs !== 'unknown' && full.runs.some((run) => run.conclusion === 'success')) green += 1
        expectNoMore(full, without(full, removed))
      },
    ),
    { numRuns: 1500 },
  )
  // The walks must get somewhere, or nothing was proven.
  expect(green).toBeGreaterThan(200)
})
