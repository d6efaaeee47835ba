/** Who moved which branch: the repository's activity list. */
import { activityOf } from '../ops/activity.ts'
import { listAfter, type Router } from '../router.ts'
import { nodeId, userById } from '../views/account.ts'

export function activityRoutes(router: Router): void {
  router.route('GET', '/repos/{owner}/{repo}/activity', { permission: 'contents:read' }, (c) => {
    const wanted = c.query.get('ref')
    const ref = wanted === null || wanted.startsWith('refs/') ? wanted : `refs/heads/${wanted}`
    return listAfter(c, 'after', activityOf(c.repo, ref), (one) => ({
      id: one.id,
      node_id: nodeId('PSH', one.id),
      before: one.before,
      after: one.after,
      ref: one.ref,
      timestamp: one.at,
      activity_type: one.kind,
      actor: userById(c.site, one.actorId),
    }))
  })
}
