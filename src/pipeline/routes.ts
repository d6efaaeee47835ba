/** Routes: the phases of each shape of task, in order (D5), and how a route is chosen. */
import { type Plan, type Route, routes } from '../core/plan.ts'
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

/** The routes that this version can take. */
export const openRoutes: readonly Route[] = routes.filter((route) => routePhases[route] !== null)

/** When each route fits, in the words that the routing session reads. */
export const routeMeanings: Record<Route, string> = {
  feature: 'new or changed behaviour; it is specified and planned before code is written',
  hotfix:
    'something that is there is broken, and mending it is a small change; a diagnosis replaces specification and plan',
  epic: 'more than one change that people can review; it is split into issues of their own',
}

export interface RouteChoice {
  route: Route
  /** Completes "Route feature, because ...". */
  why: string
}

/** The route that people marked, by a label or the issue type of policy; null when they marked none (D5). */
export function markedRoute(
  issue: { labels: readonly string[]; type: string | null },
  settings: PipelineSettings,
): RouteChoice | null {
  for (const route of ['epic', 'hotfix'] as const) {
    const label = issue.labels.find((have) =>
      settings.routes[route].labels.some((named) => same(named, have)),
    )
    if (label !== undefined) return { route, why: `the issue has the label "${label}"` }
    const { type } = issue
    if (type !== null && settings.routes[route].types.some((named) => same(named, type)))
      return { route, why: `the issue's type is "${type}"` }
  }
  return null
}

/** The route when nothing chooses: feature, or the first that the agent profile may take. */
export function fallbackRoute(allowed: readonly Route[] | undefined): Route {
  return allowed && !allowed.includes('feature') ? (allowed[0] ?? 'feature') : 'feature'
}

function same(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase()
}
