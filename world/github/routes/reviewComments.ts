/** Review comments on lines of the diff and the replies in their threads. */
import { z } from 'zod'
import { requireRole } from '../access.ts'
import { invalid, notFound } from '../errors.ts'
import { addReply, addReviewComment, emitReviewComment, locate } from '../ops/reviewComments.ts'
import { addReview, emitReview } from '../ops/reviews.ts'
import { type Call, created, list, noContent, ok, type Router } from '../router.ts'
import { must, viaApp } from '../site.ts'
import type { Pull, ReviewComment } from '../state.ts'
import { reviewCommentView } from '../views/review.ts'
import { pullAt } from './pulls.ts'

const LIMIT = 65_536
const side = z.enum(['LEFT', 'RIGHT'])
const text = z.string().min(1).max(LIMIT, `body is too long (maximum is ${LIMIT} characters)`)
const createBody = z.object({
  body: text,
  commit_id: z.string(),
  path: z.string(),
  line: z.number().int().optional(),
  side: side.optional(),
  start_line: z.number().int().optional(),
  start_side: side.optional(),
  in_reply_to: z.number().int().optional(),
  subject_type: z.enum(['line', 'file']).optional(),
})
const bodyOnly = z.object({ body: text })

function commentAt(c: Call): ReviewComment {
  const comment = c.site.state.reviewComments.get(c.id('comment_id'))
  if (comment === undefined || must(c.site.state.pulls, comment.pullId, 'pull').repoId !== c.repo.id)
    throw notFound()
  return comment
}

function changeable(c: Call): ReviewComment {
  const comment = commentAt(c)
  if (comment.authorId !== c.author.id)
    requireRole(
      c.site,
      c.actor,
      c.repo,
      'write',
      'Must have write access to change a comment of somebody else.',
    )
  return comment
}

/** A lone comment is a review of its own, as on GitHub. */
function loneReview(c: Call, pull: Pull, commitId: string) {
  const review = addReview(c.site, pull, c.author, viaApp(c.actor), 'COMMENTED', '', commitId)
  emitReview(c.site, pull, review, 'submitted', c.author)
  return review
}

async function reply(c: Call, pull: Pull, rootId: number, body: string) {
  const root = c.site.state.reviewComments.get(rootId)
  if (root === undefined || root.pullId !== pull.id) throw notFound()
  const comment = addReply(c.site, root, loneReview(c, pull, pull.headSha), c.author, viaApp(c.actor), body)
  await emitReviewComment(c.site, comment, 'created', c.author)
  return created(await reviewCommentView(c.site, comment))
}

export function reviewCommentRoutes(router: Router): void {
  const read = { permission: 'pull_requests:read' }
  const write = { permission: 'pull_requests:write' }
  const base = '/repos/{owner}/{repo}/pulls'
  router.route('GET', `${base}/{pull_number}/comments`, read, (c) => {
    const pull = pullAt(c)
    return list(
      c,
      [...c.site.state.reviewComments.values()].filter((one) => one.pullId === pull.id),
      (one) => reviewCommentView(c.site, one),
    )
  })
  router.route('POST', `${base}/{pull_number}/comments`, write, async (c) => {
    const pull = pullAt(c)
    const input = c.parse(createBody)
    if (input.in_reply_to !== undefined) return reply(c, pull, input.in_reply_to, input.body)
    if (input.subject_type !== 'file' && input.line === undefined)
      throw invalid([{ resource: 'PullRequestReviewComment', field: 'line', code: 'missing_field' }])
    if ((await c.site.git.commitSha(c.repo.dir, input.commit_id)) === null)
      throw invalid([{ resource: 'PullRequestReviewComment', field: 'commit_id', code: 'invalid' }])
    const place = {
      body: input.body,
      path: input.path,
      line: input.line ?? null,
      side: input.side ?? 'RIGHT',
      startLine: input.start_line ?? null,
      startSide: input.start_side ?? null,
      commitId: input.commit_id,
      subjectType: input.subject_type ?? 'line',
    } as const
    const spot = await locate(c.site, pull, place)
    const comment = addReviewComment(
      c.site,
      pull,
      loneReview(c, pull, input.commit_id),
      c.author,
      viaApp(c.actor),
      place,
      spot,
    )
    await emitReviewComment(c.site, comment, 'created', c.author)
    return created(await reviewCommentView(c.site, comment))
  })
  router.route('POST', `${base}/{pull_number}/comments/{comment_id}/replies`, write, (c) =>
    reply(c, pullAt(c), c.id('comment_id'), c.parse(bodyOnly).body),
  )
  router.route('GET', `${base}/comments`, read, (c) => {
    const all = [...c.site.state.reviewComments.values()].filter(
      (one) => must(c.site.state.pulls, one.pullId, 'pull').repoId === c.repo.id,
    )
    return list(c, all, (one) => reviewCommentView(c.site, one))
  })
  router.route('GET', `${base}/comments/{comment_id}`, read, async (c) =>
    ok(await reviewCommentView(c.site, commentAt(c))),
  )
  router.route('PATCH', `${base}/comments/{comment_id}`, write, async (c) => {
    const comment = changeable(c)
    const from = comment.body
    comment.body = c.parse(bodyOnly).body
    comment.updatedAt = c.site.now()
    comment.lastEditedAt = comment.updatedAt
    await emitReviewComment(c.site, comment, 'edited', c.author, { changes: { body: { from } } })
    return ok(await reviewCommentView(c.site, comment))
  })
  router.route('DELETE', `${base}/comments/{comment_id}`, write, async (c) => {
    const comment = changeable(c)
    await emitReviewComment(c.site, comment, 'deleted', c.author)
    c.site.state.reviewComments.delete(comment.id)
    return noContent()
  })
}
