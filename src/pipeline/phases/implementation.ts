/** Implementation: change the plan's files until its tests and the repository's own commands pass (P5, P6). */
import { z } from 'zod'
import { definePhase } from '../phase.ts'

const sentence = z.string().trim().min(1).max(2000)

export const Implementation = z.strictObject({
  summary: sentence.describe('What was changed and why so, for the commit message and the reviewers.'),
  notes: z
    .array(sentence)
    .max(20)
    .describe('What a reviewer should look at twice, or follow-up that the plan excludes.'),
})
export type Implementation = z.infer<typeof Implementation>

export const implementation = definePhase({
  id: 'implementation',
  responsibility: 'Carry out the plan so that its tests pass.',
  input: ['plan', 'tests'],
  output: Implementation,
  prompt: `Carry out the plan. You can change only the files it lists, and no test file: the tests are frozen. Follow the
conventions of the code around you, and write comments only where the code cannot say why. Run the commands before you
hand in; code runs them all again on your commit and sends back what fails. If the plan cannot be carried out as
written, ask; do not work around it.`,
  writes: 'code',
  commands: ['typecheck', 'lint', 'test', 'integration', 'build'],
  mayAsk: true,
  tier: 'standard',
  checks: ['scope', 'testsFrozen', 'protected', 'references', 'greenOnResult', 'commands'],
  validated: true,
})
