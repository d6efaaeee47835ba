/** The state of an environment as a fold: what stands, what is under way, what counts as healthy and as failed (R1, R4). */
import { describe, expect, test } from '@jest/globals'
import type { FactBody } from '../../src/core/facts.ts'
import type { DeploymentReading, DeploymentState } from '../../src/core/snapshot/rollout.ts'
import { failuresOf, healthyOf, lastHealthyMeans, passedHere, rolloutState } from '../../src/rollout/state.ts'
import { factsFrom, sha } from '../support/snapshots.ts'

const seen = (deployment: number, name: string, parts: object = {}): FactBody => ({
  kind: 'deploy.seen',
  environment: 'production',
  deployment,
  sha: sha(name),
  intent: null,
  adopted: false,
  ...parts,
})
const ended = (
  deployment: number,
  name: string,
  outcome: 'healthy' | 'failed' | 'held' | 'superseded',
  means = {},
): FactBody => ({
  kind: 'window.ended',
  deployment,
  sha: sha(name),
  outcome,
  sentence: 'So it was.',
  means,
})
const failed = (deployment: number, name: string): FactBody => ({
  kind: 'rollout.failed',
  deployment,
  sha: sha(name),
  from: null,
  steps: [sha(name)],
  sentence: 'Errors.',
  keeps: null,
})
const intended = (
  purpose: 'forward' | 'rollback',
  name: string,
  replaces: number | null = null,
): FactBody => ({
  kind: 'deploy.intended',
  purpose,
  sha: sha(name),
  from: null,
  replaces,
  way: 'create',
  workflow: null,
  bound: null,
})
const reading = (
  id: number,
  name: string,
  state: DeploymentState,
  succeeded = state === 'success',
): DeploymentReading => ({
  id,
  sha: sha(name),
  environment: 'production',
  createdBy: null,
  viaApp: null,
  marker: null,
  state,
  succeeded,
  beganMs: null,
  environmentUrl: null,
  runId: null,
})
const facts = (...bodies: FactBody[]) =>
  factsFrom(
    'rollout:acme/widgets@production',
    bodies.map((body) => ({ body })),
  )
const state = (bodies: FactBody[], readings: DeploymentReading[]) => rolloutState(facts(...bodies), readings)

describe('R4: what stands', () => {
  test('the newest that succeeded, not one that is under way or failed', () => {
    const folded = state(
      [seen(1, 'a'), seen(2, 'b'), seen(3, 'c')],
      [reading(3, 'c', 'failure', false), reading(2, 'b', 'in_progress'), reading(1, 'a', 'success')],
    )
    expect(folded.current?.id).toBe(1)
    expect(folded.underWay.map(({ id }) => id)).toEqual([2])
  })

  test('what GitHub calls inactive or failed afterwards has still been deployed', () => {
    const folded = state(
      [seen(1, 'a'), seen(2, 'b')],
      [reading(2, 'b', 'failure', true), reading(1, 'a', 'inactive', true)],
    )
    expect(folded.current?.id).toBe(2)
  })

  test('the order is that in which they began, and not that of their numbers', () => {
    const folded = state(
      [seen(1, 'a'), seen(3, 'c'), seen(2, 'b')],
      [3, 2, 1].map((id) => reading(id, 'x', 'success')),
    )
    expect(folded.seen.map(({ id }) => id)).toEqual([2, 3, 1])
    expect(folded.current?.id).toBe(2)
  })

  test('what is no longer listed is not under way', () => {
    expect(state([seen(1, 'a')], []).underWay).toEqual([])
  })

  test('what stood before counts as standing, and not as healthy', () => {
    const folded = state([seen(1, 'a', { adopted: true })], [reading(1, 'a', 'success')])
    expect([folded.standing, folded.healthy, folded.current?.id]).toEqual([sha('a'), null, 1])
  })

  test('the healthy commit stands, whatever was deployed since', () => {
    const folded = state(
      [seen(1, 'a'), ended(1, 'a', 'healthy'), seen(2, 'b'), failed(2, 'b')],
      [reading(2, 'b', 'success'), reading(1, 'a', 'success')],
    )
    expect(folded.standing).toBe(sha('a'))
  })
})

describe('R4: healthy and failed', () => {
  test.each<[string, FactBody[], string | null]>([
    ['nothing', [], null],
    ['held is not healthy', [ended(1, 'a', 'held')], null],
    ['superseded is not healthy', [ended(1, 'a', 'superseded')], null],
    [
      'the last one counts',
      [ended(1, 'a', 'healthy'), ended(2, 'b', 'healthy'), ended(3, 'c', 'failed')],
      'b',
    ],
  ])('%s', (_, bodies, name) => {
    expect(healthyOf(facts(...bodies))?.sha ?? null).toBe(name && sha(name))
  })

  test('a failure stands until its own deployment is counted as healthy', () => {
    expect(failuresOf(facts(failed(1, 'a')))).toHaveLength(1)
    expect(failuresOf(facts(ended(1, 'a', 'healthy'), failed(1, 'a')))).toHaveLength(1)
    expect(failuresOf(facts(failed(1, 'a'), ended(2, 'a', 'healthy')))).toHaveLength(1)
    expect(failuresOf(facts(failed(1, 'a'), ended(1, 'a', 'healthy')))).toEqual([])
  })

  test('R1: what failed after it passed has not passed', () => {
    expect(passedHere(facts(ended(1, 'a', 'healthy')), sha('a'))).toBe(true)
    expect(passedHere(facts(ended(1, 'a', 'healthy')), sha('b'))).toBe(false)
    expect(passedHere(facts(ended(1, 'a', 'healthy'), failed(2, 'a')), sha('a'))).toBe(false)
  })

  test('R3: the means are those of the last healthy window', () => {
    const bodies = [
      ended(1, 'a', 'healthy', { errors: 1 }),
      ended(2, 'b', 'healthy', { errors: 2 }),
      ended(3, 'c', 'held', { errors: 3 }),
    ]
    expect(lastHealthyMeans(facts(...bodies))).toEqual(new Map([['errors', 2]]))
    expect(lastHealthyMeans(facts())).toEqual(new Map())
  })
})

describe('S7: what was announced', () => {
  test('it is pending until it is seen, has ended or could not be started', () => {
    const pending = (...bodies: FactBody[]) =>
      state([intended('rollback', 'a', 2), ...bodies], []).pending.map(({ made }) => made)
    expect(pending()).toEqual([false])
    expect(pending({ kind: 'deploy.made', intent: 0, deployment: 3, runId: null })).toEqual([true])
    expect(pending(seen(3, 'a', { intent: 0 }))).toEqual([])
    expect(
      pending({ kind: 'rollback.ended', intent: 0, deployment: null, ok: false, sentence: 'No.' }),
    ).toEqual([])
    expect(pending({ kind: 'work.failed', what: 'deploy:0', reason: 'No.' })).toEqual([])
  })

  test('a rollback is under way from its announcement to its end', () => {
    const bodies = [intended('forward', 'b'), intended('rollback', 'a', 2)]
    expect(state(bodies, []).rollingBack?.seq).toBe(1)
    expect(
      state([...bodies, { kind: 'rollback.ended', intent: 1, deployment: 3, ok: true, sentence: 'Yes.' }], [])
        .rollingBack,
    ).toBeNull()
  })
})
