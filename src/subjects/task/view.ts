/** A task as people look at it: its phases with their attempts, what it cost, who asked; folded as the rounds fold it (O2). */
import type { Account } from '../../core/account.ts'
import type { Fact } from '../../core/facts.ts'
import type { Route } from '../../core/plan.ts'
import type { TaskSnapshot } from '../../core/snapshot/task.ts'
import { nearBudget, type Spent, spentOf } from '../../pipeline/budget.ts'
import type { Policy } from '../../policy/schema.ts'
import { budgetOf } from './budgetStep.ts'
import { contextOf } from './context.ts'
import { type PhaseView, phaseViews } from './phaseView.ts'
import { routeText } from './texts.ts'

export interface TaskView {
  title: string
  delegator: Account | null
  risk: 'low' | 'medium' | 'high' | null
  profile: string | null
  route: { route: Route; sentence: string } | null
  /** In the order in which they run; empty until a route is chosen. */
  phases: PhaseView[]
  spent: Spent
  /** What the task may spend in all, in US dollars; null where policy cannot be used. */
  limitUsd: number | null
  /** Budgets of which four fifths are used (P11). */
  warnings: string[]
  stopped: boolean
}

/** What the progress comment shows, as data. Without a usable policy only what the facts say by themselves. */
export function view(snapshot: TaskSnapshot<Policy>): TaskView {
  const title = snapshot.issue?.title ?? titleOf(snapshot.facts)
  if (!snapshot.policy.ok)
    return {
      title,
      delegator: null,
      risk: null,
      profile: null,
      route: null,
      phases: [],
      spent: spentOf(snapshot.facts),
      limitUsd: null,
      warnings: [],
      stopped: false,
    }
  const context = contextOf(snapshot, snapshot.policy.policy)
  const { frozen, route, agent, raised, policy } = context
  return {
    title,
    delegator: frozen?.body.delegator ?? null,
    risk: frozen?.body.bundle.riskClass ?? null,
    profile: agent.name ?? null,
    route: route && { route: route.body.route, sentence: routeText(route.body) },
    phases: route ? phaseViews(context) : [],
    spent: context.spent,
    limitUsd: policy.budgets.task.usd + raised.usd,
    warnings: nearBudget(budgetOf(context)),
    stopped: context.stopped !== null,
  }
}

/** The title as it was when the work began: all that is left of an issue that is gone. */
export function titleOf(facts: readonly Fact[]): string {
  const named = facts.findLast(
    ({ body }) =>
      body.kind === 'bundle.frozen' || body.kind === 'issue.edited' || body.kind === 'issue.delegated',
  )
  return named && 'title' in named.body ? named.body.title : ''
}
