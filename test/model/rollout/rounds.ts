/** One round of the real judge and decide on an environment of the model, remembered by what was observed. */
import type { Action } from '../../../src/core/action.ts'
import type { EvidenceRequest } from '../../../src/core/evidence.ts'
import type { RolloutSnapshot } from '../../../src/core/snapshot/rollout.ts'
import type { Policy } from '../../../src/policy/schema.ts'
import { check, decide, judge, needs } from '../../../src/subjects/rollout.ts'
import { placeOf, readingName, type Setting, snapshotOf, type Town } from '../../subjects/rolloutWorld.ts'
import { readKey, type State, townOf } from './state.ts'

export type Snapshot = RolloutSnapshot<Policy>
/** A mutant decorates what is judged; nothing in production knows of it. */
export type Decorate = (snapshot: Snapshot) => Snapshot

export interface Decided {
  actions: Action[]
  /** Measurements that are asked for and were not made. */
  unmeasured: EvidenceRequest[]
  /** Sentences of the production assertions. */
  broken: string[]
}

/** What only informs people, or is worked out anew each time, is no step of the search. */
function matters(action: Action, town: Town, environment: string): boolean {
  switch (action.kind) {
    case 'record':
      return action.body.kind !== 'alert.raised' && action.body.kind !== 'incident'
    case 'answerRule':
      return action.state !== null
    case 'wake':
      return action.atMs !== placeOf(town, environment).wakeMs
    case 'deploy':
    case 'checkRun':
    case 'markDeployment':
      return true
    default:
      return false
  }
}

export class Rounds {
  readonly setting: Setting
  readonly #known = new Map<string, Decided>()
  readonly #decorate: Decorate | null
  judged = 0

  constructor(setting: Setting, decorate: Decorate | null = null) {
    this.setting = setting
    this.#decorate = decorate
  }

  /** What a round that observes this state would do. `blind` leaves what GitHub has unread. */
  decide(state: State, environment: string, blind: boolean): Decided {
    const key = `${environment}|${blind}|${readKey(state)}`
    const known = this.#known.get(key)
    if (known) return known
    const decided = this.decideIn(townOf(state), environment, blind)
    this.#known.set(key, decided)
    return decided
  }

  decideIn(town: Town, environment: string, blind: boolean): Decided {
    this.judged++
    const seen = blind ? { ...town, missing: ['the deployments'], deploymentsUnknown: true } : town
    const real = snapshotOf(this.setting, seen, environment)
    const snapshot = this.#decorate ? this.#decorate(real) : real
    const actions = decide(snapshot, judge(snapshot)).filter((one) => matters(one, town, environment))
    return {
      actions,
      unmeasured: needs(real).filter((request) => {
        const name = readingName(request)
        return name !== null && town.readings[name] === undefined
      }),
      broken: this.#decorate ? [] : check(real, actions),
    }
  }
}
