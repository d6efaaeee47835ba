/** Reviews: submitted, dismissed, made stale by pushes; authors never approve their own pull request. */
import { GitHubError } from '../errors.ts'
import type { Site } from '../site.ts'
import { must } from '../site.ts'
import type { Account, Pull, Review } from '../state.ts'
import { pullSimple } from '../views/pull.ts'
import { reviewView } from '../views/review.ts'
import { issueOf } from './pulls.ts'
import { rulesetsFor } from './rules.ts'

/** Sends a pull_request_review webhook; its pull request is the short form, states are lower case. */
export function emitReview(
  site: Site,
  pull: Pull,
  review: Review,
  action: string,
  sender: Account,
  extra: Record<string, unknown> = {},
): void {
  const repo = must(site.state.repos, pull.repoId, 'repository')
  const view = reviewView(site, review)
  const body = {
    ...view,
    body: review.body === '' ? null : review.body,
    state: review.state.toLowerCase(),
    updated_at: review.updatedAt,
  }
  site.emit(
    'pull_request_review',
    action,
    { action, review: body, pull_request: pullSimple(site, pull), ...extra },
    { repo, sender },
  )
}

export type ReviewVerdict = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED'

/** Refuses a verdict the author may not give; comments are always allowed. */
export function assertMayReview(
  site: Site,
  pull: Pull,
  author: Account,
  state: ReviewVerdict,
  body: string,
  hasComments: boolean,
): void {
  if (state !== 'COMMENTED' && issueOf(site, pull).authorId === author.id) {
    const what = state === 'APPROVED' ? 'approve' : 'request changes on'
    throw new GitHubError(422, 'Unprocessable Entity', [`Can not ${what} your own pull request`])
  }
  if (state === 'CHANGES_REQUESTED' && body === '')
    throw new GitHubError(422, 'Unprocessable Entity', ['Body can not be blank'])
  if (state === 'COMMENTED' && body === '' && !hasComments)
    throw new GitHubError(422, 'Unprocessable Entity', ['Body can not be blank'])
}

export function addReview(
  site: Site,
  pull: Pull,
  author: Account,
  viaAppId: number | null,
  state: Review['state'],
  body: string,
  commitId: string,
): Review {
  const at = site.now()
  const review: Review = {
    id: site.nextId(),
    pullId: pull.id,
    authorId: author.id,
    viaAppId,
    body,
    state,
    commitId,
    submittedAt: state === 'PENDING' ? null : at,
    updatedAt: at,
  }
  site.state.reviews.set(review.id, review)
  if (state !== 'PENDING')
    pull.requestedReviewerIds = pull.requestedReviewerIds.filter((id) => id !== author.id)
  issueOf(site, pull).updatedAt = at
  return review
}

export function dismissReview(site: Site, pull: Pull, review: Review, sender: Account): void {
  if (review.state !== 'APPROVED' && review.state !== 'CHANGES_REQUESTED') {
    throw new GitHubError(422, 'Unprocessable Entity', ['Can not dismiss a commented pull request review'])
  }
  review.state = 'DISMISSED'
  review.updatedAt = site.now()
  emitReview(site, pull, review, 'dismissed', sender)
}

/** After a push: approvals go when a rule of the base branch says so. */
export async function dismissStale(site: Site, pull: Pull, pusher: Account): Promise<void> {
  const repo = must(site.state.repos, pull.repoId, 'repository')
  const wanted = rulesetsFor(site, repo, `refs/heads/${pull.baseRef}`).some((set) =>
    set.rules.some((r) => r.type === 'pull_request' && r.parameters.dismiss_stale_reviews_on_push),
  )
  if (!wanted) return
  for (const review of site.state.reviews.values()) {
    if (review.pullId === pull.id && review.state === 'APPROVED') dismissReview(site, pull, review, pusher)
  }
}
