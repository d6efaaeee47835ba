/** The tools that end a session: the typed deliverable, or questions for people. Outcomes never travel in text (T29). */
import { z } from 'zod'
import { type Tool, ToolRefusal } from '../../core/ports.ts'
import type { Phase } from '../../pipeline/phase.ts'
import { tool } from './tool.ts'

export const handInName = 'hand_in'
export const askName = 'ask'

/** hand_in with the phase's schema, and ask where the phase may ask. */
export function endingTools(phase: Phase): Tool[] {
  const handIn = tool({
    name: handInName,
    description: `Hand in the deliverable of this phase and end the session. ${phase.responsibility}`,
    input: phase.output,
    hasEffect: false,
    async execute(input) {
      refuseUnstorable(input)
      return 'Handed in.'
    },
  })
  if (!phase.mayAsk) return [handIn]
  const ask = tool({
    name: askName,
    description:
      'Ask the people on the issue and end the session for now. Only for what neither the inputs nor the repository answers.',
    input: z.strictObject({ questions: z.array(z.string().trim().min(1).max(1500)).min(1).max(5) }),
    hasEffect: false,
    async execute(input) {
      refuseUnstorable(input)
      return 'The questions are asked.'
    },
  })
  return [handIn, ask]
}

/** NUL and lone surrogates cannot be kept by every database (toolchain facts), so they are refused here with a reason. */
function refuseUnstorable(input: unknown): void {
  if (/\\u0000|\\ud[89a-f][0-9a-f]{2}/i.test(JSON.stringify(input)))
    throw new ToolRefusal('The text holds a NUL or half of a surrogate pair. Leave such characters out.')
}
