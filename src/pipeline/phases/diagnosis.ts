/** Diagnosis: on the hotfix route, the cause of the fault and its smallest repair, in the shape of a plan (D5). */
import { Plan } from '../../core/plan.ts'
import { definePhase } from '../phase.ts'
import { planRules } from './plan.ts'

export const diagnosis = definePhase({
  id: 'diagnosis',
  responsibility: 'Find the cause of the fault and say the smallest repair, for a person to approve.',
  input: ['bundle'],
  output: Plan,
  prompt: `Find the cause of the fault that the bundle describes. Read the code that leads to it and cite the line that
is wrong. The summary says the cause first, then the repair. Plan the smallest change that removes the cause, and a test
that shows the fault before the change; nothing else.
${planRules}`,
  writes: 'none',
  commands: ['test'],
  mayAsk: true,
  tier: 'strong',
  checks: ['citations', 'planShape', 'protected'],
  validated: true,
})
