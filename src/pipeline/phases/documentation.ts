/** Documentation: bring the documents that the plan names in line with the change (P9). */
import { z } from 'zod'
import { definePhase } from '../phase.ts'

const sentence = z.string().trim().min(1).max(2000)

export const Documentation = z.strictObject({
  summary: sentence.describe('What the documents now say, for the commit message.'),
})
export type Documentation = z.infer<typeof Documentation>

export const documentation = definePhase({
  id: 'documentation',
  responsibility: 'Bring the documents in line with the change.',
  input: ['plan', 'implementation', 'diff'],
  output: Documentation,
  prompt: `Change the documents that the plan names so that a reader learns what the change does and how to use it. Read
the changed code first and describe what it does, not what was intended. Keep the documents' own tone and structure. You
can write documentation files only.`,
  writes: 'docs',
  commands: ['lint'],
  mayAsk: false,
  tier: 'standard',
  checks: ['scope', 'testsFrozen', 'protected', 'greenOnResult', 'commands'],
  validated: true,
})
