/** Review: read the finished change against its plan and leave findings for the people who review. */
import { z } from 'zod'
import { RepositoryPath } from '../../core/citation.ts'
import { definePhase } from '../phase.ts'

const sentence = z.string().trim().min(1).max(2000)

export const Review = z.strictObject({
  summary: sentence.describe('What the change does, and whether it is what the plan says.'),
  findings: z
    .array(
      z.strictObject({
        path: RepositoryPath,
        line: z
          .number()
          .int()
          .positive()
          .max(10_000_000)
          .describe('A line that the change added, at the head.'),
        severity: z.enum(['problem', 'question', 'remark']),
        body: sentence,
      }),
    )
    .max(30),
})
export type Review = z.infer<typeof Review>

export const review = definePhase({
  id: 'review',
  responsibility: 'Read the finished change as a second pair of eyes, for the people who will review it.',
  input: ['spec', 'plan', 'diff'],
  output: Review,
  prompt: `Read the change against its plan and specification. Look for behaviour that is wrong, missing or not asked for,
for cases that no test covers, and for names that mislead. A finding names one added line and says what happens, when, and
what would be better. Leave out praise and matters of taste. Your findings are read by people; you approve nothing.`,
  writes: 'none',
  commands: ['test'],
  mayAsk: false,
  tier: 'standard',
  checks: [],
  validated: false,
})
