/** All phases by id. */
import type { Phase } from './phase.ts'
import { diagnosis } from './phases/diagnosis.ts'
import { discovery } from './phases/discovery.ts'
import { documentation } from './phases/documentation.ts'
import { implementation } from './phases/implementation.ts'
import { plan } from './phases/plan.ts'
import { repair } from './phases/repair.ts'
import { review } from './phases/review.ts'
import { route } from './phases/route.ts'
import { spec } from './phases/spec.ts'
import { tests } from './phases/tests.ts'
import { validate } from './phases/validate.ts'
import { PhaseId } from './settings.ts'

export const phases = {
  route,
  discovery,
  spec,
  plan,
  diagnosis,
  tests,
  implementation,
  documentation,
  review,
  repair,
  validate,
} as const

/** The prefix of the phase name under which a validator's attempts are recorded, e.g. `validate:plan`. */
export const validatorPrefix = 'validate:'

/**
 * The phase that a recorded name means: a phase id, or `validate:` and the phase that is checked.
 *
 * @returns null for a name that is neither.
 */
export function phaseOf(name: string): { phase: Phase; of: PhaseId | null } | null {
  const checked = name.startsWith(validatorPrefix)
  const id = PhaseId.safeParse(checked ? name.slice(validatorPrefix.length) : name)
  if (!id.success) return null
  return checked ? { phase: phases.validate, of: id.data } : { phase: phases[id.data], of: null }
}
