/** A protected surface in the diff is an objection unless a senior has allowed it for this task (D3). */
import { protectedHits } from '../../core/protectedPaths.ts'
import { phases } from '../phases.ts'
import { type Check, satisfied, withEvidence } from './check.ts'

export const protectedFiles: Check = (context) => {
  const { before, candidate, protectedAllowed, protectedRules } = context
  // What a plan names is a question for a senior and not an objection to the model: the task asks it.
  if (protectedAllowed || phases[context.phase].writes === 'none' || !before || !candidate) return satisfied
  return withEvidence(
    context,
    { kind: 'diff', base: before, head: candidate },
    'Which surfaces were touched',
    ({ files }) =>
      files
        .flatMap((file) => protectedHits(protectedRules, file))
        .map(
          (hit) => `${hit.path} is a protected surface (${hit.surface}, by ${hit.how}). Undo that change.`,
        ),
  )
}
