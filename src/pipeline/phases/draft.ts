/** Draft: propose the parts that a delegated issue lacks; a person takes them over or not (D2). */
import { Draft } from '../../core/draft.ts'
import { definePhase } from '../phase.ts'

export const draft = definePhase({
  id: 'draft',
  responsibility: 'Propose the missing parts of an issue, for a person to take over.',
  input: ['issue'],
  output: Draft,
  prompt: `The issue was delegated, and parts that must be there are missing or vague; each gap is named with how the part is
written. Read the repository until you know what the issue is about. Propose exactly the parts that are named, and leave
out all others: what the person wrote stays as it is. A part that is named is replaced as a whole, so keep whatever of it
is good.
- criteria: what can be observed from outside, each with a pass example and a fail example that are concrete enough to
  become a test. Say what is measured; words like "fast" or "clean" go back to you.
- priorArt: paths that exist in this repository, or issues and pull requests such as #12. Code looks each up.
- riskClass: high when a mistake would cost data, money or access; low when it would be seen and undone at once.
Every text is one line of plain words. Ask for no more than the issue asks for. Where you had to guess, say so in notes.`,
  writes: 'none',
  commands: [],
  mayAsk: false,
  tier: 'standard',
  checks: ['bundles'],
  validated: false,
})
