/** Issues and comments in the form webhooks describe, which differs from REST in a few keys. */
import type { Site } from '../site.ts'
import { must } from '../site.ts'
import type { Comment, Issue } from '../state.ts'
import { appView } from './account.ts'
import { commentView, issueView } from './issue.ts'

// The webhook description's list of an App's events predates these.
const UNLISTED_EVENTS = new Set([
  'check_run_rerequested',
  'merge_group',
  'workflow_job',
  'deployment_protection_rule',
])

/** An App without the permission that the webhook descriptions, which list them one by one, do not know yet. */
export function hookPermissions<A extends { permissions: { [name: string]: string | undefined } }>(
  app: A,
): A {
  const { merge_queues: _queues, ...permissions } = app.permissions
  return { ...app, permissions }
}

/** The App that wrote something, without its client id. */
function hookApp(site: Site, appId: number | null) {
  if (appId === null) return null
  const { client_id: _clientId, ...rest } = hookPermissions(
    appView(site, must(site.state.apps, appId, 'app')),
  )
  return { ...rest, events: rest.events.filter((e) => !UNLISTED_EVENTS.has(e)) }
}

export function issuePayload(site: Site, issue: Issue): Record<string, unknown> {
  const { closed_by: _closedBy, ...rest } = issueView(site, issue)
  return { ...rest, performed_via_github_app: hookApp(site, issue.viaAppId) }
}

export function commentPayload(site: Site, comment: Comment): Record<string, unknown> {
  return { ...commentView(site, comment), performed_via_github_app: hookApp(site, comment.viaAppId) }
}
