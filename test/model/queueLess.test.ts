/** Random walks through the search of merge queues: wherever they lead, less information lets no group land (S9). */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { GroupSnapshot } from '../../src/core/snapshot/group.ts'
import type { Policy } from '../../src/policy/schema.ts'
import { check, decide, judge } from '../../src/subjects/group.ts'
import { evidenceIs, failed, ladder, removals as pullRemovals, without } from '../support/less.ts'
import { walk } from './explore.ts'
import { groupSnapshot } from './queue/snapshots.ts'
import { plainWorld, scenarios, startAfter } from './queue/starts.ts'
import { checks } from './queue/state.ts'
import { stepsOf } from './queue/steps.ts'

type Snapshot = GroupSnapshot<Policy>
type Removal = (snapshot: Snapshot) => Partial<Snapshot>

const entriesOf = ({ entries }: Snapshot) => (entries === 'unknown' ? [] : entries)
const eachEntry =
  (change: (entry: ReturnType<typeof entriesOf>[number]) => ReturnType<typeof entriesOf>[number]): Removal =>
  (snapshot) => ({ entries: entriesOf(snapshot).map(change) })

/** Each takes one thing away: of the group, and of the first or of each pull request in it. */
const removals: readonly Removal[] = [
  () => ({ missing: ['something'] }),
  () => ({ entries: 'unknown' }),
  () => ({ entries: [] }),
  (snapshot) => ({ entries: entriesOf(snapshot).slice(1) }),
  (snapshot) => ({ entries: entriesOf(snapshot).slice(0, -1) }),
  eachEntry((entry) => ({ ...entry, pulls: [] })),
  () => ({ runs: 'unknown' }),
  () => ({ ci: 'unknown' }),
  () => ({ ci: [] }),
  () => ({ policy: { ok: false, mistakes: [], sentence: 'broken', sha: null } }),
  evidenceIs('commits'),
  evidenceIs('commits', failed),
  evidenceIs('mergeTree'),
  evidenceIs('mergeTree', failed),
  ...pullRemovals.map((_, index) =>
    eachEntry((entry) => ({ ...entry, pulls: entry.pulls.map((pull) => without(pull, [index])) })),
  ),
  ...pullRemovals.map(
    (_, index): Removal =>
      (snapshot) => ({
        entries: entriesOf(snapshot).map((entry, at) =>
          at > 0 ? entry : { ...entry, pulls: entry.pulls.map((pull) => without(pull, [index])) },
        ),
      }),
  ),
]

const starts = Object.values(scenarios).flatMap(({ setting, from, left }) =>
  from.map((patterns) => ({
    world: plainWorld(setting),
    ...startAfter(plainWorld(setting), patterns, { ...left, blind: 0 }),
  })),
)

test('S9: on every way through a merge queue, removing information moves no verdict towards pass', () => {
  let green = 0
  fc.assert(
    fc.property(
      fc.nat(starts.length - 1),
      fc.array(fc.nat(1000), { maxLength: 20 }),
      fc.uniqueArray(fc.nat(removals.length - 1), { minLength: 1, maxLength: 3 }),
      (from, choices, removed) => {
        const { world, state: start } = starts[from] as (typeof starts)[number]
        const state = walk((state) => stepsOf(world, state), start, choices)
        for (const [group] of state.groups) {
          const full = groupSnapshot(world.rounds.setting, state, group, 'whole')
          if (!full) continue
          let less = full
          for (const at of removed) less = { ...less, ...removals[at]?.(less) }
          const [before, after] = [judge(full), judge(less)]
          for (const name of checks)
            expect(ladder[after[name].verdict.state]).toBeLessThanOrEqual(ladder[before[name].verdict.state])
          expect(check(less, decide(less, after))).toEqual([])
          if (before.review.verdict.state === 'pass') green += 1
        }
      },
    ),
    { numRuns: 1000 },
  )
  // The walks must get somewhere, or nothing was proven.
  expect(green).toBeGreaterThan(100)
}, 300_000)
