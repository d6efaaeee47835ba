/** Repair: make the repository's own CI pass on the pushed change, from the log of what failed (P8). */
import { z } from 'zod'
import { definePhase } from '../phase.ts'

const sentence = z.string().trim().min(1).max(2000)

export const Repair = z.strictObject({
  summary: sentence.describe('What failed, why, and what was changed, for the commit message.'),
})
export type Repair = z.infer<typeof Repair>

export const repair = definePhase({
  id: 'repair',
  responsibility: 'Repair the change so that the CI of the repository passes.',
  input: ['plan', 'diff', 'ci'],
  output: Repair,
  prompt: `The change passed everything that could be run here, and the CI of the repository fails on it. You are given the
logs of the jobs that failed, cut to what failed. Find the cause in the change and repair that, as small as possible. You
can change only the plan's files, and no test file. Never silence a check, skip a test or loosen a setting to make CI
pass. If the cause is not in the change, or cannot be repaired inside the plan, ask.`,
  writes: 'code',
  commands: ['typecheck', 'lint', 'test', 'integration', 'build'],
  mayAsk: true,
  tier: 'standard',
  checks: ['scope', 'testsFrozen', 'protected', 'greenOnResult', 'commands'],
  validated: true,
})
