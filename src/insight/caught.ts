/** What each gate caught: before anything was pushed, and on agents' pull requests (O2, P3, P6). */
import { type Fact, type FactOf, factsOf } from '../core/facts.ts'
import { type Chains, isAgents } from './chains.ts'
import type { Share } from './numbers.ts'
import { within } from './period.ts'

/** Who else sends work back before it is pushed, beside checks and commands by their own names. */
const others = { validator: 'validator', review: 'review session', person: 'person' } as const
/** Judgements from before the ledger was told which check objected. */
export const notRecorded = 'not recorded'

export interface CaughtBefore {
  /** A check of the pipeline, a command of policy, `validator`, `review session` or `person`. */
  by: string
  /** Attempts that it objected to, of all that were judged. */
  attempts: Share
  tasks: number
}

export interface CaughtOnPulls {
  /** As in `/agent accept <gate>`. */
  gate: string
  /** Agents' pull requests on which it failed, or wanted a person to look, at some commit. One can be in both. */
  failed: number
  flagged: number
  /** The commits of both, each once. */
  commits: number
}

export interface Caught {
  /** Attempts that somebody or something objected to, of all that were judged in the period. */
  attempts: Share
  before: CaughtBefore[]
  /** Agents' pull requests on which a gate failed or flagged, of those that gates or people looked at in the period. */
  pulls: Share
  onPulls: CaughtOnPulls[]
}

/**
 * Before the push, an attempt counts in the period in which it was judged; code stops at the first check that objects, so
 * later ones show less than they would find. On pull requests, a gate counts once a commit, however often it was asked
 * there, and whether or not somebody accepted what it flagged. That a gate waits is no catch.
 */
export function caught(chains: Chains): Caught {
  return { ...beforePush(chains), ...onPulls(chains) }
}

function beforePush({ tasks, period }: Chains): Pick<Caught, 'attempts' | 'before'> {
  const isIn = within(period)
  const judged = new Set<string>()
  const objected = new Set<string>()
  const by = new Map<string, { attempts: Set<string>; tasks: Set<string> }>()
  for (const { key, facts } of tasks)
    for (const fact of factsOf(facts, 'attempt.judged').filter(isIn)) {
      const attempt = `${key} ${fact.body.phase} ${fact.body.attempt}`
      judged.add(attempt)
      if (fact.body.verdict !== 'objections') continue
      objected.add(attempt)
      for (const name of objectors(fact)) {
        const found = by.get(name) ?? { attempts: new Set(), tasks: new Set() }
        by.set(name, found)
        found.attempts.add(attempt)
        found.tasks.add(key)
      }
    }
  return {
    attempts: { part: objected.size, of: judged.size },
    before: [...by]
      .map(([name, found]) => ({
        by: name,
        attempts: { part: found.attempts.size, of: judged.size },
        tasks: found.tasks.size,
      }))
      .sort((a, b) => b.attempts.part - a.attempts.part || byName(a.by, b.by)),
  }
}

function objectors({ body }: FactOf<'attempt.judged'>): readonly string[] {
  return body.by === 'code' ? (body.caught ?? [notRecorded]) : [others[body.by]]
}

function onPulls(chains: Chains): Pick<Caught, 'pulls' | 'onPulls'> {
  const isIn = within(chains.period)
  const looked = ({ body }: Fact) => ['review.told', 'gates.caught', 'merged'].includes(body.kind)
  const pulls = chains.pulls.filter(
    (pull) => isAgents(pull, chains) && pull.facts.some((fact) => isIn(fact) && looked(fact)),
  )
  const gates = new Map<string, { fail: Set<string>; flag: Set<string>; commits: Set<string> }>()
  const caughtOn = new Set<string>()
  for (const { key, facts } of pulls)
    for (const { body } of factsOf(facts, 'gates.caught').filter(isIn))
      for (const { gate, state } of body.gates) {
        const found = gates.get(gate) ?? { fail: new Set(), flag: new Set(), commits: new Set() }
        gates.set(gate, found)
        found[state].add(key)
        found.commits.add(`${key} ${body.sha}`)
        caughtOn.add(key)
      }
  return {
    pulls: { part: caughtOn.size, of: pulls.length },
    onPulls: [...gates]
      .map(([gate, { fail, flag, commits }]) => ({
        gate,
        failed: fail.size,
        flagged: flag.size,
        commits: commits.size,
      }))
      .sort((a, b) => b.commits - a.commits || byName(a.gate, b.gate)),
  }
}

const byName = (a: string, b: string): number => Number(a > b) - Number(a < b)
