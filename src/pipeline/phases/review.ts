/** Review: read the finished change against its plan; problems go back to their author, the rest to the people who review. */
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
          .describe('At the head; in a changed file, a line that the change added.'),
        severity: z
          .enum(['problem', 'question', 'remark'])
          .describe(
            'problem: the change is wrong or misses what plan or specification ask for, and must be changed. Else a question or remark.',
          ),
        body: sentence,
      }),
    )
    .max(30),
})
export type Review = z.infer<typeof Review>

export const review = definePhase({
  id: 'review',
  responsibility: 'Read the finished change as a second pair of eyes, before the people who will review it.',
  input: ['spec', 'plan', 'diff'],
  output: Review,
  prompt: `Read the change against its plan and specification. Look for behaviour that is wrong, missing or not asked for,
for cases that no test covers, and for names that mislead. A finding names one line and says what happens, when, and what
would be better. Problems in files of the plan go back to the session that wrote them, which must settle each one, so
call only that a problem which has to be changed. Everything else is read by people. Leave out praise and matters of
taste. You approve nothing.`,
  writes: 'none',
  commands: ['test'],
  mayAsk: false,
  tier: 'standard',
  checks: [],
  validated: false,
})
