/** What a guard's mutant is, and how what is judged is decorated to make one. */
import { digestOf } from '../../../src/core/digest.ts'
import type { EvidenceRequest, EvidenceResult } from '../../../src/core/evidence.ts'
import type { Fact, FactBody } from '../../../src/core/facts.ts'
import type { Sha } from '../../../src/core/ids.ts'
import { type Setting, shaOf } from '../../subjects/rolloutWorld.ts'
import type { Decorate, Snapshot } from './rounds.ts'
import { type Pattern, production, settingOf } from './starts.ts'
import type { Left } from './state.ts'

export interface Guard {
  /** What the guard holds. */
  what: string
  /** The promise its mutant breaks. */
  breaks: 'S7' | 'S9' | 'S11' | 'L3'
  setting: Setting
  /** What happens before the search starts, with the real rules; the search is then short. */
  from: readonly Pattern[]
  /** What may still happen after that. */
  left: Left
  decorate: Decorate
}

export const plain = settingOf(production())

export const mapFacts = (snapshot: Snapshot, change: (body: FactBody, fact: Fact) => FactBody): Snapshot => ({
  ...snapshot,
  facts: snapshot.facts.map((fact) => ({ ...fact, body: change(fact.body, fact) })),
})
export const nothing: FactBody = { kind: 'incident', sentence: '' }

/** The snapshot with facts that were never recorded, after those that were. */
export const withFacts = (snapshot: Snapshot, ...bodies: FactBody[]): Snapshot => ({
  ...snapshot,
  facts: [
    ...snapshot.facts,
    ...bodies.map((body, index) => ({
      subject: snapshot.key,
      seq: 9000 + index,
      actor: null,
      atMs: snapshot.nowMs,
      delivery: null,
      body,
      previousHash: '',
      hash: digestOf(body),
    })),
  ],
})

/** Evidence as the mutant believes it. */
export const evidenceAs =
  (
    change: (request: EvidenceRequest, result: EvidenceResult | undefined) => EvidenceResult | undefined,
  ): Decorate =>
  (snapshot) => ({
    ...snapshot,
    evidence: {
      get: <R extends EvidenceRequest>(request: R) =>
        change(request, snapshot.evidence.get(request)) as EvidenceResult<R['kind']> | undefined,
    },
  })

/** Samples as the mutant believes them. */
export const samplesAs = (change: (name: string, value: number | null) => number): Decorate =>
  evidenceAs((request, result) =>
    request.kind === 'sample' && result?.ok && 'readings' in result.body
      ? {
          ok: true,
          body: {
            readings: result.body.readings.map(({ name, reading }) => ({
              name,
              reading: { ok: true as const, value: change(name, reading.ok ? reading.value : null) },
            })),
          },
        }
      : result,
  )

export const healthyEnd = (deployment: number, sha: string): FactBody => ({
  kind: 'window.ended',
  deployment,
  sha,
  outcome: 'healthy',
  sentence: '',
  means: {},
})

/** Commits of the range as the mutant believes that they came. */
export const rangeAs =
  (change: (step: Exclude<Snapshot['range'], 'unknown'>[number]) => typeof step): Decorate =>
  (snapshot) => ({
    ...snapshot,
    range: snapshot.range === 'unknown' ? 'unknown' : snapshot.range.map(change),
  })

/** The facts of each pull request of the range, with its key and the commit that it stands at. */
export const pullFactsAs = (change: (facts: Fact[], of: { key: string; sha: Sha }) => Fact[]): Decorate =>
  rangeAs(({ pulls, ...step }) => ({
    ...step,
    pulls: pulls.map((pull) => ({ ...pull, facts: change(pull.facts, { key: pull.key, sha: step.sha }) })),
  }))

export const emptyFact = { seq: 0, actor: null, atMs: 0, delivery: null, previousHash: '', hash: '' }

/** A commit that was never here counts as healthy before everything else. */
export function withHealthyBefore(snapshot: Snapshot): Snapshot {
  const { facts } = withFacts(snapshot, healthyEnd(0, shaOf('c')))
  const made = facts.at(-1)
  return made ? { ...snapshot, facts: [...snapshot.facts, { ...made, seq: 0 }] } : snapshot
}
