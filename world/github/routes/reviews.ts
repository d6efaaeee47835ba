/** Reviews: list, create (with comments), submit, dismiss; and requested reviewers. */
import { z } from 'zod'
import { findAccount, requireRole } from '../access.ts'
import { invalid, notFound } from '../errors.ts'
import { emitPull } from '../ops/pulls.ts'
import { addReviewComment, type CommentInput, emitReviewComment, locate } from '../ops/reviewComments.ts'
import { addReview, assertMayReview, dismissReview, emitReview, type ReviewVerdict } from '../ops/reviews.ts'
import { type Call, created, list, ok, type Router } from '../router.ts'
import { viaApp } from '../site.ts'
import type { Pull, Review } from '../state.ts'
import { simpleUser, userById } from '../views/account.ts'
import { pullSimple } from '../views/pull.ts'
import { reviewCommentView, reviewView } from '../views/review.ts'
import { pullAt } from './pulls.ts'

const side = z.enum(['LEFT', 'RIGHT'])
const lineComment = z.object({
  path: z.string(),
  body: z.string().min(1).max(65_536),
  line: z.number().int().optional(),
  side: side.optional(),
  start_line: z.number().int().optional(),
  start_side: side.optional(),
})
const event = z.enum(['APPROVE', 'REQUEST_CHANGES', 'COMMENT'])
const createBody = z.object({
  commit_id: z.string().optional(),
  body: z.string().max(65_536).optional(),
  event: event.optional(),
  comments: z.array(lineComment).optional(),
})
const submitBody = z.object({ body: z.string().max(65_536).optional(), event })
const dismissBody = z.object({ message: z.string().min(1), event: z.literal('DISMISS').optional() })
const reviewersBody = z.object({
  reviewers: z.array(z.string()).optional(),
  team_reviewers: z.array(z.string()).optional(),
})

const VERDICT: Record<z.infer<typeof event>, ReviewVerdict> = {
  APPROVE: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
}

function reviewAt(c: Call, pull: Pull): Review {
  const review = c.site.state.reviews.get(c.id('review_id'))
  if (review === undefined || review.pullId !== pull.id) throw notFound()
  return review
}

const visible = (c: Call, review: Review) =>
  review.state !== 'PENDING' || ('account' in c.actor && c.actor.account.id === review.authorId)

async function createReview(c: Call) {
  const pull = pullAt(c)
  const input = c.parse(createBody)
  const commitId = input.commit_id ?? pull.headSha
  const onPull =
    commitId === pull.headSha || (await c.site.git.isAncestor(c.repo.dir, commitId, pull.headSha))
  if (!onPull)
    throw invalid([
      {
        resource: 'PullRequestReview',
        field: 'commit_id',
        code: 'invalid',
        message: 'commit_id is not part of the pull request',
      },
    ])
  const state = input.event === undefined ? 'PENDING' : VERDICT[input.event]
  const comments: CommentInput[] = (input.comments ?? []).map((one) => ({
    body: one.body,
    path: one.path,
    line: one.line ?? null,
    side: one.side ?? 'RIGHT',
    startLine: one.start_line ?? null,
    startSide: one.start_side ?? null,
    commitId,
    subjectType: 'line',
  }))
  if (state !== 'PENDING')
    assertMayReview(c.site, pull, c.author, state, input.body ?? '', comments.length > 0)
  const spots = await Promise.all(comments.map((one) => locate(c.site, pull, one)))
  const review = addReview(c.site, pull, c.author, viaApp(c.actor), state, input.body ?? '', commitId)
  if (state !== 'PENDING') emitReview(c.site, pull, review, 'submitted', c.author)
  for (const [i, one] of comments.entries()) {
    const comment = addReviewComment(
      c.site,
      pull,
      review,
      c.author,
      viaApp(c.actor),
      one,
      spots[i] ?? { hunk: '', position: 1 },
    )
    if (state !== 'PENDING') await emitReviewComment(c.site, comment, 'created', c.author)
  }
  return review
}

export function reviewRoutes(router: Router): void {
  const read = { permission: 'pull_requests:read' }
  const write = { permission: 'pull_requests:write' }
  const base = '/repos/{owner}/{repo}/pulls/{pull_number}'
  router.route('GET', `${base}/reviews`, read, (c) => {
    const pull = pullAt(c)
    const all = [...c.site.state.reviews.values()].filter((r) => r.pullId === pull.id && visible(c, r))
    return list(c, all, (r) => reviewView(c.site, r))
  })
  router.route('POST', `${base}/reviews`, write, async (c) => ok(reviewView(c.site, await createReview(c))))
  router.route('GET', `${base}/reviews/{review_id}`, read, (c) =>
    ok(reviewView(c.site, reviewAt(c, pullAt(c)))),
  )
  router.route('GET', `${base}/reviews/{review_id}/comments`, read, (c) => {
    const review = reviewAt(c, pullAt(c))
    const all = [...c.site.state.reviewComments.values()].filter((one) => one.reviewId === review.id)
    return list(c, all, async (one) => {
      // This list alone shows comments without their lines.
      const {
        line: _l,
        original_line: _o,
        start_line: _s,
        original_start_line: _os,
        start_side: _ss,
        side: _side,
        subject_type: _t,
        ...rest
      } = await reviewCommentView(c.site, one)
      return rest
    })
  })
  router.route('PUT', `${base}/reviews/{review_id}`, write, (c) => {
    const pull = pullAt(c)
    const review = reviewAt(c, pull)
    if (review.authorId !== c.author.id)
      requireRole(
        c.site,
        c.actor,
        c.repo,
        'write',
        'Must have write access to change a review of somebody else.',
      )
    const from = review.body
    review.body = c.parse(z.object({ body: z.string() })).body
    review.updatedAt = c.site.now()
    emitReview(c.site, pull, review, 'edited', c.author, { changes: { body: { from } } })
    return ok(reviewView(c.site, review))
  })
  router.route('POST', `${base}/reviews/{review_id}/events`, write, async (c) => {
    const pull = pullAt(c)
    const review = reviewAt(c, pull)
    const input = c.parse(submitBody)
    if (review.state !== 'PENDING' || review.authorId !== c.author.id)
      throw invalid(['Could not submit this review'])
    const comments = [...c.site.state.reviewComments.values()].filter((one) => one.reviewId === review.id)
    assertMayReview(
      c.site,
      pull,
      c.author,
      VERDICT[input.event],
      input.body ?? review.body,
      comments.length > 0,
    )
    Object.assign(review, {
      state: VERDICT[input.event],
      body: input.body ?? review.body,
      submittedAt: c.site.now(),
      updatedAt: c.site.now(),
    })
    emitReview(c.site, pull, review, 'submitted', c.author)
    for (const one of comments) await emitReviewComment(c.site, one, 'created', c.author)
    return ok(reviewView(c.site, review))
  })
  router.route('PUT', `${base}/reviews/{review_id}/dismissals`, { ...write, role: 'write' }, (c) => {
    const pull = pullAt(c)
    const review = reviewAt(c, pull)
    c.parse(dismissBody)
    dismissReview(c.site, pull, review, c.author)
    return ok(reviewView(c.site, review))
  })

  router.route('GET', `${base}/requested_reviewers`, read, (c) => {
    const pull = pullAt(c)
    return ok({ users: pull.requestedReviewerIds.map((id) => userById(c.site, id)), teams: [] })
  })
  router.route('POST', `${base}/requested_reviewers`, { ...write, role: 'write' }, async (c) => {
    const pull = pullAt(c)
    const input = c.parse(reviewersBody)
    for (const login of input.reviewers ?? []) {
      const account = findAccount(c.site.state, login)
      if (account === null) throw invalid(['Reviews may only be requested from collaborators.'])
      if (pull.requestedReviewerIds.includes(account.id)) continue
      pull.requestedReviewerIds.push(account.id)
      await emitPull(c.site, pull, 'review_requested', c.author, {
        requested_reviewer: simpleUser(c.site, account),
      })
    }
    return created(pullSimple(c.site, pull))
  })
  router.route('DELETE', `${base}/requested_reviewers`, { ...write, role: 'write' }, (c) => {
    const pull = pullAt(c)
    const gone = (c.parse(reviewersBody).reviewers ?? []).map((login) => findAccount(c.site.state, login)?.id)
    pull.requestedReviewerIds = pull.requestedReviewerIds.filter((id) => !gone.includes(id))
    return ok(pullSimple(c.site, pull))
  })
}
