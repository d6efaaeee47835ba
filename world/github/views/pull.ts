/** Pull requests as GitHub shows them: the short form of lists and the full form with counts read from git. */

import { diffFiles } from '../diff.ts'
import { mergeState } from '../ops/mergeability.ts'
import type { Site } from '../site.ts'
import { must } from '../site.ts'
import type { Pull, Repo } from '../state.ts'
import { maybeUser, nodeId, simpleUser, teamSimple, userById } from './account.ts'
import { association, commentsOf, labelsOf } from './issue.ts'
import { repoApi, repoHtml, repository } from './repo.ts'
import type { Schema } from './schemas.ts'

export const pullHtml = (site: Site, pull: Pull) =>
  `${repoHtml(site, must(site.state.repos, pull.repoId, 'repository'))}/pull/${pull.number}`

function end(site: Site, repo: Repo, ref: string, sha: string) {
  const owner = must(site.state.accounts, repo.ownerId, 'account')
  return {
    label: `${owner.login}:${ref}`,
    ref,
    sha,
    user: simpleUser(site, owner),
    repo: repository(site, repo),
  }
}

/** The form of lists. */
export function pullSimple(site: Site, pull: Pull) {
  const issue = must(site.state.issues, pull.issueId, 'issue')
  const repo = must(site.state.repos, pull.repoId, 'repository')
  const api = repoApi(site, repo)
  const url = `${api}/pulls/${pull.number}`
  const html = pullHtml(site, pull)
  const issueUrl = `${api}/issues/${pull.number}`
  return {
    url,
    id: pull.id,
    node_id: nodeId('PR', pull.id),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issueUrl,
    number: pull.number,
    state: issue.state,
    locked: issue.locked,
    title: issue.title,
    user: userById(site, issue.authorId),
    body: issue.body,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommitSha,
    assignee: maybeUser(site, issue.assigneeIds[0] ?? null),
    assignees: issue.assigneeIds.map((id) => userById(site, id)),
    requested_reviewers: pull.requestedReviewerIds.map((id) => userById(site, id)),
    requested_teams: pull.requestedTeamIds.map((id) => ({
      ...teamSimple(site, must(site.state.teams, id, 'team')),
      parent: null,
      type: 'organization' as const,
      organization_id: must(site.state.teams, id, 'team').orgId,
    })),
    labels: labelsOf(site, issue).map((l) => ({ ...l, description: l.description ?? '' })),
    milestone: null,
    draft: pull.draft,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${api}/pulls/comments{/number}`,
    comments_url: `${issueUrl}/comments`,
    statuses_url: `${api}/statuses/${pull.headSha}`,
    head: end(site, must(site.state.repos, pull.headRepoId, 'repository'), pull.headRef, pull.headSha),
    base: end(site, repo, pull.baseRef, pull.baseSha),
    _links: {
      self: { href: url },
      html: { href: html },
      issue: { href: issueUrl },
      comments: { href: `${issueUrl}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${api}/pulls/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: `${api}/statuses/${pull.headSha}` },
    },
    author_association: association(site, repo, must(site.state.accounts, issue.authorId, 'account')),
    auto_merge: null,
    active_lock_reason: null,
  } satisfies Schema<'pull-request-simple'>
}

/** The full form, with mergeability and counts computed by git. */
export async function pullView(site: Site, pull: Pull): Promise<Schema<'pull-request'>> {
  const repo = must(site.state.repos, pull.repoId, 'repository')
  const base = await site.git.mergeBase(repo.dir, pull.baseSha, pull.headSha)
  const [state, files, commits] = await Promise.all([
    mergeState(site, pull),
    diffFiles(site.git, repo.dir, base, pull.headSha),
    site.git.count(repo.dir, `${pull.baseSha}..${pull.headSha}`),
  ])
  return {
    ...pullSimple(site, pull),
    merged: pull.merged,
    mergeable: state.mergeable,
    rebaseable: state.mergeable,
    mergeable_state: state.mergeableState,
    merged_by: maybeUser(site, pull.mergedById),
    comments: commentsOf(site, pull.issueId).length,
    review_comments: [...site.state.reviewComments.values()].filter((c) => c.pullId === pull.id).length,
    maintainer_can_modify: pull.maintainerCanModify,
    commits,
    additions: files.reduce((n, f) => n + f.additions, 0),
    deletions: files.reduce((n, f) => n + f.deletions, 0),
    changed_files: files.length,
  }
}
