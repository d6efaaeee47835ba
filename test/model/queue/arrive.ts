/** Intake, as the search of merge queues sees it: a delivery is recorded once, however often it comes, and its subject gets a round. */
import { factsOfSubject, type State, tables, withFacts, woken } from './state.ts'

export function arrived(state: State, id: number): State {
  const { to, who, body } = tables.message.get(id)
  const facts = factsOfSubject(state, to)
  const known = facts.some(({ message }) => message === id)
  return woken(known ? state : withFacts(state, to, [...facts, { who, body, message: id }]), [to])
}
