/** Which route a task takes: as people marked it, as its agent profile has it, else as the cheapest model answers (D5, P13). */
import type { Route } from '../../core/plan.ts'
import { code, listed } from '../../core/sentences.ts'
import { RouteAnswer } from '../../pipeline/phases/route.ts'
import {
  epicSentence,
  fallbackRoute,
  markedRoute,
  openRoutes,
  type RouteChoice,
  routePhases,
} from '../../pipeline/routes.ts'
import { stateOf } from '../../pipeline/taskState.ts'
import { budgeted } from './budgetStep.ts'
import type { TaskContext } from './context.ts'
import { phaseStep } from './phaseStep.ts'
import { routeText } from './texts.ts'
import { type Step, step } from './verdicts.ts'

/** The step while the route needs no model to be chosen, or is one that cannot be taken; else null. */
export function markedRouteStep(context: TaskContext): Step | null {
  const { route, snapshot, policy, agent } = context
  if (route) {
    // Once its plan is issued, people decide on that plan, whatever the policy says of routes by then.
    if (context.issued) return null
    const refusal = refusedRoute(context, route.body.route)
    return refusal === null ? null : unusable(refusal)
  }
  const marked = markedRoute(snapshot.issue ?? { labels: [], type: null }, policy.pipeline)
  if (marked) {
    const refusal = refusedByProfile(context, marked.route)
    return refusal === null ? chosen(marked) : unusable(`${refusal} ${routeText(marked)}`)
  }
  const own = agent.profile?.route ?? (agent.profile?.routes?.length === 1 ? agent.profile.routes[0] : null)
  if (own) return chosen({ route: own, why: `the profile ${agent.name} takes it` })
  if (policy.pipeline.routes.by_model) return null
  return chosen({
    route: fallbackRoute(agent.profile?.routes),
    why: 'no label or issue type says otherwise',
  })
}

/**
 * The step while a model chooses, or null once there is a route. It never holds the task up: a session that fails, or
 * an answer that cannot be used, gives the ordinary route, with the reason.
 */
export function modelRouteStep(context: TaskContext): Step | null {
  if (context.route) return null
  const ended = stateOf(context, 'route').attempts.at(-1)?.ended
  if (!ended || ended.outcome.kind === 'stopped') return budgeted(context, phaseStep(context, 'route'))
  const { model, outcome } = ended
  const answer = outcome.kind === 'deliverable' ? RouteAnswer.safeParse(outcome.deliverable) : null
  const refusal = answer?.success ? refusedByProfile(context, answer.data.route) : null
  if (answer?.success && refusal === null)
    return chosen({ route: answer.data.route, why: `${model} chose it: ${answer.data.reason}` })
  const why = answer?.success
    ? `${model} chose ${answer.data.route}, which the profile ${context.agent.name} may not take`
    : outcome.kind === 'failed'
      ? `no model could choose (${outcome.reason.slice(0, 500)})`
      : `what ${model} answered is no route`
  return chosen({ route: fallbackRoute(context.agent.profile?.routes), why })
}

function chosen(choice: RouteChoice): Step {
  return step('machine', routeText(choice), {
    records: [{ kind: 'route.chosen', ...choice }],
  })
}

function unusable(sentence: string): Step {
  return step('person', sentence, { comments: [{ marker: 'route', body: sentence }] })
}

/** Why a task may not take a route, with what to do instead; null when it may. */
export function refusedRoute(context: TaskContext, route: Route): string | null {
  return routePhases[route] === null ? epicSentence : refusedByProfile(context, route)
}

function refusedByProfile({ agent }: TaskContext, route: Route): string | null {
  const allowed = agent.profile?.routes
  if (!allowed || allowed.includes(route)) return null
  const others = allowed.filter((one) => openRoutes.includes(one))
  const ways = others.map((one) => code(`/agent route ${one}`))
  const instead = ways.length > 0 ? `Comment ${listed(ways, 3, 'or')}, or delegate` : 'Delegate'
  return `The profile ${agent.name} may not take the route ${route} (${code(`profiles.${agent.name}.routes`)}). ${instead} the issue with another label.`
}
