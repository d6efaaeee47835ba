/** Findings of the review session: problems inside the plan go back to the session that wrote it, the rest to people. */
import { classify } from '../core/classify.ts'
import { type Fact, type FactOf, factsOf } from '../core/facts.ts'
import type { Plan } from '../core/plan.ts'
import { Review } from './phases/review.ts'
import type { PhaseId } from './settings.ts'

export type Finding = Review['findings'][number]

/** Work that the review session sent back. */
export type SentBack = FactOf<'attempt.judged'>

/** Everything that the review session has sent back since a plan was issued, in order. */
export function sentBackSince(facts: readonly Fact[], issuedSeq: number): SentBack[] {
  return factsOf(facts, 'attempt.judged').filter(({ seq, body }) => seq > issuedSeq && body.by === 'review')
}

/**
 * The phase whose session gets a finding back, or null when people get it: a question or remark, a file outside the
 * plan, and a test, since tests are frozen once they were shown to fail (P5) and no session may thaw them.
 *
 * @param route the phases of the task after its plan.
 */
export function authorOf(finding: Finding, plan: Plan, route: readonly PhaseId[]): PhaseId | null {
  const { path, severity } = finding
  if (severity !== 'problem' || !plan.files.some((file) => file.path === path)) return null
  switch (classify(path)) {
    case 'test':
      return null
    case 'documentation':
      return route.includes('documentation') ? 'documentation' : 'implementation'
    case 'code':
    case 'configuration':
      return 'implementation'
  }
}

/** A finding as an objection to the session that wrote the file. */
export function findingText({ path, line, body }: Finding): string {
  return `${path}:${line}: ${body}`
}

/** What the review sessions since a plan was issued left for people, each once, with the attempt that found it. */
export function findingsForPeople(
  facts: readonly Fact[],
  issuedSeq: number,
  plan: Plan,
  route: readonly PhaseId[],
): { attempt: number; finding: Finding }[] {
  const seen = new Set<string>()
  return factsOf(facts, 'attempt.ended').flatMap(({ seq, body }) => {
    if (seq <= issuedSeq || body.phase !== 'review' || body.outcome.kind !== 'deliverable') return []
    const review = Review.safeParse(body.outcome.deliverable)
    return (review.data?.findings ?? []).flatMap((finding) => {
      const text = findingText(finding)
      if (authorOf(finding, plan, route) !== null || seen.has(text)) return []
      seen.add(text)
      return [{ attempt: body.attempt, finding }]
    })
  })
}
