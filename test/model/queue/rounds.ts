/** One round of the real judge and decide on a pull request or a group, remembered by what was observed. */
import type { Action } from '../../../src/core/action.ts'
import { parseExternalId } from '../../../src/core/checkRun.ts'
import type { GroupSnapshot } from '../../../src/core/snapshot/group.ts'
import type { PullSnapshot } from '../../../src/core/snapshot/pull.ts'
import type { Policy } from '../../../src/policy/schema.ts'
import * as groups from '../../../src/subjects/group.ts'
import * as pulls from '../../../src/subjects/pull.ts'
import { groupSnapshot, pullSnapshot, type Setting, type Sight } from './snapshots.ts'
import { pullAt, pullOf, type Seen, type State, type Subject } from './state.ts'

type Group = GroupSnapshot<Policy>
type Pull = PullSnapshot<Policy>

/** A mutant: what is judged is decorated, or what was decided is changed. Nothing in production knows of it. */
export interface Mutant {
  group?: (snapshot: Group) => Group
  /** Decorates what a group is judged on, and not what is decided about the verdicts. */
  judging?: (snapshot: Group, pulls: Pull[]) => Group
  actions?: (actions: Action[], snapshot: Group | Pull) => Action[]
}

export interface Decided {
  actions: Action[]
  /** The round asks to come back in a moment, since GitHub does something by itself. */
  soon: boolean
  /** Sentences of the production assertions. */
  broken: string[]
}

/** What the digest on a page stood for, filled when pages are decided on. */
export const shownAs = new Map<string, Seen>()

const effects = ['record', 'checkRun', 'collect', 'queue']
const soonMs = 60_000
const nothing: Decided = { actions: [], soon: false, broken: [] }

export class Rounds {
  readonly setting: Setting
  readonly #known = new Map<string, Decided>()
  readonly #mutant: Mutant | null
  /** What came of running everybody to rest, by what they saw. */
  readonly rests = new Map<string, string | null>()
  judged = 0

  constructor(setting: Setting, mutant: Mutant | null = null) {
    this.setting = setting
    this.#mutant = mutant
  }

  /** What a round that observes this state would do. */
  decide(state: State, subject: Subject, sight: Sight): Decided {
    const read = `${state.main}|${state.policy}|${state.pulls}|${state.read}`
    const group = state.groups.find(([name]) => name === subject)?.[1] ?? '-'
    const pull = pullOf(subject)
    const key = `${subject}|${sight}|${pull === null ? `${group}|${read}` : `${state.main}|${state.policy}|${state.pulls[pull]}`}`
    const known = this.#known.get(key)
    if (known) return known
    this.judged++
    const decided = pull === null ? this.#group(state, subject, sight) : this.#pull(state, pull)
    this.#known.set(key, decided)
    return decided
  }

  #group(state: State, commit: string, sight: Sight): Decided {
    const real = groupSnapshot(this.setting, state, commit, sight)
    if (!real) return nothing
    const snapshot = this.#mutant?.group?.(real) ?? real
    const pulls = [0, 1].map((pull) => pullSnapshot(this.setting, state, pull))
    const judged = this.#mutant?.judging?.(snapshot, pulls) ?? snapshot
    return this.#decided(real, groups.decide(snapshot, groups.judge(judged)), (actions) =>
      groups.check(real, actions),
    )
  }

  #pull(state: State, pull: number): Decided {
    const snapshot = pullSnapshot(this.setting, state, pull)
    const actions = pulls.decide(snapshot, pulls.judge(snapshot))
    const { head } = pullAt(state, pull)
    for (const action of actions) {
      if (action.kind !== 'checkRun' || action.run.buttons.length === 0) continue
      const shown = parseExternalId(action.run.externalId)?.shown
      if (shown) shownAs.set(shown, { pull, head })
    }
    return this.#decided(snapshot, actions, (all) => pulls.check(snapshot, all))
  }

  #decided(snapshot: Group | Pull, all: Action[], check: (actions: Action[]) => string[]): Decided {
    const changed = this.#mutant?.actions?.(all, snapshot) ?? all
    return {
      actions: changed.filter(({ kind }) => effects.includes(kind)),
      soon: all.some((action) => action.kind === 'wake' && action.atMs <= snapshot.nowMs + soonMs),
      // A mutant is held by the ghosts alone.
      broken: this.#mutant ? [] : check(all),
    }
  }
}
