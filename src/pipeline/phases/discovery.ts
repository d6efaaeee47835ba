/** Discovery: find the places of the repository that the task is about, quoted, and say what is unknown. */
import { z } from 'zod'
import { Citation } from '../../core/citation.ts'
import { definePhase } from '../phase.ts'

const sentence = z.string().trim().min(1).max(2000)

export const Discovery = z.strictObject({
  summary: sentence.describe('What the repository does today where the task touches it, in a few sentences.'),
  interfaces: z
    .array(z.strictObject({ name: z.string().trim().min(1).max(200), purpose: sentence, citation: Citation }))
    .max(60)
    .describe('Internal functions, types, commands or formats that the work will build on.'),
  conventions: z
    .array(z.strictObject({ statement: sentence, citation: Citation }))
    .max(30)
    .describe('How this repository does things: naming, errors, tests, documentation.'),
  tests: z.array(z.string().trim().min(1).max(1024)).max(50).describe('Paths of the tests near the task.'),
  unknowns: z.array(sentence).max(20).describe('What the repository does not answer.'),
})
export type Discovery = z.infer<typeof Discovery>

export const discovery = definePhase({
  id: 'discovery',
  responsibility: 'Find what the repository already has for this task, and quote it.',
  input: ['bundle'],
  output: Discovery,
  prompt: `Read the repository with your tools. Find the code, tests and documents that the task touches.
Hand in what is there, not what should be done: the interfaces that the work will build on and the conventions it must
follow, each with one citation (path, line number, and the exact text of that line). Code checks every citation against
the base commit; copy the line, never write it from memory. List as unknown what you looked for and did not find.`,
  writes: 'none',
  commands: [],
  mayAsk: true,
  tier: 'standard',
  checks: ['citations'],
  validated: true,
})
