/** Tests: write the plan's tests before the code; they must be red on the base (P5). */
import { z } from 'zod'
import { RepositoryPath } from '../../core/citation.ts'
import { definePhase } from '../phase.ts'

const sentence = z.string().trim().min(1).max(2000)

export const Tests = z.strictObject({
  summary: sentence,
  tests: z
    .array(
      z.strictObject({
        name: z
          .string()
          .trim()
          .min(1)
          .max(300)
          .describe('As the test runner prints it; suite and test joined with " > ".'),
        file: RepositoryPath,
        proves: sentence.describe('The behaviour that it holds.'),
      }),
    )
    .min(1)
    .max(100),
})
export type Tests = z.infer<typeof Tests>

export const tests = definePhase({
  id: 'tests',
  responsibility: 'Write the tests that fail now and will pass when the plan is carried out.',
  input: ['spec', 'plan'],
  output: Tests,
  prompt: `Write the tests that the plan names, under exactly those names, in the test files that the plan lists. You can
write test files only. Each test asserts one behaviour with the pass and fail examples; it must fail now because the
behaviour is missing, not because of a mistake in the test. Use names that the plan lists as new symbols as if they
existed. After you hand in, code runs the tests on this commit and refuses any that passes; then the files are frozen.`,
  writes: 'tests',
  commands: ['test', 'typecheck', 'lint'],
  mayAsk: true,
  tier: 'standard',
  checks: ['scope', 'redOnBase', 'protected'],
  validated: true,
})
