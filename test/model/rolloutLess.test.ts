/** Random walks through the search of rollouts: wherever they lead, less information lets nothing go and ends no window well (S9). */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Action } from '../../src/core/action.ts'
import { check, decide, judge } from '../../src/subjects/rollout.ts'
import { snapshotOf } from '../subjects/rolloutWorld.ts'
import { evidenceIs, failed, ladder } from '../support/less.ts'
import { walk } from './explore.ts'
import { Rounds, type Snapshot } from './rollout/rounds.ts'
import { scenarios, startAfter } from './rollout/starts.ts'
import { townOf } from './rollout/state.ts'
import { stepsOf } from './rollout/steps.ts'
import { environmentsOf, type World } from './rollout/worker.ts'

type Removal = (snapshot: Snapshot) => Partial<Snapshot>

/** Each takes one thing away. A baseline that failed is none: then the ceiling alone counts, as R3 says. */
const removals: readonly Removal[] = [
  () => ({ missing: ['something'] }),
  () => ({ deployments: 'unknown' }),
  () => ({ range: 'unknown' }),
  () => ({ range: [] }),
  () => ({ runs: 'unknown' }),
  () => ({ smoke: 'unknown' }),
  () => ({ people: new Map() }),
  ({ people }) => ({
    people: new Map(
      [...people].map(([id, one]) => [id, { ...one, role: 'unknown' as const, teams: 'unknown' as const }]),
    ),
  }),
  () => ({ policy: { ok: false, mistakes: [], sentence: 'broken', sha: null } }),
  () => ({ evidence: { get: () => undefined } }),
  ...(['commits', 'diff', 'sample', 'probes'] as const).flatMap((kind) => [
    evidenceIs(kind),
    evidenceIs(kind, failed),
  ]),
  evidenceIs('baseline'),
]

/** What lets something go, or says that all is well; a rollback goes whatever is known. */
const grants = (action: Action, { questions }: ReturnType<typeof judge>): boolean =>
  (action.kind === 'answerRule' &&
    action.state === 'approved' &&
    !questions.rollback.some(({ seq }) => seq === action.of)) ||
  (action.kind === 'deploy' && action.purpose === 'forward') ||
  (action.kind === 'record' && action.body.kind === 'deploy.decided' && action.body.verdict !== 'reject') ||
  (action.kind === 'record' && action.body.kind === 'deploy.intended' && action.body.purpose === 'forward') ||
  (action.kind === 'record' && action.body.kind === 'window.ended' && action.body.outcome === 'healthy')

const starts = Object.values(scenarios).flatMap(({ setting, from, left }) => {
  const world: World = { rounds: new Rounds(setting), piecemeal: false }
  return from.map((patterns) => ({ world, ...startAfter(world, patterns, { ...left, blind: 0, gone: 0 }) }))
})

test('S9: on every way of a rollout, removing information lets nothing go and ends no window well', () => {
  const counts = { go: 0, granted: 0 }
  fc.assert(
    fc.property(
      fc.nat(starts.length - 1),
      fc.array(fc.nat(1000), { maxLength: 25 }),
      fc.uniqueArray(fc.nat(removals.length - 1), { minLength: 1, maxLength: 3 }),
      (from, choices, removed) => {
        const { world, state: start } = starts[from] as (typeof starts)[number]
        const state = walk((state) => stepsOf(world, state), start, choices)
        for (const environment of environmentsOf(world.rounds)) {
          const full = snapshotOf(world.rounds.setting, townOf(state), environment)
          let less = full
          for (const at of removed) less = { ...less, ...removals[at]?.(less) }
          const [before, after] = [judge(full), judge(less)]
          expect(ladder[after.go.state]).toBeLessThanOrEqual(ladder[before.go.state])
          const actions = decide(less, after)
          expect(check(less, actions)).toEqual([])
          const granted = decide(full, before).some((action) => grants(action, before))
          if (!granted) expect(actions.filter((action) => grants(action, after))).toEqual([])
          counts.go += before.go.state === 'pass' ? 1 : 0
          counts.granted += granted ? 1 : 0
        }
      },
    ),
    { numRuns: 2500 },
  )
  // The walks must get somewhere, or nothing was proven.
  expect(counts.go).toBeGreaterThan(20)
  expect(counts.granted).toBeGreaterThan(100)
}, 300_000)
