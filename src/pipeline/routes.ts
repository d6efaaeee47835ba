/** Routes: the phases of each shape of task, in order (D5), and how a route is chosen. */
import type { Plan, Route } from '../core/plan.ts'
import type { PhaseId, PipelineSettings } from './settings.ts'

/** The phases of a route in order; `null` is a route that this version knows by name only. */
export const routePhases: Record<Route, readonly PhaseId[] | null> = {
  feature: ['discovery', 'spec', 'plan', 'tests', 'implementation', 'documentation', 'review'],
  hotfix: ['diagnosis', 'tests', 'implementation', 'documentation', 'review'],
  epic: null,
}

/** The phase whose deliverable a person approves. */
export function planningPhase(route: Route): 'plan' | 'diagnosis' {
  return route === 'hotfix' ? 'diagnosis' : 'plan'
}

export const epicSentence =
  'The epic route (splitting an issue into child issues) is not available yet, so nothing was started (D5). Split the issue yourself and delegate each part, or comment `/agent route feature` or `/agent route hotfix`.'

/** The phases that remain of a route once its plan says that tests or documentation are not needed. */
export function phasesOf(route: Route, plan: Plan | null): readonly PhaseId[] {
  const all = routePhases[route] ?? []
  return all.filter(
    (id) =>
      !(plan && id === 'tests' && plan.tests.kind === 'none') &&
      !(plan && id === 'documentation' && plan.documentation.kind === 'none'),
  )
}

/**
 * Choose the route of a task from what people marked: a label or the issue type of policy, else feature (D5).
 *
 * @returns the route and the sentence that is shown with it.
 */
export function chooseRoute(
  issue: { labels: readonly string[]; type: string | null },
  settings: PipelineSettings,
): { route: Route; why: string } {
  for (const route of ['epic', 'hotfix'] as const) {
    const label = issue.labels.find((have) =>
      settings.routes[route].labels.some((named) => same(named, have)),
    )
    if (label !== undefined) return { route, why: `the issue has the label "${label}"` }
    const { type } = issue
    if (type !== null && settings.routes[route].types.some((named) => same(named, type)))
      return { route, why: `the issue's type is "${type}"` }
  }
  return { route: 'feature', why: 'no label or issue type says otherwise' }
}

function same(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase()
}
