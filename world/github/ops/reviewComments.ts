/** Review comments and their threads: a comment must lie on a line of the diff, replies join its thread. */
import { diffFiles, parseHunks } from '../diff.ts'
import { invalid } from '../errors.ts'
import type { Site } from '../site.ts'
import { must } from '../site.ts'
import type { Account, Pull, Review, ReviewComment, ReviewThread, Side } from '../state.ts'
import { pullSimple } from '../views/pull.ts'
import { reviewCommentView } from '../views/review.ts'

export type CommentInput = {
  body: string
  path: string
  line: number | null
  side: Side
  startLine: number | null
  startSide: Side | null
  commitId: string
  subjectType: 'line' | 'file'
}

type Spot = { hunk: string; position: number }

/** The diff hunk that shows a line, cut after it, and the line's position in the file's diff; null when it shows none. */
export function spotIn(patch: string, line: number, side: Side): Spot | null {
  let position = -1
  for (const hunk of parseHunks(patch)) {
    let oldLine = hunk.oldStart
    let newLine = hunk.newStart
    position += 1
    for (let i = 1; i < hunk.lines.length; i++) {
      const marker = hunk.lines[i]?.charAt(0)
      if (marker === '\\') continue
      position += 1
      const onSide = side === 'RIGHT' ? marker !== '-' : marker !== '+'
      if (onSide && (side === 'RIGHT' ? newLine : oldLine) === line)
        return { hunk: hunk.lines.slice(0, i + 1).join('\n'), position }
      if (marker !== '-') newLine += 1
      if (marker !== '+') oldLine += 1
    }
  }
  return null
}

async function patchOf(site: Site, pull: Pull, commitId: string, path: string): Promise<string | null> {
  const repo = must(site.state.repos, pull.repoId, 'repository')
  const base = await site.git.mergeBase(repo.dir, pull.baseSha, commitId)
  const file = (await diffFiles(site.git, repo.dir, base, commitId)).find((f) => f.path === path)
  return file === undefined ? null : (file.patch ?? '')
}

/** Checks that a comment can be placed; 422 as GitHub words it otherwise. */
export async function locate(site: Site, pull: Pull, input: CommentInput): Promise<Spot> {
  const patch = await patchOf(site, pull, input.commitId, input.path)
  if (patch === null)
    throw invalid([
      {
        resource: 'PullRequestReviewComment',
        field: 'path',
        code: 'invalid',
        message: 'pull_request_review_thread.path is invalid',
      },
    ])
  if (input.subjectType === 'file' || input.line === null)
    return { hunk: patch.split('\n')[0] ?? '', position: 1 }
  const refuse = (field: string) =>
    invalid([
      {
        resource: 'PullRequestReviewComment',
        field,
        code: 'invalid',
        message: `pull_request_review_thread.${field} must be part of the diff`,
      },
    ])
  const spot = spotIn(patch, input.line, input.side)
  if (spot === null) throw refuse('line')
  if (input.startLine !== null && spotIn(patch, input.startLine, input.startSide ?? input.side) === null)
    throw refuse('start_line')
  if (input.startLine !== null && input.startLine >= input.line) throw refuse('start_line')
  return spot
}

/** Adds a comment in a new thread. The spot comes from `locate`. */
export function addReviewComment(
  site: Site,
  pull: Pull,
  review: Review,
  author: Account,
  viaAppId: number | null,
  input: CommentInput,
  spot: Spot,
): ReviewComment {
  const thread: ReviewThread = { id: site.nextId(), pullId: pull.id, resolvedById: null }
  site.state.threads.set(thread.id, thread)
  const at = site.now()
  const comment: ReviewComment = {
    id: site.nextId(),
    threadId: thread.id,
    pullId: pull.id,
    reviewId: review.id,
    authorId: author.id,
    viaAppId,
    body: input.body,
    path: input.path,
    side: input.side,
    startSide: input.startLine === null ? null : (input.startSide ?? input.side),
    originalLine: input.line,
    originalStartLine: input.startLine,
    originalCommitId: input.commitId,
    originalPosition: spot.position,
    diffHunk: spot.hunk,
    inReplyToId: null,
    subjectType: input.subjectType,
    createdAt: at,
    updatedAt: at,
    lastEditedAt: null,
  }
  site.state.reviewComments.set(comment.id, comment)
  return comment
}

/** Answers in the thread of a comment; the reply stands at the same place. */
export function addReply(
  site: Site,
  root: ReviewComment,
  review: Review,
  author: Account,
  viaAppId: number | null,
  body: string,
): ReviewComment {
  const at = site.now()
  const comment: ReviewComment = {
    ...root,
    id: site.nextId(),
    reviewId: review.id,
    authorId: author.id,
    viaAppId,
    body,
    inReplyToId: root.inReplyToId ?? root.id,
    createdAt: at,
    updatedAt: at,
    lastEditedAt: null,
  }
  site.state.reviewComments.set(comment.id, comment)
  return comment
}

export async function emitReviewComment(
  site: Site,
  comment: ReviewComment,
  action: string,
  sender: Account,
  extra: Record<string, unknown> = {},
): Promise<void> {
  const pull = must(site.state.pulls, comment.pullId, 'pull')
  const repo = must(site.state.repos, pull.repoId, 'repository')
  const payload = {
    action,
    comment: await reviewCommentView(site, comment),
    pull_request: pullSimple(site, pull),
    ...extra,
  }
  site.emit('pull_request_review_comment', action, payload, { repo, sender })
}

export function commentsOfThread(site: Site, threadId: number): ReviewComment[] {
  return [...site.state.reviewComments.values()].filter((c) => c.threadId === threadId)
}

/** Marks a conversation as resolved or not; told as pull_request_review_thread. */
export async function resolveThread(
  site: Site,
  thread: ReviewThread,
  resolved: boolean,
  by: Account,
): Promise<void> {
  if ((thread.resolvedById !== null) === resolved) return
  thread.resolvedById = resolved ? by.id : null
  const pull = must(site.state.pulls, thread.pullId, 'pull')
  const repo = must(site.state.repos, pull.repoId, 'repository')
  const comments = await Promise.all(commentsOfThread(site, thread.id).map((c) => reviewCommentView(site, c)))
  const action = resolved ? 'resolved' : 'unresolved'
  const payload = {
    action,
    pull_request: pullSimple(site, pull),
    thread: { node_id: threadNodeId(thread), comments },
  }
  site.emit('pull_request_review_thread', action, payload, { repo, sender: by })
}

export const threadNodeId = (thread: ReviewThread) =>
  `PRRT_${Buffer.from(String(thread.id)).toString('base64url')}`
