/** The proposal of `/agent draft`: the parts that an issue lacks, for a person to take over as their own words (D2). */
import { z } from 'zod'
import { Bundle } from './bundle.ts'

const { goal, criteria, constraints, priorArt, riskClass } = Bundle.shape

export const Draft = z.strictObject({
  goal: goal.optional(),
  criteria: criteria
    .optional()
    .describe('All of them, those that stand in the issue included: this replaces the whole part.'),
  constraints: constraints.optional(),
  priorArt: priorArt.optional(),
  riskClass: riskClass.optional(),
  notes: z
    .array(z.string().trim().min(1).max(500))
    .max(10)
    .describe('What you had to guess, for the person to settle before taking it over.'),
})
export type Draft = z.infer<typeof Draft>

/** Some parts of a bundle. */
export type Parts = Omit<Draft, 'notes'>
