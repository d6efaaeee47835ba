/** The people and the agent of the searches. */
import { copilot, dana, erik, gus } from '../support/snapshots.ts'

export const people = { dana, erik, gus, agent: copilot } as const
