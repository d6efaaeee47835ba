/** Plan: the change file by file, with the interfaces it builds on quoted; a person countersigns it. */
import { Plan } from '../../core/plan.ts'
import { definePhase } from '../phase.ts'

/** Shared with the diagnosis, which hands in the same shape (D5). */
export const planRules = `- citations: every internal interface you build on, as path, line number and the exact text of that line at the base
  commit. Code checks each one. A thing that does not exist yet is not cited; it is listed in newSymbols.
- files: every file the change will touch, tests and documentation included; nothing outside it may be changed later.
  A rename lists both names.
- tests: the full names of the new tests that fail before the change and pass after it, as the test runner prints them,
  suite and test joined with " > "; or none, with the reason a person will read.
- documentation: the documents to change, or none with the reason.
If an interface or convention that you need is missing, ask; never invent one.`

export const plan = definePhase({
  id: 'plan',
  responsibility: 'Say how the repository will be changed, file by file, for a person to approve.',
  input: ['bundle', 'discovery', 'spec'],
  output: Plan,
  prompt: `Write the plan that a person will approve and that later sessions must follow to the letter. Read the files
before you plan a change to them. Keep to the smallest change that meets the specification.
${planRules}`,
  writes: 'none',
  commands: [],
  mayAsk: true,
  tier: 'strong',
  checks: ['citations', 'planShape', 'protected'],
  validated: true,
})
