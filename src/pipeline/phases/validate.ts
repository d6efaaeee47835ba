/** Validate: another session checks one deliverable against what it was made from, and nothing else (P3). */
import { z } from 'zod'
import { definePhase } from '../phase.ts'

export const Validation = z
  .strictObject({
    verdict: z.enum(['pass', 'objections']),
    objections: z
      .array(z.string().trim().min(1).max(1000))
      .max(10)
      .describe('Empty on pass. Each says what is wrong, where, and what would settle it.'),
  })
  .refine((value) => (value.verdict === 'pass') === (value.objections.length === 0), {
    path: ['objections'],
    message: 'pass has no objections; objections needs at least one',
  })
export type Validation = z.infer<typeof Validation>

export const validate = definePhase({
  id: 'validate',
  responsibility: 'Check one deliverable against what it was made from.',
  input: ['subject'],
  output: Validation,
  prompt: `You are given one deliverable and the inputs it was made from. Judge only this: does the deliverable follow from
its inputs, completely and without anything they do not ask for? Answer pass, or objections: each one precise enough that
the author can act on it without asking. Style, taste and improvements are not objections. Code has already checked
citations, paths, tests and commands; do not repeat that.`,
  writes: 'none',
  commands: [],
  mayAsk: false,
  tier: 'cheap',
  checks: [],
  validated: false,
})
