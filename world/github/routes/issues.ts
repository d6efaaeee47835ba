/** Issues: create, read, change, close; what a reader may not do is dropped or refused as GitHub does. */
import { z } from 'zod'
import { findAccount, requireRole, roleAtLeast, roleOn } from '../access.ts'
import { forbidden, invalid, notFound } from '../errors.ts'
import { closeIssue, editIssue, openIssue, reopenIssue, setLabels } from '../ops/issues.ts'
import { type Call, created, list, ok, type Router } from '../router.ts'
import { must, viaApp } from '../site.ts'
import type { Issue } from '../state.ts'
import { issueView } from '../views/issue.ts'

const LIMIT = 65_536
const text = z.string().max(LIMIT, `is too long (maximum is ${LIMIT} characters)`)
const labelNames = z.array(z.union([z.string(), z.object({ name: z.string() }).transform((l) => l.name)]))
const createBody = z.object({
  title: z.union([z.string(), z.number()]).transform(String),
  body: text.nullish(),
  labels: labelNames.optional(),
  assignees: z.array(z.string()).optional(),
})
const updateBody = z.object({
  title: z.union([z.string(), z.number()]).transform(String).optional(),
  body: text.nullish(),
  state: z.enum(['open', 'closed']).optional(),
  state_reason: z.enum(['completed', 'not_planned', 'reopened', 'duplicate']).nullish(),
  labels: labelNames.optional(),
  assignees: z.array(z.string()).optional(),
})

/** The issue (or pull request as an issue) that the path names. */
export function issueAt(c: Call): Issue {
  const number = c.id('issue_number')
  for (const issue of c.site.state.issues.values())
    if (issue.repoId === c.repo.id && issue.number === number) return issue
  throw notFound()
}

/** A pull request's conversation needs pull_requests or issues permission, an issue's only issues. */
export function requireIssuePermission(c: Call, issue: Issue, level: 'read' | 'write'): void {
  if (c.actor.kind !== 'installation' || issue.pullId !== null) return
  const granted = c.actor.permissions.issues
  if (granted === undefined || (level === 'write' && granted === 'read'))
    throw forbidden('Resource not accessible by integration')
}

const may = (c: Call, least: 'triage' | 'write') =>
  c.actor.kind === 'installation' ||
  (c.actor.kind === 'user' && roleAtLeast(roleOn(c.site.state, c.repo, c.actor.account), least))

function accountIds(c: Call, logins: string[]): number[] {
  return logins.map((login) => {
    const account = findAccount(c.site.state, login)
    if (account === null) throw invalid([{ resource: 'Issue', field: 'assignees', code: 'invalid' }])
    return account.id
  })
}

function filtered(c: Call): Issue[] {
  const state = c.query.get('state') ?? 'open'
  const labels = (c.query.get('labels') ?? '')
    .split(',')
    .filter(Boolean)
    .map((l) => l.toLowerCase())
  const creator = c.query.get('creator')?.toLowerCase()
  const since = c.query.get('since')
  const login = (id: number) => must(c.site.state.accounts, id, 'account').login.toLowerCase()
  const found = [...c.site.state.issues.values()].filter(
    (i) =>
      i.repoId === c.repo.id &&
      (state === 'all' || i.state === state) &&
      labels.every((l) => i.labels.some((have) => have.toLowerCase() === l)) &&
      (creator === undefined || login(i.authorId) === creator) &&
      (since === null || i.updatedAt >= since),
  )
  return c.query.get('direction') === 'asc' ? found : found.reverse()
}

export function issueRoutes(router: Router): void {
  const read = { permission: 'issues:read|pull_requests:read' }
  const write = { permission: 'issues:write|pull_requests:write' }
  router.route('GET', '/repos/{owner}/{repo}/issues', { permission: 'issues:read' }, (c) =>
    list(c, filtered(c), (i) => issueView(c.site, i)),
  )
  router.route('GET', '/repos/{owner}/{repo}/issues/{issue_number}', read, (c) => {
    const issue = issueAt(c)
    requireIssuePermission(c, issue, 'read')
    return ok(issueView(c.site, issue))
  })
  router.route('POST', '/repos/{owner}/{repo}/issues', { permission: 'issues:write' }, (c) => {
    const input = c.parse(createBody)
    // GitHub silently drops labels and assignees that the author may not set.
    const issue = openIssue(c.site, c.repo, c.author, viaApp(c.actor), {
      title: input.title,
      body: input.body ?? null,
      labels: may(c, 'triage') ? (input.labels ?? []) : [],
      assigneeIds: may(c, 'triage') ? accountIds(c, input.assignees ?? []) : [],
    })
    return created(issueView(c.site, issue))
  })
  router.route('PATCH', '/repos/{owner}/{repo}/issues/{issue_number}', write, async (c) => {
    const issue = issueAt(c)
    requireIssuePermission(c, issue, 'write')
    const input = c.parse(updateBody)
    const own = c.actor.kind === 'user' && issue.authorId === c.actor.account.id
    if (!own) {
      if (input.title !== undefined || input.body !== undefined)
        requireRole(c.site, c.actor, c.repo, 'write', 'Must have write access to edit this issue.')
      requireRole(c.site, c.actor, c.repo, 'triage', 'Must have triage access to change this issue.')
    }
    if (input.labels !== undefined)
      requireRole(c.site, c.actor, c.repo, 'triage', 'Must have triage access to label.')
    await editIssue(c.site, issue, c.author, {
      ...(input.title === undefined ? {} : { title: input.title }),
      ...(input.body === undefined ? {} : { body: input.body }),
    })
    if (input.labels !== undefined) await setLabels(c.site, issue, input.labels, c.author)
    if (input.assignees !== undefined && may(c, 'triage')) issue.assigneeIds = accountIds(c, input.assignees)
    if (input.state === 'closed')
      await closeIssue(
        c.site,
        issue,
        c.author,
        input.state_reason === 'not_planned' ? 'not_planned' : 'completed',
      )
    if (input.state === 'open') await reopenIssue(c.site, issue, c.author)
    return ok(issueView(c.site, issue))
  })
}
