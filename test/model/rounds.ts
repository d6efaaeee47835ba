/** One round of the real judge and decide on a state of the model, remembered by what was observed. */
import type { Action } from '../../src/core/action.ts'
import type { PullSnapshot } from '../../src/core/snapshot/pull.ts'
import type { Policy } from '../../src/policy/schema.ts'
import { check, decide, judge } from '../../src/subjects/pull.ts'
import { registerPages, type State, snapshotOf } from './world.ts'

/** A mutant decorates what is judged; nothing in production knows of it. */
export type Decorate = (snapshot: PullSnapshot<Policy>) => PullSnapshot<Policy>

export interface Decided {
  actions: Action[]
  /** Sentences of the production assertions. */
  broken: string[]
}

export class Rounds {
  readonly #known = new Map<string, Decided>()
  readonly #decorate: Decorate | null
  judged = 0

  constructor(decorate: Decorate | null = null) {
    this.#decorate = decorate
  }

  /** What a round that observes this state would do. */
  decide(state: State, pull: number, blind: boolean): Decided {
    const other = 1 - pull
    const sibling = state.open[other] === 1 ? `${state.base[other]},${state.facts[other]}` : '-'
    const key = `${pull}|${blind}|${state.open[pull]}|${state.base[pull]}|${state.facts[pull]}|${sibling}|${state.head}|${state.runs}|${state.reviews}|${state.access}|${state.policy}|${state.left[1]}`
    const known = this.#known.get(key)
    if (known) return known
    this.judged++
    const real = snapshotOf(state, pull, blind)
    const snapshot = this.#decorate ? this.#decorate(real) : real
    const verdicts = judge(snapshot)
    registerPages(verdicts, state, pull)
    const actions = decide(snapshot, verdicts).filter((action) =>
      ['record', 'checkRun', 'merge'].includes(action.kind),
    )
    const decided = { actions, broken: this.#decorate ? [] : check(real, actions) }
    this.#known.set(key, decided)
    return decided
  }
}
