/** Cost per phase: what the sessions of each phase used, in tokens, minutes and money (O2, P11). */
import { type Fact, factsOf } from '../core/facts.ts'
import type { SubjectKey } from '../core/ids.ts'
import { addUsage, noUsage, type Usage } from '../core/usage.ts'
import type { Chains } from './chains.ts'
import { type Spread, spread, sum } from './numbers.ts'
import { within } from './period.ts'

export interface Cost {
  sessions: number
  /** Tasks that had such a session; another agent's pull request counts like one. */
  tasks: number
  usage: Usage
  minutes: number
  usd: number
  /** The dollars of each of those tasks; null where there is none. */
  usdEach: Spread | null
}

export interface PhaseCost extends Cost {
  /** As recorded: `validate:plan` is the validator of plans, `fix` the sessions of the fix loop. */
  phase: string
}

export interface Costs {
  total: Cost
  /** Dearest first. */
  phases: PhaseCost[]
}

/**
 * Every session that ended in the period, whatever came of it, of tasks and of fixes on their pull requests, with the usage that its endpoint reported and the cost by
 * the policy's prices of that day. What a task cost before the period is not in it, so the dollars of a task are those of
 * the period. Left out: sessions at work, and those that a crash ended without a word.
 */
export function cost({ tasks, pulls, taskOf, period }: Chains): Costs {
  const isIn = within(period)
  const sessions = (facts: readonly Fact[], task: SubjectKey) =>
    factsOf(facts, 'attempt.ended')
      .filter(isIn)
      .map(({ body }) => ({ ...body, task }))
  const all = [
    ...tasks.flatMap(({ key, facts }) => sessions(facts, key)),
    ...pulls.flatMap(({ key, subject, facts }) => sessions(facts, taskOf.get(subject.number)?.key ?? key)),
  ]
  const phases = [...Map.groupBy(all, ({ phase }) => phase)].map(([phase, its]) => ({
    phase,
    ...costOf(its),
  }))
  return {
    total: costOf(all),
    phases: phases.sort(
      (a, b) =>
        b.usd - a.usd || b.sessions - a.sessions || Number(a.phase > b.phase) - Number(a.phase < b.phase),
    ),
  }
}

interface Session {
  task: SubjectKey
  usage: Usage
  costUsd: number
  durationMs: number
}

function costOf(sessions: readonly Session[]): Cost {
  const each = Map.groupBy(sessions, ({ task }) => task)
  const usd = (some: readonly Session[]) => sum(some.map(({ costUsd }) => costUsd))
  return {
    sessions: sessions.length,
    tasks: each.size,
    usage: sessions.reduce((total, { usage }) => addUsage(total, usage), noUsage),
    minutes: sum(sessions.map(({ durationMs }) => durationMs)) / 60_000,
    usd: usd(sessions),
    usdEach: spread([...each.values()].map(usd)),
  }
}
