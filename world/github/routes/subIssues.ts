/** Sub-issues: an issue shown below another of the same owner, which has at most one parent. */
import { z } from 'zod'
import { canSee, requireRole } from '../access.ts'
import { invalid, notFound } from '../errors.ts'
import { created, list, ok, type Router } from '../router.ts'
import { must } from '../site.ts'
import { issueView } from '../views/issue.ts'
import { issueAt, requireIssuePermission } from './issues.ts'

const addBody = z.object({ sub_issue_id: z.number().int(), replace_parent: z.boolean().optional() })
/** GitHub's bound on the sub-issues of one issue. */
const MOST = 100

export function subIssueRoutes(router: Router): void {
  const path = '/repos/{owner}/{repo}/issues/{issue_number}'
  const read = { permission: 'issues:read' }
  router.route('GET', `${path}/sub_issues`, read, (c) => {
    const parent = issueAt(c)
    const below = [...c.site.state.issues.values()].filter((one) => one.parentId === parent.id)
    return list(c, below, (one) => issueView(c.site, one))
  })
  router.route('GET', `${path}/parent`, read, (c) => {
    const { parentId } = issueAt(c)
    if (parentId === null) throw notFound()
    return ok(issueView(c.site, must(c.site.state.issues, parentId, 'issue')))
  })
  router.route('POST', `${path}/sub_issues`, { permission: 'issues:write' }, (c) => {
    const parent = issueAt(c)
    requireIssuePermission(c, parent, 'write')
    requireRole(c.site, c.actor, c.repo, 'triage', 'Must have triage access to change this issue.')
    const { sub_issue_id: id, replace_parent: replace } = c.parse(addBody)
    const child = c.site.state.issues.get(id)
    const home = child && must(c.site.state.repos, child.repoId, 'repository')
    if (!child || !home || !canSee(c.site, c.actor, home)) throw notFound()
    const refused = [{ resource: 'SubIssue', field: 'sub_issue_id', code: 'invalid' }]
    const count = [...c.site.state.issues.values()].filter((one) => one.parentId === parent.id).length
    if (child.pullId !== null || child.id === parent.id || home.ownerId !== c.repo.ownerId || count >= MOST)
      throw invalid(refused)
    if (child.parentId !== null && (!replace || child.parentId === parent.id)) throw invalid(refused)
    child.parentId = parent.id
    return created(issueView(c.site, parent))
  })
}
