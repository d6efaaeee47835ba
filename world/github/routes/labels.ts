/** Labels of a repository and of an issue; a reader cannot label. */
import { z } from 'zod'
import { requireRole } from '../access.ts'
import { invalid, notFound } from '../errors.ts'
import { addLabels, ensureLabel, removeLabel, setLabels } from '../ops/issues.ts'
import { type Call, created, list, noContent, ok, type Router } from '../router.ts'
import { labelsOf } from '../views/issue.ts'
import { labelView } from '../views/repo.ts'
import { issueAt, requireIssuePermission } from './issues.ts'

const named = z.object({ name: z.string() }).transform((l) => l.name)
const names = z
  .union([
    z.array(z.union([z.string(), named])),
    z.object({ labels: z.array(z.union([z.string(), named])).optional() }),
  ])
  .transform((v) => (Array.isArray(v) ? v : (v.labels ?? [])))
const labelBody = z.object({
  name: z.string(),
  color: z
    .string()
    .regex(/^[0-9a-f]{6}$/i)
    .optional(),
  description: z.string().max(100).optional(),
})

function writable(c: Call) {
  const issue = issueAt(c)
  requireIssuePermission(c, issue, 'write')
  requireRole(c.site, c.actor, c.repo, 'triage', 'Must have triage access to label.')
  return issue
}

export function labelRoutes(router: Router): void {
  const read = { permission: 'issues:read|pull_requests:read' }
  const write = { permission: 'issues:write|pull_requests:write' }
  const repoLabels = '/repos/{owner}/{repo}/labels'
  router.route('GET', repoLabels, read, (c) =>
    list(c, [...c.repo.labels.values()], (l) => labelView(c.site, c.repo, l)),
  )
  router.route('GET', `${repoLabels}/{name}`, read, (c) => {
    const label = c.repo.labels.get((c.params.name ?? '').toLowerCase())
    if (label === undefined) throw notFound()
    return ok(labelView(c.site, c.repo, label))
  })
  router.route('POST', repoLabels, { ...write, role: 'write' }, (c) => {
    const input = c.parse(labelBody)
    if (c.repo.labels.has(input.name.toLowerCase()))
      throw invalid([{ resource: 'Label', field: 'name', code: 'already_exists' }])
    const label = ensureLabel(c.site, c.repo, input.name)
    label.color = input.color ?? label.color
    label.description = input.description ?? null
    return created(labelView(c.site, c.repo, label))
  })
  router.route('DELETE', `${repoLabels}/{name}`, { ...write, role: 'write' }, (c) => {
    if (!c.repo.labels.delete((c.params.name ?? '').toLowerCase())) throw notFound()
    return noContent()
  })
  const issueLabels = '/repos/{owner}/{repo}/issues/{issue_number}/labels'
  router.route('GET', issueLabels, read, (c) => {
    const issue = issueAt(c)
    return list(c, labelsOf(c.site, issue), (l) => l)
  })
  router.route('POST', issueLabels, write, async (c) => {
    const issue = writable(c)
    await addLabels(c.site, issue, c.parse(names), c.author)
    return ok(labelsOf(c.site, issue))
  })
  router.route('PUT', issueLabels, write, async (c) => {
    const issue = writable(c)
    await setLabels(c.site, issue, c.parse(names), c.author)
    return ok(labelsOf(c.site, issue))
  })
  router.route('DELETE', `${issueLabels}/{name}`, write, async (c) => {
    const issue = writable(c)
    if (!(await removeLabel(c.site, issue, c.params.name ?? '', c.author))) throw notFound()
    return ok(labelsOf(c.site, issue))
  })
}
