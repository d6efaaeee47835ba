/** Budgets: which model a phase gets, the limits of its session, and when a task has spent enough (P2, P11). */

import { type Fact, factsOf } from '../core/facts.ts'
import type { SessionRequest } from '../core/ports/model.ts'
import { type Amount, addAmount, addUsage, nothing, noUsage, tokensOf, type Usage } from '../core/usage.ts'
import { phases } from './phases.ts'
import type { BudgetSettings, ModelChoice, ModelSettings, PhaseId, Price } from './settings.ts'

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

/** What a task has used and may use; the sums over its repository are known to a round, not to the worker. */
export interface Budget {
  budgets: BudgetSettings
  spent: Spent
  /** What people added to the task's own budget. */
  raised: Amount
  spending: { day: Amount; repository: Amount } | null
}

/** The limits of the next session: the session's own, and no more than what is left of every budget. */
export function sessionLimits(
  budgets: BudgetSettings,
  spent: Spent,
  raised: Amount = nothing,
): SessionRequest['limits'] {
  const { session } = budgets
  const left = (measure: keyof Amount) =>
    Math.max(0, budgets.task[measure] + raised[measure] - amountOf(spent)[measure])
  return {
    maxSteps: session.steps,
    maxOutputTokens: Math.min(session.output_tokens, left('tokens')),
    maxMinutes: Math.min(session.minutes, left('minutes')),
    maxCostUsd: Math.min(session.usd, left('usd')),
  }
}

function amountOf({ costUsd: usd, minutes, usage }: Spent): Amount {
  return { usd, minutes, tokens: tokensOf(usage) }
}

interface Use {
  of: 'task' | 'day' | 'repository'
  measure: keyof Amount
  used: number
  limit: number
}

function usesOf({ budgets, spent, raised, spending }: Budget): Use[] {
  const measures = ['usd', 'minutes', 'tokens'] as const
  const own = addAmount(budgets.task, raised)
  const uses = (of: Use['of'], used: Amount, limit: Amount) =>
    measures.map((measure): Use => ({ of, measure, used: used[measure], limit: limit[measure] }))
  return [
    ...uses('task', amountOf(spent), own),
    ...(spending ? uses('day', spending.day, budgets.day) : []),
    ...(spending ? uses('repository', spending.repository, budgets.repository) : []),
  ]
}

/** The share of a budget from which people are warned. */
const warnFrom = 0.8

const whose = {
  task: 'the task has used',
  day: 'the tasks of this repository have used, in 24 hours,',
  repository: 'the tasks of this repository have used, in 30 days,',
}

function figures({ of, measure, used, limit }: Use): string {
  const amounts = {
    usd: `$${used.toFixed(2)} of $${limit.toFixed(2)}`,
    minutes: `${Math.round(used)} of ${Math.round(limit)} minutes`,
    tokens: `${Math.round(used).toLocaleString('en-US')} of ${limit.toLocaleString('en-US')} tokens`,
  }
  return `${whose[of]} ${amounts[measure]} (budgets.${of}.${measure})`
}

/** The sentence that stops a task whose budget is used up, with who can change it; null while there is some left. */
export function overBudget(budget: Budget): string | null {
  const over = usesOf(budget).find((use) => use.used >= use.limit)
  if (!over) return null
  const more = { usd: '+5usd', minutes: '+30min', tokens: '+1000000tokens' }[over.measure]
  const who = budget.budgets.raised_by === 'writers' ? 'Someone with write access' : 'A senior'
  return over.of === 'task'
    ? `${figures(over)} in ${budget.spent.sessions} sessions. ${who} goes on with \`/agent budget ${more}\``
    : `${figures(over)}. A maintainer raises it in the policy, or the work goes on by itself when the time has passed`
}

/** A sentence for each budget that is nearly used up. */
export function nearBudget(budget: Budget): string[] {
  return usesOf(budget)
    .filter((use) => use.used >= warnFrom * use.limit && use.used < use.limit)
    .map((use) => `Nearly used up: ${figures(use)}.`)
}

const units: Record<string, keyof Amount> = { usd: 'usd', min: 'minutes', tokens: 'tokens' }

/** What `/agent budget +5usd` adds; null when it cannot be read. Several amounts may follow each other. */
export function parseAmount(text: string): Amount | null {
  let sum = nothing
  const parts = text.trim().toLowerCase().split(/\s+/)
  for (const part of parts) {
    const match = /^\+(\d{1,12}(?:\.\d{1,2})?)(usd|min|tokens)$/.exec(part)
    const measure = units[match?.[2] ?? '']
    const value = Number(match?.[1])
    if (!measure || !(value > 0)) return null
    sum = addAmount(sum, { ...nothing, [measure]: value })
  }
  return sum
}

/** What was added to the task's budget so far. */
export function raisedOf(facts: readonly Fact[]): Amount {
  return factsOf(facts, 'budget.raised').reduce((sum, { body }) => addAmount(sum, body.by), nothing)
}
