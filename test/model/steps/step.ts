/** What a step is, and what may still happen: shared by the steps of the worker, of people and of the network. */
import type { Step as SearchStep } from '../explore.ts'
import type { Rounds } from '../rounds.ts'
import { type Entry, type State, tables } from '../world.ts'

/** How often each kind of step may happen, by index into `State.left`. */
export const budgets = {
  push: 0,
  retarget: 1,
  send: 2,
  lose: 3,
  double: 4,
  crash: 5,
  blind: 6,
  review: 7,
  sibling: 8,
  access: 9,
  policy: 10,
  comment: 11,
  hold: 12,
} as const
export type Budget = keyof typeof budgets

/** It arrives when #34 is merged. */
export type Step = SearchStep<State>

export interface World {
  rounds: Rounds
  /** Off in the mutant whose act does not send the expected SHA. */
  expectedSha: boolean
  /** Off in the mutant whose act appends whatever came in meanwhile. */
  expectedLength: boolean
  /**
   * Whether each effect of a round is a step of its own, so that anything may happen, and the worker may crash, between
   * any two: before an effect it was not applied, after it its answer was lost. Otherwise a round acts in one step.
   */
  piecemeal: boolean
}

export const pair = (values: readonly [number, number], index: number, value: number): [number, number] =>
  index === 0 ? [value, values[1]] : [values[0], value]

export const spend = (state: State, budget: Budget): State => ({
  ...state,
  left: state.left.map((count, index) => (index === budgets[budget] ? count - 1 : count)),
})

export const may = (state: State, budget: Budget) => (state.left[budgets[budget]] ?? 0) > 0

export const step = (words: string, next: State, broken: string | null = null): Step => ({
  words,
  next,
  broken,
})

export function withFacts(state: State, pull: number, entries: Entry[]): State {
  return { ...state, facts: pair(state.facts, pull, tables.facts.put(entries)) }
}
