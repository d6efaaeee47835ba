/** Spec: turn the delegation bundle into behaviours that can be tested, without saying how. */
import { z } from 'zod'
import { definePhase } from '../phase.ts'

const sentence = z.string().trim().min(1).max(2000)

export const Spec = z.strictObject({
  summary: sentence,
  behaviours: z
    .array(
      z.strictObject({
        statement: sentence.describe('What the system does, seen from outside.'),
        criterion: z
          .number()
          .int()
          .positive()
          .max(50)
          .describe('1-based number of the acceptance criterion it serves.'),
        passExample: sentence,
        failExample: sentence,
      }),
    )
    .min(1)
    .max(50),
  interfaces: z
    .array(
      z.strictObject({ name: z.string().trim().min(1).max(200), signature: sentence, isNew: z.boolean() }),
    )
    .max(50)
    .describe('Public names whose shape the task fixes.'),
  outOfScope: z.array(sentence).max(30),
})
export type Spec = z.infer<typeof Spec>

export const spec = definePhase({
  id: 'spec',
  responsibility: 'Say exactly what must be true when the task is done.',
  input: ['bundle', 'discovery'],
  output: Spec,
  prompt: `Write the specification. Every acceptance criterion of the bundle needs at least one behaviour, with an input
and result that passes and one that fails, concrete enough to become a test without a further decision. Say what is out
of scope. Add nothing that the bundle does not ask for. If two readings are possible and the repository does not settle
it, ask.`,
  writes: 'none',
  commands: [],
  mayAsk: true,
  tier: 'strong',
  checks: [],
  validated: true,
})
