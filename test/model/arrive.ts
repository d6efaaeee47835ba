/** Intake, as the search sees it: a delivery is recorded once, however often it comes. */
import { withFacts } from './steps/step.ts'
import { type Message, type State, tables } from './world.ts'

export function arrive(state: State, id: number, message: Message): State {
  const entries = tables.facts.get(state.facts[message.pull] ?? 0)
  if (entries.some((entry) => entry.message === id)) return state
  return withFacts(state, message.pull, [...entries, { who: message.who, body: message.body, message: id }])
}
