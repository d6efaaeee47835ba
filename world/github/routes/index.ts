/** Every route of the stand-in, a resource a file. */

import { graphqlRoutes } from '../../graphql/route.ts'
import type { Outbox } from '../deliveries.ts'
import type { Router } from '../router.ts'
import type { App } from '../state.ts'
import { activityRoutes } from './activity.ts'
import { appRoutes } from './apps.ts'
import { checkRoutes } from './checkRuns.ts'
import { commentRoutes } from './comments.ts'
import { commitRoutes } from './commits.ts'
import { contentRoutes } from './contents.ts'
import { deploymentRoutes } from './deployments.ts'
import { environmentRoutes } from './environments.ts'
import { gitDataRoutes } from './gitData.ts'
import { gitRefRoutes } from './gitRefs.ts'
import { issueRoutes } from './issues.ts'
import { labelRoutes } from './labels.ts'
import { miscRoutes } from './misc.ts'
import { oauthRoutes } from './oauth.ts'
import { peopleRoutes } from './people.ts'
import { pullRoutes } from './pulls.ts'
import { reactionRoutes } from './reactions.ts'
import { repoSettingsRoutes } from './repoSettings.ts'
import { repoRoutes } from './repos.ts'
import { reviewCommentRoutes } from './reviewComments.ts'
import { reviewRoutes } from './reviews.ts'
import { rulesetRoutes } from './rulesets.ts'
import { statusRoutes } from './statuses.ts'
import { subIssueRoutes } from './subIssues.ts'

export type RouteParts = { outbox: () => Outbox; convert: (code: string) => App | null }

export function registerRoutes(router: Router, parts: RouteParts): void {
  appRoutes(router, parts.outbox, parts.convert)
  oauthRoutes(router)
  peopleRoutes(router)
  miscRoutes(router)
  repoRoutes(router)
  repoSettingsRoutes(router)
  contentRoutes(router)
  gitDataRoutes(router)
  gitRefRoutes(router)
  commitRoutes(router)
  issueRoutes(router)
  subIssueRoutes(router)
  labelRoutes(router)
  commentRoutes(router)
  reactionRoutes(router)
  pullRoutes(router)
  reviewRoutes(router)
  reviewCommentRoutes(router)
  checkRoutes(router)
  statusRoutes(router)
  rulesetRoutes(router)
  environmentRoutes(router)
  deploymentRoutes(router)
  activityRoutes(router)
  graphqlRoutes(router)
}
