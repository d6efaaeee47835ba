/** Budgets: which model a phase gets, the limits of its session, and when a task has spent enough (P2, P11). */

import { type Fact, factsOf } from '../core/facts.ts'
import type { SessionRequest } from '../core/ports/model.ts'
import { addUsage, noUsage, type Usage } from '../core/usage.ts'
import { phases } from './phases.ts'
import type {
  BudgetSettings,
  ModelChoice,
  ModelSettings,
  PhaseId,
  PipelinePolicy,
  Price,
} from './settings.ts'

/** The endpoint and model of a phase: policy's own choice, else its tier; high risk moves every phase up to strong (D2). */
export function modelFor(
  phase: PhaseId,
  models: ModelSettings,
  risk: 'low' | 'medium' | 'high',
): ModelChoice {
  const own = models.phases[phase]
  if (typeof own === 'object') return own
  if (own) return models.tiers[own]
  return models.tiers[risk === 'high' ? 'strong' : phases[phase].tier]
}

/** The price of a model by policy, or null when it names none: cost is then unknown and only other limits hold. */
export function priceOf(choice: ModelChoice, models: ModelSettings): Price | null {
  return models.endpoints[choice.endpoint]?.prices[choice.model] ?? null
}

export interface Spent {
  usage: Usage
  costUsd: number
  minutes: number
  sessions: number
}

/** What all sessions of the task have used, as recorded when they ended. */
export function spentOf(facts: readonly Fact[]): Spent {
  return factsOf(facts, 'attempt.ended').reduce<Spent>(
    (sum, { body }) => ({
      usage: addUsage(sum.usage, body.usage),
      costUsd: sum.costUsd + body.costUsd,
      minutes: sum.minutes + body.durationMs / 60_000,
      sessions: sum.sessions + 1,
    }),
    { usage: noUsage, costUsd: 0, minutes: 0, sessions: 0 },
  )
}

/** The limits of the next session: the session's own, and no more than the task has left. */
export function sessionLimits(budgets: BudgetSettings, spent: Spent): SessionRequest['limits'] {
  const { session, task } = budgets
  return {
    maxSteps: session.steps,
    maxOutputTokens: session.output_tokens,
    maxMinutes: Math.min(session.minutes, Math.max(0, task.minutes - spent.minutes)),
    maxCostUsd: Math.min(session.usd, Math.max(0, task.usd - spent.costUsd)),
  }
}

/** The sentence that stops a task whose budget is used up, or null while there is some left. */
export function overBudget({ budgets }: PipelinePolicy, spent: Spent): string | null {
  const { task } = budgets
  const usd = spent.costUsd >= task.usd
  if (!usd && spent.minutes < task.minutes) return null
  const what = usd
    ? `$${spent.costUsd.toFixed(2)} of $${task.usd} (budgets.task.usd)`
    : `${Math.round(spent.minutes)} of ${task.minutes} minutes (budgets.task.minutes)`
  return `the task has used ${what} in ${spent.sessions} sessions. Someone with write access raises the budget in the policy and comments \`/agent retry\``
}
