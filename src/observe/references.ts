/** The prior art that a round looks up: of the newest text of an issue, or of bundles that a session has just handed in. */
import { Draft } from '../core/draft.ts'
import { type Fact, factsOf, lastFact } from '../core/facts.ts'
import { Split } from '../core/split.ts'
import { readBundle } from '../delegation/bundle.ts'

/**
 * The references to look up. Only while what names them is not judged: what a person handed over is not judged again
 * because a file was moved later (D4).
 */
export function referencesIn(facts: readonly Fact[]): string[] {
  return [...new Set([...ofIssue(facts), ...handedIn(facts)])]
}

function ofIssue(facts: readonly Fact[]): string[] {
  const delegation = lastFact(facts, 'issue.delegated')
  const frozen = factsOf(facts, 'bundle.frozen').some((fact) => fact.body.delegation === delegation?.seq)
  if (!delegation || frozen) return []
  const bodies = [
    delegation.body.body,
    lastFact(facts, 'issue.edited')?.body.body ?? '',
    lastFact(facts, 'draft.accepted')?.body.body ?? '',
  ]
  return bodies.flatMap((body) => {
    const reading = readBundle(body)
    return reading.ok ? reading.bundle.priorArt : []
  })
}

/** Of a split or a proposal that was handed in and is not judged yet. */
function handedIn(facts: readonly Fact[]): string[] {
  const last = factsOf(facts, 'attempt.ended').findLast(({ body }) => body.phase in references)
  if (last?.body.outcome.kind !== 'deliverable') return []
  const { phase, attempt, outcome } = last.body
  const judged = factsOf(facts, 'attempt.judged').some(
    ({ seq, body }) => seq > last.seq && body.phase === phase && body.attempt === attempt,
  )
  return judged ? [] : (references[phase]?.(outcome.deliverable) ?? [])
}

const references: Record<string, (deliverable: unknown) => string[]> = {
  split(deliverable) {
    const split = Split.safeParse(deliverable)
    return split.success ? split.data.children.flatMap(({ bundle }) => bundle.priorArt) : []
  },
  draft(deliverable) {
    const draft = Draft.safeParse(deliverable)
    return draft.success ? (draft.data.priorArt ?? []) : []
  },
}
