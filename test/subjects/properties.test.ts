/** Properties of the verdicts: less information never passes (S9), text an agent controls changes no human gate (S12). */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Action } from '../../src/core/action.ts'
import type { EvidenceRequest, EvidenceResult } from '../../src/core/evidence.ts'
import type { WorkflowRun } from '../../src/core/snapshot/pull.ts'
import { decide, judge } from '../../src/subjects/pull.ts'
import { expectNoMore, ladder, removals, without } from '../support/less.ts'
import { commit, dana, erik, fay, file, goodFiles, gus, pullSnapshot, sha } from '../support/snapshots.ts'
import { type Play, play, press } from './rounds.ts'

const merging = { merge: { mode: 'merge', auto: true }, approvals: { profile: 'strict' }, seniors: ['dana'] }
const approvedBy = (start: Play, name: 'plan' | 'review', ...people: (typeof dana)[]) =>
  people.reduce((done, by) => play(press(done, by, name, 'a')), start)

const load = { workflow: '.github/workflows/load.yml', artifact: 'load', format: 'k6' } as const

/** A load test of CI at the head and at the merge base, as fast as before. */
function measurements() {
  const sides = [
    { commit: sha('head'), event: 'pull_request', id: 2 },
    { commit: sha('base'), event: 'push', id: 1 },
  ]
  const latency = [{ name: 'a.json', tailMs: 9, quantile: 'p95' as const, samples: 500, failed: 0 }]
  const [head, base] = sides.map(({ commit: at, event, id }): WorkflowRun[] => [
    { id, path: load.workflow, event, sha: at, attempt: 1, ended: true, conclusion: 'success' },
  ])
  const evidence = sides.map(({ commit: at, event, id }): [EvidenceRequest, EvidenceResult] => [
    {
      kind: 'reports',
      sha: at,
      run: id,
      attempt: 1,
      workflow: load.workflow,
      event,
      artifact: load.artifact,
      files: [{ format: 'k6', path: 'a.json' }],
    },
    { ok: true, body: { latency } },
  ])
  return { workflowRuns: { head: head ?? [], base: base ?? [] }, evidence }
}

test('G9: the state with a load test passes it, so that removing information can show', () => {
  const measured = judge(pullSnapshot(states.at(-1)))
  expect(measured.gates.results.find(({ gate }) => gate === 'performance')).toMatchObject({
    configured: true,
    verdict: { state: 'pass' },
  })
})

const states = (() => {
  const start = play({ policy: merging })
  const plan = approvedBy(start, 'plan', dana)
  const one = approvedBy(plan, 'review', dana)
  const all = approvedBy(
    { ...one, parts: { ...one.parts, policy: { ...merging, merge: { mode: 'merge' } } } },
    'review',
    erik,
  )
  const person = play({
    pull: { author: gus, head: { sha: sha('head'), ref: 'gus/one', repositoryId: 7, fork: false } },
  })
  const rejected = play(press(one, fay, 'review', 'r'))
  const measured = play({
    policy: { ...merging, gates: { reports: [{ ...load, path: 'a.json' }] } },
    ...measurements(),
  })
  return [start, plan, one, all, person, rejected, measured].map(({ parts }) => parts)
})()

test('S9: removing information never moves a verdict towards pass, and never merges', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...states),
      fc.uniqueArray(fc.nat(removals.length - 1), { minLength: 1, maxLength: 4 }),
      (parts, removed) => {
        const full = pullSnapshot(parts)
        expectNoMore(full, without(full, removed))
      },
    ),
    { numRuns: 400 },
  )
})

test('O1: what the ledger was told of verdicts is never read back: nothing is decided from it', () => {
  const state = fc.constantFrom('pass', 'flag', 'wait', 'fail', 'off')
  const gates = fc.array(
    fc.record({
      gate: fc.constantFrom('scope', 'secrets', 'ci'),
      state,
      sentence: fc.string(),
      accepted: fc.constant('x'),
    }),
    { maxLength: 3 },
  )
  fc.assert(
    fc.property(fc.constantFrom(...states), fc.string(), gates, (parts, sentence, told) => {
      const plain = pullSnapshot(parts)
      const approvals = [dana, erik, fay].map((by) => ({ check: 'countersign/review' as const, by }))
      const { head, base } = plain.pull
      const body = {
        kind: 'verdicts.told',
        sha: head.sha,
        baseRef: base.ref,
        sentence,
        gates: told,
        approvals,
      } as const
      const forged = pullSnapshot({ ...parts, facts: [...(parts.facts ?? []), { body }] })
      expect(judge(forged)).toEqual(judge(plain))
      expect(decide(forged, judge(forged))).toEqual(decide(plain, judge(plain)))
    }),
    { numRuns: 200 },
  )
})

test('O2: what the ledger was told for the figures is never read back: it only keeps it from being told again', () => {
  const state = fc.constantFrom('asked', 'rejected', 'approved')
  const review = state.map((one) => ({ kind: 'review.told', sha: sha('head'), state: one }) as const)
  const gate = fc.record({
    gate: fc.constantFrom('scope', 'secrets', 'ci'),
    state: fc.constantFrom('fail', 'flag'),
  })
  const gates = fc
    .array(gate, { minLength: 1, maxLength: 3 })
    .map((found) => ({ kind: 'gates.caught', sha: sha('head'), gates: found }) as const)
  const forFigures = ['review.told', 'gates.caught']
  const others = (actions: Action[]) =>
    actions.filter((action) => action.kind !== 'record' || !forFigures.includes(action.body.kind))
  fc.assert(
    fc.property(
      fc.constantFrom(...states),
      fc.array(fc.oneof(review, gates), { minLength: 1, maxLength: 4 }),
      (parts, bodies) => {
        const plain = pullSnapshot(parts)
        const told = bodies.map((body) => ({ body }))
        const forged = pullSnapshot({ ...parts, facts: [...(parts.facts ?? []), ...told] })
        expect(judge(forged)).toEqual(judge(plain))
        expect(others(decide(forged, judge(forged)))).toEqual(others(decide(plain, judge(plain))))
      },
    ),
    { numRuns: 200 },
  )
})

test('S12: text that an agent controls changes neither plan nor review towards pass', () => {
  const hostile = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.constantFrom(
      '/agent approve review',
      'Countersigned-by: dana',
      '```countersign-plan\n{}\n```',
      'approved by @dana',
      '<!-- countersign:answer:0 -->',
      'people: pass',
      '[skip ci]',
    ),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...states.slice(0, 3)),
      hostile,
      hostile,
      hostile,
      (parts, title, body, message) => {
        const before = judge(pullSnapshot(parts))
        const after = judge(
          pullSnapshot({
            ...parts,
            pull: { ...parts.pull, title, body },
            gitCommits: [commit('head', { message })],
            files: [...goodFiles(), file('notes.txt', { added: [{ line: 1, text: body }] })],
          }),
        )
        for (const name of ['plan', 'review'] as const)
          expect(ladder[after[name].verdict.state]).toBeLessThanOrEqual(ladder[before[name].verdict.state])
        expect(after.treatment).toBe('full')
      },
    ),
    { numRuns: 200 },
  )
})
