/** Issues, labels and comments: each change with its webhook, a pull request's ones as pull_request events. */
import { invalid } from '../errors.ts'
import type { Site } from '../site.ts'
import { must } from '../site.ts'
import type { Account, Comment, Issue, Label, Repo } from '../state.ts'
import { commentPayload, issuePayload } from '../views/hook.ts'
import { labelView } from '../views/repo.ts'
import { closePull, emitPull, reopenPull } from './pulls.ts'

const repoOf = (site: Site, issue: Issue): Repo => must(site.state.repos, issue.repoId, 'repository')

/** An issues webhook, or for a pull request the pull_request one of the same action. */
export async function emitIssue(
  site: Site,
  issue: Issue,
  action: string,
  sender: Account,
  extra: Record<string, unknown> = {},
): Promise<void> {
  if (issue.pullId !== null)
    return emitPull(site, must(site.state.pulls, issue.pullId, 'pull'), action, sender, extra)
  site.emit(
    'issues',
    action,
    { action, issue: issuePayload(site, issue), ...extra },
    { repo: repoOf(site, issue), sender },
  )
}

export type OpenIssueInput = { title: string; body: string | null; labels: string[]; assigneeIds: number[] }

export function openIssue(
  site: Site,
  repo: Repo,
  author: Account,
  viaAppId: number | null,
  input: OpenIssueInput,
): Issue {
  const at = site.now()
  const issue: Issue = {
    id: site.nextId(),
    repoId: repo.id,
    number: repo.nextNumber++,
    title: input.title,
    body: input.body,
    authorId: author.id,
    viaAppId,
    state: 'open',
    stateReason: null,
    labels: input.labels.map((name) => ensureLabel(site, repo, name).name),
    assigneeIds: input.assigneeIds,
    locked: false,
    createdAt: at,
    updatedAt: at,
    closedAt: null,
    closedById: null,
    lastEditedAt: null,
    editorId: null,
    pullId: null,
    parentId: null,
  }
  site.state.issues.set(issue.id, issue)
  site.emit(
    'issues',
    'opened',
    { action: 'opened', issue: issuePayload(site, issue) },
    { repo, sender: author },
  )
  for (const name of issue.labels) {
    const label = labelView(site, repo, ensureLabel(site, repo, name))
    site.emit(
      'issues',
      'labeled',
      { action: 'labeled', issue: issuePayload(site, issue), label },
      { repo, sender: author },
    )
  }
  return issue
}

export async function editIssue(
  site: Site,
  issue: Issue,
  editor: Account,
  input: { title?: string; body?: string | null },
): Promise<void> {
  const changes: Record<string, { from: string }> = {}
  if (input.title !== undefined && input.title !== issue.title) {
    changes.title = { from: issue.title }
    issue.title = input.title
  }
  if (input.body !== undefined && input.body !== issue.body) {
    changes.body = { from: issue.body ?? '' }
    issue.body = input.body
    issue.lastEditedAt = site.now()
    issue.editorId = editor.id
  }
  if (Object.keys(changes).length === 0) return
  issue.updatedAt = site.now()
  await emitIssue(site, issue, 'edited', editor, { changes })
}

export async function closeIssue(
  site: Site,
  issue: Issue,
  by: Account,
  reason: 'completed' | 'not_planned',
): Promise<void> {
  if (issue.pullId !== null) return closePull(site, must(site.state.pulls, issue.pullId, 'pull'), by)
  if (issue.state === 'closed') return
  Object.assign(issue, {
    state: 'closed',
    stateReason: reason,
    closedAt: site.now(),
    closedById: by.id,
    updatedAt: site.now(),
  })
  await emitIssue(site, issue, 'closed', by)
}

export async function reopenIssue(site: Site, issue: Issue, by: Account): Promise<void> {
  if (issue.pullId !== null) return reopenPull(site, must(site.state.pulls, issue.pullId, 'pull'), by)
  if (issue.state === 'open') return
  Object.assign(issue, {
    state: 'open',
    stateReason: 'reopened',
    closedAt: null,
    closedById: null,
    updatedAt: site.now(),
  })
  await emitIssue(site, issue, 'reopened', by)
}

/** Finds a label by name regardless of case, or makes it as labelling through the API does. */
export function ensureLabel(site: Site, repo: Repo, name: string): Label {
  const known = repo.labels.get(name.toLowerCase())
  if (known !== undefined) return known
  if (name === '' || name.length > 50) throw invalid([{ resource: 'Label', field: 'name', code: 'invalid' }])
  const label: Label = { id: site.nextId(), name, color: 'ededed', description: null, default: false }
  repo.labels.set(name.toLowerCase(), label)
  return label
}

const has = (issue: Issue, label: Label) => issue.labels.includes(label.name)

export async function addLabels(site: Site, issue: Issue, names: string[], by: Account): Promise<void> {
  const repo = repoOf(site, issue)
  for (const name of names) {
    const label = ensureLabel(site, repo, name)
    if (has(issue, label)) continue
    issue.labels.push(label.name)
    issue.updatedAt = site.now()
    await emitIssue(site, issue, 'labeled', by, { label: labelView(site, repo, label) })
  }
}

export async function removeLabel(site: Site, issue: Issue, name: string, by: Account): Promise<boolean> {
  const repo = repoOf(site, issue)
  const label = repo.labels.get(name.toLowerCase())
  if (label === undefined || !has(issue, label)) return false
  issue.labels = issue.labels.filter((n) => n !== label.name)
  issue.updatedAt = site.now()
  await emitIssue(site, issue, 'unlabeled', by, { label: labelView(site, repo, label) })
  return true
}

export async function setLabels(site: Site, issue: Issue, names: string[], by: Account): Promise<void> {
  const wanted = new Set(names.map((n) => n.toLowerCase()))
  for (const name of [...issue.labels])
    if (!wanted.has(name.toLowerCase())) await removeLabel(site, issue, name, by)
  await addLabels(site, issue, names, by)
}

function emitComment(
  site: Site,
  comment: Comment,
  action: string,
  sender: Account,
  extra: Record<string, unknown> = {},
): void {
  const issue = must(site.state.issues, comment.issueId, 'issue')
  const payload = {
    action,
    issue: issuePayload(site, issue),
    comment: commentPayload(site, comment),
    ...extra,
  }
  site.emit('issue_comment', action, payload, { repo: repoOf(site, issue), sender })
}

export function addComment(
  site: Site,
  issue: Issue,
  author: Account,
  viaAppId: number | null,
  body: string,
): Comment {
  const at = site.now()
  const comment: Comment = {
    id: site.nextId(),
    repoId: issue.repoId,
    issueId: issue.id,
    body,
    authorId: author.id,
    viaAppId,
    createdAt: at,
    updatedAt: at,
    lastEditedAt: null,
    editorId: null,
  }
  site.state.comments.set(comment.id, comment)
  issue.updatedAt = at
  emitComment(site, comment, 'created', author)
  return comment
}

export function editComment(site: Site, comment: Comment, editor: Account, body: string): void {
  const from = comment.body
  if (from === body) return
  comment.body = body
  comment.updatedAt = site.now()
  comment.lastEditedAt = comment.updatedAt
  comment.editorId = editor.id
  emitComment(site, comment, 'edited', editor, { changes: { body: { from } } })
}

export function deleteComment(site: Site, comment: Comment, by: Account): void {
  emitComment(site, comment, 'deleted', by)
  site.state.comments.delete(comment.id)
}
