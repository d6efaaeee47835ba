/** Knowing less: ways to take information from a snapshot, and what must then hold (S9). */
import { expect } from '@jest/globals'
import type { EvidenceRequest, EvidenceResult, EvidenceView } from '../../src/core/evidence.ts'
import type { PullSnapshot } from '../../src/core/snapshot/pull.ts'
import type { VerdictState } from '../../src/core/verdict.ts'
import type { Policy } from '../../src/policy/schema.ts'
import { check, decide, judge } from '../../src/subjects/pull.ts'

type Snapshot = PullSnapshot<Policy>
type Removal = (snapshot: Snapshot) => Partial<Snapshot>

/** Where less is known the verdict may only move down this ladder: waiting and failing are both no pass. */
export const ladder: Record<VerdictState, number> = { fail: 0, wait: 0, flag: 1, pass: 2 }
const checks = ['plan', 'gates', 'review'] as const

/** Evidence of one kind that was not collected, or whose collecting failed. */
export const evidenceIs =
  (kind: EvidenceRequest['kind'], result?: { ok: false; reason: string }) =>
  ({ evidence }: { evidence: EvidenceView }): { evidence: EvidenceView } => ({
    evidence: {
      get: <R extends EvidenceRequest>(request: R) =>
        request.kind === kind ? (result as EvidenceResult<R['kind']> | undefined) : evidence.get(request),
    },
  })
export const failed = { ok: false, reason: 'made up' } as const
const kinds = ['diff', 'commits', 'references'] as const

/** Each takes one thing away. */
export const removals: readonly Removal[] = [
  () => ({ missing: ['something'] }),
  () => ({ commits: 'unknown' }),
  () => ({ pushers: 'unknown' }),
  () => ({ reviews: 'unknown' }),
  () => ({ ci: 'unknown' }),
  () => ({ ci: [] }),
  () => ({ workflowRuns: { head: 'unknown', base: 'unknown' } }),
  ({ workflowRuns }) => ({ workflowRuns: { ...workflowRuns, head: [] } }),
  ({ workflowRuns }) => ({ workflowRuns: { ...workflowRuns, base: [] } }),
  () => ({ siblings: 'unknown' }),
  () => ({ enforcement: 'unknown' }),
  () => ({ people: new Map() }),
  ({ people }) => ({
    people: new Map(
      [...people].map(([id, one]) => [id, { ...one, role: 'unknown' as const, teams: 'unknown' as const }]),
    ),
  }),
  () => ({ evidence: { get: () => undefined } }),
  () => ({ policy: { ok: false, mistakes: [], sentence: 'broken', sha: null } }),
  ({ people }) => ({ people: new Map([...people].slice(1)) }),
  ({ people }) => ({
    people: new Map(
      [...people].map(([id, one], index) => [id, index === 0 ? { ...one, role: 'unknown' as const } : one]),
    ),
  }),
  ...kinds.map((kind) => evidenceIs(kind)),
  ...kinds.map((kind) => evidenceIs(kind, failed)),
]

/** The snapshot after the removals with these indices. */
export function without(full: Snapshot, removed: readonly number[]): Snapshot {
  let less = full
  for (const index of removed) less = { ...less, ...removals[index]?.(less) }
  return less
}

/** No verdict moved towards pass, nothing became ready to merge, and no action breaks an invariant. */
export function expectNoMore(full: Snapshot, less: Snapshot): void {
  const [before, after] = [judge(full), judge(less)]
  // A person's pull request passes without gates; knowing less may make it an agent's, which asks for more.
  for (const name of checks)
    expect(ladder[after[name].verdict.state]).toBeLessThanOrEqual(ladder[before[name].verdict.state])
  expect(check(less, decide(less, after))).toEqual([])
  if (!before.merge.ready) expect(after.merge.ready).toBe(false)
}
