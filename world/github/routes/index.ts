/** Every route of the stand-in, a resource a file. */
import type { Outbox } from '../deliveries.ts'
import { graphqlRoutes } from '../../graphql/route.ts'
import type { Router } from '../router.ts'
import type { App } from '../state.ts'
import { activityRoutes } from './activity.ts'
import { appRoutes } from './apps.ts'
import { checkRoutes } from './checkRuns.ts'
import { commentRoutes } from './comments.ts'
import { issueRoutes } from './issues.ts'
import { labelRoutes } from './labels.ts'
import { pullRoutes } from './pulls.ts'

export type RouteParts = { outbox: () => Outbox; convert: (code: string) => App | null }

export function registerRoutes(router: Router, parts: RouteParts): void {
  appRoutes(router, parts.outbox, parts.convert)
  issueRoutes(router)
  labelRoutes(router)
  commentRoutes(router)
  pullRoutes(router)
  checkRoutes(router)
  activityRoutes(router)
  graphqlRoutes(router)
}
