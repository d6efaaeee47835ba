/** Issues, comments and reactions as GitHub shows them, and how close an author stands to the repository. */
import { roleAtLeast, roleOn } from '../access.ts'
import type { Site } from '../site.ts'
import { must } from '../site.ts'
import type { Account, Comment, Issue, Reaction, ReactionSubject, Repo } from '../state.ts'
import { maybeUser, nodeId, userById, viaAppView } from './account.ts'
import { labelView, repoApi, repoHtml } from './repo.ts'
import type { Schema } from './schemas.ts'

export function association(site: Site, repo: Repo, account: Account): Schema<'author-association'> {
  if (repo.ownerId === account.id) return 'OWNER'
  if (site.state.orgMembers.get(repo.ownerId)?.get(account.id)?.state === 'active') return 'MEMBER'
  if (repo.collaborators.has(account.id)) return 'COLLABORATOR'
  const merged = [...site.state.pulls.values()].some(
    (p) =>
      p.repoId === repo.id && p.merged && must(site.state.issues, p.issueId, 'issue').authorId === account.id,
  )
  if (merged || roleAtLeast(roleOn(site.state, repo, account), 'triage')) return 'CONTRIBUTOR'
  return 'NONE'
}

export function reactionsOf(site: Site, subject: ReactionSubject, id: number): Reaction[] {
  return [...site.state.reactions.values()].filter((r) => r.subject === subject && r.subjectId === id)
}

export function rollup(
  site: Site,
  subject: ReactionSubject,
  id: number,
  url: string,
): Schema<'reaction-rollup'> {
  const all = reactionsOf(site, subject, id)
  const count = (content: Reaction['content']) => all.filter((r) => r.content === content).length
  return {
    url: `${url}/reactions`,
    total_count: all.length,
    '+1': count('+1'),
    '-1': count('-1'),
    laugh: count('laugh'),
    hooray: count('hooray'),
    confused: count('confused'),
    heart: count('heart'),
    rocket: count('rocket'),
    eyes: count('eyes'),
  }
}

export function reactionView(site: Site, one: Reaction): Schema<'reaction'> {
  return {
    id: one.id,
    node_id: nodeId('REA', one.id),
    user: userById(site, one.userId),
    content: one.content,
    created_at: one.createdAt,
  }
}

export function issueHtml(site: Site, issue: Issue): string {
  const repo = must(site.state.repos, issue.repoId, 'repository')
  return `${repoHtml(site, repo)}/${issue.pullId === null ? 'issues' : 'pull'}/${issue.number}`
}

export function issueNodeId(issue: Issue): string {
  return issue.pullId === null ? nodeId('I', issue.id) : nodeId('PR', issue.pullId)
}

export function labelsOf(site: Site, issue: Issue): Schema<'label'>[] {
  const repo = must(site.state.repos, issue.repoId, 'repository')
  return issue.labels.flatMap((name) => {
    const label = repo.labels.get(name.toLowerCase())
    return label === undefined ? [] : [labelView(site, repo, label)]
  })
}

export function commentsOf(site: Site, issueId: number): Comment[] {
  return [...site.state.comments.values()].filter((c) => c.issueId === issueId)
}

export function issueView(site: Site, issue: Issue): Schema<'issue'> {
  const repo = must(site.state.repos, issue.repoId, 'repository')
  const api = `${repoApi(site, repo)}/issues/${issue.number}`
  const pull = issue.pullId === null ? null : must(site.state.pulls, issue.pullId, 'pull')
  const html = issueHtml(site, issue)
  return {
    url: api,
    repository_url: repoApi(site, repo),
    labels_url: `${api}/labels{/name}`,
    comments_url: `${api}/comments`,
    events_url: `${api}/events`,
    html_url: html,
    id: issue.id,
    node_id: issueNodeId(issue),
    number: issue.number,
    title: issue.title,
    user: userById(site, issue.authorId),
    labels: labelsOf(site, issue),
    state: issue.state,
    locked: issue.locked,
    assignee: maybeUser(site, issue.assigneeIds[0] ?? null),
    assignees: issue.assigneeIds.map((id) => userById(site, id)),
    milestone: null,
    comments: commentsOf(site, issue.id).length,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    closed_by: maybeUser(site, issue.closedById),
    author_association: association(site, repo, must(site.state.accounts, issue.authorId, 'account')),
    active_lock_reason: null,
    ...(pull === null
      ? {}
      : {
          draft: pull.draft,
          pull_request: {
            url: `${repoApi(site, repo)}/pulls/${pull.number}`,
            html_url: html,
            diff_url: `${html}.diff`,
            patch_url: `${html}.patch`,
            merged_at: pull.mergedAt,
          },
        }),
    body: issue.body,
    reactions: rollup(site, 'issue', issue.id, api),
    timeline_url: `${api}/timeline`,
    performed_via_github_app: viaAppView(site, issue.viaAppId),
    state_reason: issue.stateReason,
  }
}

export function commentView(site: Site, comment: Comment): Schema<'issue-comment'> {
  const repo = must(site.state.repos, comment.repoId, 'repository')
  const issue = must(site.state.issues, comment.issueId, 'issue')
  const url = `${repoApi(site, repo)}/issues/comments/${comment.id}`
  return {
    url,
    html_url: `${issueHtml(site, issue)}#issuecomment-${comment.id}`,
    issue_url: `${repoApi(site, repo)}/issues/${issue.number}`,
    id: comment.id,
    node_id: nodeId('IC', comment.id),
    user: userById(site, comment.authorId),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: association(site, repo, must(site.state.accounts, comment.authorId, 'account')),
    body: comment.body,
    reactions: rollup(site, 'comment', comment.id, url),
    performed_via_github_app: viaAppView(site, comment.viaAppId),
  }
}
