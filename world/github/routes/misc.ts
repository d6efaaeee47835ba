/** The small routes around everything else: limits, meta, token revocation, assignees, organisation and hook settings. */
import { z } from 'zod'
import { findAccount, requireRole } from '../access.ts'
import { notFound } from '../errors.ts'
import { emitIssue } from '../ops/issues.ts'
import { type Call, created, list, noContent, ok, type Router } from '../router.ts'
import type { Issue } from '../state.ts'
import { simpleUser, teamSimple } from '../views/account.ts'
import { issueView } from '../views/issue.ts'
import { repoApi } from '../views/repo.ts'
import { issueAt, requireIssuePermission } from './issues.ts'

const assigneesBody = z.object({ assignees: z.array(z.string()).optional() })
const hookBody = z.object({
  url: z.string().optional(),
  secret: z.string().optional(),
  content_type: z.string().optional(),
})

const resource = (reset: number) => ({ limit: 15_000, used: 0, remaining: 15_000, reset })

async function changeAssignees(
  c: Call,
  change: (ids: number[], given: number[]) => number[],
): Promise<Issue> {
  const issue = issueAt(c)
  requireIssuePermission(c, issue, 'write')
  requireRole(c.site, c.actor, c.repo, 'triage', 'Must have triage access to assign.')
  const given = (c.parse(assigneesBody).assignees ?? []).flatMap(
    (login) => findAccount(c.site.state, login)?.id ?? [],
  )
  const before = issue.assigneeIds
  issue.assigneeIds = change(before, given)
  issue.updatedAt = c.site.now()
  for (const id of given) {
    const account = c.site.state.accounts.get(id)
    const action = issue.assigneeIds.includes(id) ? 'assigned' : 'unassigned'
    if (account === undefined || before.includes(id) === issue.assigneeIds.includes(id)) continue
    await emitIssue(c.site, issue, action, c.author, { assignee: simpleUser(c.site, account) })
  }
  return issue
}

export function miscRoutes(router: Router): void {
  router.route('GET', '/rate_limit', { permission: 'public' }, (c) => {
    const core = resource(Math.ceil(c.site.clock.now() / 1000) + 3600)
    return ok({ resources: { core, search: core, graphql: core }, rate: core })
  })
  router.route('GET', '/meta', { permission: 'public' }, () =>
    ok({ verifiable_password_authentication: true }),
  )
  router.route('DELETE', '/installation/token', { permission: 'installation' }, (c) => {
    const token = (c.headers.authorization ?? '').split(' ')[1] ?? ''
    c.site.state.tokens.delete(token)
    return noContent()
  })
  const hook = (c: Call) => {
    if (c.actor.kind !== 'app') throw notFound()
    return c.actor.app
  }
  const hookView = (c: Call) => ({
    content_type: 'json',
    insecure_ssl: '0',
    secret: '********',
    url: hook(c).webhookUrl ?? '',
  })
  router.route('GET', '/app/hook/config', { permission: 'jwt' }, (c) => ok(hookView(c)))
  router.route('PATCH', '/app/hook/config', { permission: 'jwt' }, (c) => {
    const input = c.parse(hookBody)
    hook(c).webhookUrl = input.url ?? hook(c).webhookUrl
    hook(c).webhookSecret = input.secret ?? hook(c).webhookSecret
    return ok(hookView(c))
  })
  const assignees = '/repos/{owner}/{repo}/issues/{issue_number}/assignees'
  const write = { permission: 'issues:write|pull_requests:write' }
  router.route('POST', assignees, write, async (c) =>
    created(issueView(c.site, await changeAssignees(c, (ids, given) => [...new Set([...ids, ...given])]))),
  )
  router.route('DELETE', assignees, write, async (c) =>
    ok(issueView(c.site, await changeAssignees(c, (ids, given) => ids.filter((id) => !given.includes(id))))),
  )
  router.route('GET', '/orgs/{org}/teams', { permission: 'members:read' }, (c) => {
    const org = findAccount(c.site.state, c.params.org ?? '')
    const teams = [...c.site.state.teams.values()].filter((t) => t.orgId === org?.id)
    return list(c, teams, (t) => {
      const parent = t.parentId === null ? undefined : c.site.state.teams.get(t.parentId)
      return { ...teamSimple(c.site, t), parent: parent === undefined ? null : teamSimple(c.site, parent) }
    })
  })
  router.route(
    'GET',
    '/repos/{owner}/{repo}/commits/{commit_sha}/branches-where-head',
    { permission: 'contents:read' },
    async (c) => {
      const heads = (await c.site.git.refs(c.repo.dir, 'refs/heads')).filter(
        (r) => r.sha === c.params.commit_sha,
      )
      return ok(
        heads.map((r) => ({
          name: r.ref.replace('refs/heads/', ''),
          commit: { sha: r.sha, url: `${repoApi(c.site, c.repo)}/commits/${r.sha}` },
          protected: false,
        })),
      )
    },
  )
}
