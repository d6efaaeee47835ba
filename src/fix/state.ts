/** Where the fixes of a pull request stand, folded from its facts. */
import { type Fact, type FactOf, factsOf } from '../core/facts.ts'

export interface FixState {
  accepted: FactOf<'fix.accepted'>
  /** Who asked, from the request's own fact. */
  by: Fact['actor']
  ended: FactOf<'fix.ended'> | null
}

/** Every fix that was accepted, oldest first. */
export function fixesOf(facts: readonly Fact[]): FixState[] {
  const ended = new Map(factsOf(facts, 'fix.ended').map((fact) => [fact.body.request, fact]))
  return factsOf(facts, 'fix.accepted').map((accepted) => ({
    accepted,
    by: facts.find((fact) => fact.seq === accepted.body.request)?.actor ?? null,
    ended: ended.get(accepted.body.request) ?? null,
  }))
}

/** The fixes that have not ended; they are done one after the other, the first one now. */
export const openFixes = (facts: readonly Fact[]): FixState[] =>
  fixesOf(facts).filter((fix) => fix.ended === null)

/** Marker of the reply to one request in a thread. */
export const fixMarker = (request: number): string => `fix:${request}`
