/** Budgets of a task: who may raise one by command, and the step that stops at a limit (P11). */
import { type FactOf, factsOf } from '../../core/facts.ts'
import type { Sha } from '../../core/ids.ts'
import { code, person } from '../../core/sentences.ts'
import { isSenior } from '../../delegation/protectedSurfaces.ts'
import { type Budget, overBudget, parseAmount } from '../../pipeline/budget.ts'
import { isPushed } from '../../pipeline/published.ts'
import { acceptedCandidate, pushedPhases } from './candidates.ts'
import type { TaskContext } from './context.ts'
import { type Answer, type Step, step } from './verdicts.ts'

/** What the task has used and may use. */
export function budgetOf({ policy, spent, raised, snapshot }: TaskContext): Budget {
  return { budgets: policy.budgets, spent, raised, spending: snapshot.spending }
}

/** At a limit no further session starts; what is there stays. */
export function budgeted(context: TaskContext, due: Step | null): Step | null {
  if (!due?.effects.some((action) => action.kind === 'session')) return due
  const over = overBudget(budgetOf(context))
  if (over === null) return due
  const written = lastCandidate(context)
  const body = [
    `The work stopped at a limit: ${over} (P11).`,
    '',
    written === null
      ? 'What was accepted so far is kept.'
      : goesToBranch(context, written)
        ? 'What was accepted so far is on the branch.'
        : `The unfinished work is kept as commit ${code(written.slice(0, 12))} on top of the agent branch; it goes on from there. It is not pushed, since code that has not passed its checks never reaches CI (P6).`,
  ].join('\n')
  return step('person', `Stopped at a limit: ${over} (P11).`, {
    comments: [{ marker: 'budget', body }],
    // Budgets over a time free themselves; nobody has to wake the task for that.
    effects: [{ kind: 'wake', subject: context.snapshot.key, atMs: context.snapshot.nowMs + 3_600_000 }],
  })
}

/** The last thing that a session wrote for the current plan. */
function lastCandidate({ facts, issued }: TaskContext): Sha | null {
  const since = issued?.seq ?? Number.MAX_SAFE_INTEGER
  const written = factsOf(facts, 'attempt.ended').filter(
    ({ seq, body }) => seq > since && body.candidate !== null,
  )
  return written.at(-1)?.body.candidate ?? null
}

/** Whether a candidate is pushed, or accepted and so pushed with this very step. */
function goesToBranch(context: TaskContext, sha: Sha): boolean {
  return (
    isPushed(context.facts, sha) || pushedPhases.some((phase) => acceptedCandidate(context, phase) === sha)
  )
}

/** `/agent budget +5usd`: judged by policy's `budgets.raised_by`, bounded by `budgets.raise_usd`. */
export function judgeBudget(
  context: TaskContext,
  { actor, body }: FactOf<'comment.command'>,
): Pick<Answer, 'outcome' | 'sentence' | 'records'> | null {
  const refused = (sentence: string) => ({ outcome: 'refused' as const, sentence, records: [] })
  const { budgets, seniors } = context.policy
  const by = parseAmount(body.rest)
  if (!by)
    return refused(
      'Write how much to add: `/agent budget +5usd`, `+30min` or `+1000000tokens`, or several of them.',
    )
  if (body.viaApp !== null)
    return refused('A comment made through another App raises no budget. Write it in the browser.')
  if (budgets.raised_by === 'seniors') {
    const senior = isSenior(actor ? context.snapshot.people.get(actor.id) : undefined, seniors)
    if (senior === 'unknown') return null
    if (!senior)
      return refused(
        `${person(actor ?? { login: 'nobody' })} is not one of policy's ${code('seniors')}, and only they raise a budget here (budgets.raised_by).`,
      )
  }
  if (context.raised.usd + by.usd > budgets.raise_usd)
    return refused(
      `With this, $${(context.raised.usd + by.usd).toFixed(2)} would have been added to the task; policy allows $${budgets.raise_usd} (budgets.raise_usd). A maintainer changes that in the policy.`,
    )
  return {
    outcome: 'accepted',
    sentence: `The budget of this task is raised by ${body.rest}; the work goes on if that was what it waited for.`,
    records: [{ kind: 'budget.raised', by }],
  }
}
