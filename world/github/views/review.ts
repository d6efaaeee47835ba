/** Reviews and review comments as GitHub shows them; a comment's line is that of the current diff or null. */
import { parseHunks } from '../diff.ts'
import type { Site } from '../site.ts'
import { must } from '../site.ts'
import type { Repo, Review, ReviewComment } from '../state.ts'
import { nodeId, userById } from './account.ts'
import { association, rollup } from './issue.ts'
import { pullHtml } from './pull.ts'
import { repoApi } from './repo.ts'
import type { Schema } from './schemas.ts'

const parts = (site: Site, pullId: number) => {
  const pull = must(site.state.pulls, pullId, 'pull')
  const repo = must(site.state.repos, pull.repoId, 'repository')
  return { pull, repo, api: `${repoApi(site, repo)}/pulls/${pull.number}`, html: pullHtml(site, pull) }
}

export function reviewView(site: Site, review: Review) {
  const { repo, api, html } = parts(site, review.pullId)
  const link = `${html}#pullrequestreview-${review.id}`
  return {
    id: review.id,
    node_id: nodeId('PRR', review.id),
    user: userById(site, review.authorId),
    body: review.body,
    state: review.state,
    html_url: link,
    pull_request_url: api,
    author_association: association(site, repo, must(site.state.accounts, review.authorId, 'account')),
    _links: { html: { href: link }, pull_request: { href: api } },
    ...(review.submittedAt === null ? {} : { submitted_at: review.submittedAt }),
    commit_id: review.commitId,
  } satisfies Schema<'pull-request-review'>
}

/** Where an old line stands at a newer commit of the same file; null when the line itself was touched. */
export async function mapLine(
  site: Site,
  repo: Repo,
  path: string,
  from: string,
  to: string,
  line: number,
): Promise<number | null> {
  if (from === to) return line
  const args = [
    'diff',
    '-U0',
    '--no-color',
    '--no-ext-diff',
    '--no-textconv',
    '--no-renames',
    from,
    to,
    '--',
    path,
  ]
  let shift = 0
  for (const hunk of parseHunks(await site.git.text(repo.dir, args))) {
    if (hunk.oldLines > 0 && line >= hunk.oldStart && line < hunk.oldStart + hunk.oldLines) return null
    const before = hunk.oldLines === 0 ? hunk.oldStart < line : hunk.oldStart + hunk.oldLines <= line
    if (before) shift += hunk.newLines - hunk.oldLines
  }
  return line + shift
}

export type CommentPlace = { line: number | null; startLine: number | null; commitId: string }

/** A comment's place in the current diff. Left-side lines belong to the base and stay. */
export async function placeOf(site: Site, comment: ReviewComment): Promise<CommentPlace> {
  const { pull, repo } = parts(site, comment.pullId)
  const original = comment.originalCommitId
  if (comment.originalLine === null || comment.side === 'LEFT') {
    return { line: comment.originalLine, startLine: comment.originalStartLine, commitId: pull.headSha }
  }
  const move = (line: number) => mapLine(site, repo, comment.path, original, pull.headSha, line)
  const line = await move(comment.originalLine)
  const startLine = comment.originalStartLine === null ? null : await move(comment.originalStartLine)
  if (line === null || (comment.originalStartLine !== null && startLine === null)) {
    return { line: null, startLine: null, commitId: original }
  }
  return { line, startLine, commitId: pull.headSha }
}

export async function reviewCommentView(site: Site, comment: ReviewComment) {
  const { repo, api, html } = parts(site, comment.pullId)
  const self = `${repoApi(site, repo)}/pulls/comments/${comment.id}`
  const link = `${html}#discussion_r${comment.id}`
  const place = await placeOf(site, comment)
  const outdated = place.line === null && comment.subjectType === 'line'
  return {
    url: self,
    pull_request_review_id: comment.reviewId,
    id: comment.id,
    node_id: nodeId('PRRC', comment.id),
    diff_hunk: comment.diffHunk,
    path: comment.path,
    commit_id: place.commitId,
    original_commit_id: comment.originalCommitId,
    user: userById(site, comment.authorId),
    body: comment.body,
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    html_url: link,
    pull_request_url: api,
    author_association: association(site, repo, must(site.state.accounts, comment.authorId, 'account')),
    _links: { self: { href: self }, html: { href: link }, pull_request: { href: api } },
    reactions: rollup(site, 'review_comment', comment.id, self),
    start_line: place.startLine,
    original_start_line: comment.originalStartLine,
    start_side: comment.startSide,
    // The types say number, GitHub sends null for outdated comments.
    line: place.line as number,
    original_line: comment.originalLine as number,
    side: comment.side,
    position: (outdated ? null : comment.originalPosition) as number,
    original_position: comment.originalPosition,
    subject_type: comment.subjectType,
    ...(comment.inReplyToId === null ? {} : { in_reply_to_id: comment.inReplyToId }),
  } satisfies Schema<'pull-request-review-comment'>
}
