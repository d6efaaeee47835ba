/** Split: on the epic route, the child issues that together meet the epic, each complete in itself (D5). */
import { Split } from '../../core/split.ts'
import { definePhase } from '../phase.ts'

export const split = definePhase({
  id: 'split',
  responsibility: 'Split the epic into issues that can each be delegated, for a person to start.',
  input: ['bundle', 'discovery', 'spec'],
  output: Split,
  prompt: `Split the epic into the fewest child issues that can each be planned, reviewed and merged by themselves. Whoever
works on a child reads its bundle and nothing else, so each bundle is complete:
- goal: what is true afterwards and for whom.
- criteria: each with a pass example and a fail example, concrete enough to become a test. Measure; words like "fast",
  "clean" or "user friendly" go back to you.
- constraints: those of the epic that hold for the child, and its own.
- priorArt: files of this repository, as paths that exist, or issues and pull requests such as #12. Code looks each up.
- riskClass: never lower than that of the epic.
covers names the criteria of the epic that the child serves; together the children must cover all of them. dependsOn names
the children whose merged work a child builds on, and no others: what does not depend on each other runs at the same time.
Every text is one line of plain words; no headings, no lists inside a text. Add nothing that the epic does not ask for. If
the epic is one piece of work, or cannot be split without a decision that nobody has made, ask.`,
  writes: 'none',
  commands: [],
  mayAsk: true,
  tier: 'strong',
  checks: ['splitShape', 'bundles'],
  validated: true,
})
