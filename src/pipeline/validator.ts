/** What a validator's answer means for the attempt that it checked (P3). */
import type { FactBody } from '../core/facts.ts'
import type { Attempt } from './attempts.ts'
import { Validation } from './phases/validate.ts'
import type { PhaseId } from './settings.ts'

/** The judgement to record for a validator's deliverable; one that does not fit its schema is an objection, not a pass. */
export function validatorJudgement(phase: PhaseId, attempt: Attempt): FactBody | null {
  const outcome = attempt.validatorAnswer?.outcome
  if (attempt.validator !== null || outcome?.kind !== 'deliverable') return null
  const parsed = Validation.safeParse(outcome.deliverable)
  const objections = parsed.success ? parsed.data.objections : ['The validator gave no readable answer.']
  const verdict = objections.length === 0 ? 'pass' : 'objections'
  return {
    kind: 'attempt.judged',
    phase,
    attempt: attempt.attempt,
    by: 'validator',
    verdict,
    objections,
    accepted: verdict === 'pass',
  }
}
