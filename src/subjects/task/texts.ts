/** Texts of a task for people: status, why and help (O4). */
import { outgoingText } from '../../core/outgoingText.ts'
import { count } from '../../core/sentences.ts'
import type { RouteChoice } from '../../pipeline/routes.ts'
import type { TaskContext } from './context.ts'
import type { Step } from './verdicts.ts'

/** What `/agent status` and `/agent why` answer on the issue: the same sentence that decides. */
export function statusText(context: TaskContext, next: Step): string {
  const { spent, route, previousPlan, agent } = context
  const parts = [
    next.sentence,
    route ? routeText(route.body) : '',
    agent.name === undefined
      ? ''
      : `Profile ${agent.name}${agent.gone ? ', which policy no longer has' : ''}.`,
    spent.sessions > 0 ? `${count(spent.sessions, 'session')} so far, $${spent.costUsd.toFixed(2)}.` : '',
    previousPlan && context.snapshot.pull ? `Pull request: #${context.snapshot.pull.pull.number}.` : '',
  ]
  return parts.filter(Boolean).join(' ')
}

/** The route with its reason, part of which may be a model's or a labeller's text (T28). */
export function routeText({ route, why }: RouteChoice): string {
  return `Route ${route}, because ${outgoingText(why, { inline: true, most: 400 }).replace(/\.$/, '')}.`
}

/** What `/agent help` answers on an issue. */
export function helpText(): string {
  return [
    'Commands on a delegated issue, as the first line of a comment:',
    '',
    '- `/agent status`, `/agent why`: where it stands and what it waits for',
    '- `/agent stop`, `/agent resume`: hold the work, and go on',
    '- `/agent retry`: try a handed-over phase again with a fresh count of attempts',
    '- `/agent start`: confirm a text that someone without write access wrote',
    '- `/agent answer <text>`: answer a question of a session',
    '- `/agent route feature` or `hotfix`: change the route before the plan is approved',
    '- `/agent budget +5usd`: let the task spend more; also `+30min` and `+1000000tokens`',
    '- `/agent reject plan <reason>`: send the plan back to its session',
    '- `/agent allow protected <reason>`: for a senior, let the work touch a protected surface',
    '',
    'All but status, why and help need write access. Edited comments do not count.',
  ].join('\n')
}
