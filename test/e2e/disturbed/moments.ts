/** The moments of tasks at which people disturb them: each phase of each route, what runs beside routes, and where work waits. */
import type { Route } from '../../../src/core/plan.ts'
import { phases } from '../../../src/pipeline/phases.ts'
import { planningPhases, routePhases } from '../../../src/pipeline/routes.ts'

export interface Moment {
  name: string
  /** The route of the task; its label says so, but where a model chooses. */
  route: Route
  /** The kind of session that is at work, held until the disturbance is over; null where the work waits for a person. */
  session: string | null
  /** What there is of the change: nothing yet, the draft with the plan, or what people review. */
  stands: 'nothing' | 'draft' | 'ready'
  /** Where the task begins: with a complete issue, or with one that a proposal completes. */
  begins: 'complete' | 'lacking'
}

/** A phase of a route is at work; the list is the route's own, so a new phase is visited by itself. */
export function momentsOf(route: Route): Moment[] {
  const all = routePhases[route]
  const planned = all.indexOf(planningPhases[route])
  return all.map((session, index) => ({
    name: `${route}, ${session}`,
    route,
    session,
    stands: index > planned ? 'draft' : 'nothing',
    begins: 'complete',
  }))
}

const at = (name: string, parts: Partial<Moment>): Moment => ({
  name,
  route: 'hotfix',
  session: null,
  stands: 'nothing',
  begins: 'complete',
  ...parts,
})

/** Sessions that belong to no route, and the fix loop, whose subject is the pull request. */
export const besideRoutes: Moment[] = [
  at('the proposal of missing parts', { session: 'draft', begins: 'lacking' }),
  at('the choice of the route', { session: 'route' }),
  at('the validator of a deliverable', { session: 'validate:diagnosis' }),
  at('the repair of CI', { session: 'repair', stands: 'draft' }),
  at('the fix of a review comment', { session: 'fix', stands: 'ready' }),
]

/** Where the work waits for a person. */
export const waiting: Moment[] = [
  at('a proposal that waits', { begins: 'lacking' }),
  at('a split that waits', { route: 'epic' }),
  at('a plan that waits', { stands: 'draft' }),
  at('a change that waits for review', { stands: 'ready' }),
]

/** Every session that the pipeline has: what the moments must visit. */
export const everySession: readonly string[] = [...Object.keys(phases), 'fix']
