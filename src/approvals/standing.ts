/** Standing: for each recorded decision and native review, whether it counts now, or the sentence why not (A2, A3). */
import { type Account, hasRole, type Standing } from '../core/account.ts'
import { type Fact, type FactOf, factsOf } from '../core/facts.ts'
import type { Digest, Sha } from '../core/ids.ts'
import { person } from '../core/sentences.ts'
import type { NativeReview } from '../core/snapshot/pull.ts'
import { eligible } from './eligible.ts'

export type ApprovalCheck = 'countersign/plan' | 'countersign/review' | 'countersign/gates'

/** What is asked for now, and everything that decides whether an answer fits it. */
export interface Question {
  check: ApprovalCheck
  /** The digest shown now, and those whose approval carries over to it by clean update merges. */
  digests: ReadonlySet<Digest>
  /** The commits of those digests: what a native review must have looked at. */
  shas: ReadonlySet<Sha>
  baseRef: string
  /** Native reviews up to this id were made before the base was last changed (T3); null when that is not known. */
  reviewsUpTo: number | null
  approvers: readonly string[]
  by: readonly ('button' | 'review' | 'comment')[]
  people: ReadonlyMap<number, Standing>
  /** Null when it cannot be told yet who wrote the change: every approval then waits. */
  writers: ReadonlyMap<number, string> | null
  /** `solo` lets the one engineer approve own commits. */
  ownCommits: boolean
  /** The requester, who does not count under `strict`. */
  excluded: Account | null
}

export interface Voice {
  by: Account
  channel: 'button' | 'command' | 'review'
  verdict: 'approve' | 'reject' | 'accept'
  /** counts: an approval that stands. blocks: a rejection that stands. wait: cannot be told yet. void: does not count. */
  state: 'counts' | 'blocks' | 'wait' | 'void'
  sentence: string
  /** What the decision was bound to; null for native reviews. */
  bound: Digest | null
  reason: string | null
  /** seq of the decision fact; null for native reviews. */
  seq: number | null
}

type Decision = FactOf<'decision'>

/** Judge every latest decision of every person, one a channel. Times play no part (S8, T13). */
export function voices(
  question: Question,
  facts: readonly Fact[],
  reviews: readonly NativeReview[],
): Voice[] {
  const touched = new Set(factsOf(facts, 'comment.touched').map((fact) => fact.body.commentId))
  const decisions = speaking(question, factsOf(facts, 'decision'))
  const native = question.check === 'countersign/review' ? latestReviews(reviews) : []
  return [
    ...decisions.map((fact) => judgeDecision(question, fact, touched)),
    ...native.flatMap((review) => judgeReview(question, review)),
  ]
}

/**
 * Of each person and channel the decision that speaks for them now.
 *
 * A rejection stands until the same person approves, in the same channel, on a page written after the rejection was on
 * record (by comment: in a later comment). So neither order of arrival nor a page left open in a tab can lift it (S8).
 * Without one that stands, an approval of what is asked for now speaks, else the newest one, to say why it does not.
 */
function speaking(question: Question, all: readonly Decision[]): Decision[] {
  const index = new Map(all.map((fact, position) => [fact.seq, position]))
  // guard: arrivalOrder
  const lifts = (approval: Decision, rejection: Decision) =>
    approval.body.source === 'button'
      ? approval.body.generation > (index.get(rejection.seq) ?? Number.POSITIVE_INFINITY)
      : (approval.body.commentId ?? 0) > (rejection.body.commentId ?? 0)
  const groups = new Map<string, Decision[]>()
  for (const fact of all.filter(({ body }) => body.check === question.check)) {
    // Acceptances answer one set of flags each; they do not supersede one another.
    const key = `${fact.body.by.id}:${fact.body.source}:${fact.body.verdict === 'accept' ? fact.body.bound : ''}`
    groups.set(key, [...(groups.get(key) ?? []), fact])
  }
  return [...groups.values()].flatMap((group) => {
    const approvals = group.filter(({ body }) => body.verdict !== 'reject')
    const standing = group.find(
      (fact) =>
        fact.body.verdict === 'reject' &&
        isAbout(question, fact) &&
        !approvals.some((approval) => lifts(approval, fact)),
    )
    const fitting = approvals.filter(
      ({ body }) => body.baseRef === question.baseRef && question.digests.has(body.bound),
    )
    return standing ?? fitting.at(-1) ?? group.at(-1) ?? []
  })
}

/** A plan that was rejected is answered by another plan; a change that was rejected only by the same person. */
function isAbout(question: Question, { body }: Decision): boolean {
  return (
    question.check === 'countersign/review' ||
    (question.digests.has(body.bound) && body.baseRef === question.baseRef)
  )
}

function judgeDecision(question: Question, fact: Decision, touched: ReadonlySet<number>): Voice {
  const { by, verdict, bound, reason, source, baseRef, sha, commentId } = fact.body
  const voice = (state: Voice['state'], sentence: string): Voice => ({
    by,
    channel: source,
    verdict,
    state,
    sentence,
    bound,
    reason,
    seq: fact.seq,
  })
  const who = person(by)
  // guard: rejections
  if (verdict === 'reject') {
    if (!isAbout(question, fact)) return voice('void', `${who} asked for changes to an earlier plan.`)
    if (hasLostAccess(question, by))
      return voice('void', `${who} asked for changes and has no write access any more.`)
    const how = source === 'button' ? 'pressing Approve' : 'commenting again'
    return voice(
      'blocks',
      `${who} asked for changes${reason ? `: ${quoted(reason)}` : ''}. Only ${who} lifts it, by ${how} on the new state.`,
    )
  }
  // guard: boundToBase
  if (baseRef !== question.baseRef)
    return voice('void', `${who} approved when the base was another branch; the new base starts over.`)
  // guard: boundToCommit
  if (!question.digests.has(bound))
    return voice('void', `${who} approved an earlier state (${sha.slice(0, 8)}); it has changed since.`)
  if (source === 'command' && !question.by.includes('comment'))
    return voice('void', `${who} approved by comment, which policy does not count.`)
  if (source === 'button' && !question.by.includes('button') && verdict === 'approve')
    return voice('void', `${who} approved by button, which policy does not count.`)
  // guard: untouched
  if (commentId !== null && touched.has(commentId))
    return voice('void', `${who} approved in a comment that was edited or deleted since.`)
  return personal(question, by, voice)
}

/** The latest review that says something, of each person. Order is GitHub's id, never a date (T9, T13). */
function latestReviews(reviews: readonly NativeReview[]): NativeReview[] {
  const latest = new Map<number, NativeReview>()
  for (const review of reviews) {
    if (!review.author || review.state === 'COMMENTED' || review.state === 'PENDING') continue
    const known = latest.get(review.author.id)
    if (!known || known.id < review.id) latest.set(review.author.id, review)
  }
  return [...latest.values()]
}

function judgeReview(question: Question, review: NativeReview): Voice[] {
  const by = review.author
  if (!by) return []
  const approves = review.state === 'APPROVED'
  const voice = (state: Voice['state'], sentence: string): Voice => ({
    by,
    channel: 'review',
    verdict: approves ? 'approve' : 'reject',
    state,
    sentence,
    bound: null,
    reason: null,
    seq: null,
  })
  const who = person(by)
  // guard: reviewDismissed
  if (review.state === 'DISMISSED') return [voice('void', `The review of ${who} was dismissed.`)]
  if (!approves) {
    if (by.type !== 'User')
      return [voice('void', `${who} is not a person; its review is read, and does not count.`)]
    if (hasLostAccess(question, by))
      return [voice('void', `${who} requested changes and has no write access.`)]
    return [
      voice(
        'blocks',
        `${who} requested changes in a review. It is lifted by a new review of ${who}, or by dismissing it.`,
      ),
    ]
  }
  if (!question.by.includes('review'))
    return [voice('void', `${who} approved by review, which policy does not count.`)]
  if (review.edited)
    return [voice('void', `The approving review of ${who} was edited, so it does not count.`)]
  // guard: reviewCommit
  if (review.sha === null || !question.shas.has(review.sha))
    return [voice('void', `${who} approved an earlier commit; it has changed since.`)]
  if (question.reviewsUpTo === null)
    return [voice('wait', `Whether ${who} reviewed against this base is not known yet.`)]
  // guard: reviewBase
  if (review.id <= question.reviewsUpTo)
    return [
      voice(
        'void',
        `${who} reviewed before Countersign first saw this base branch; press Approve, or review again.`,
      ),
    ]
  return [personal(question, by, voice)]
}

/** The conditions on the person, the same for every channel. */
function personal(
  question: Question,
  by: Account,
  voice: (state: Voice['state'], sentence: string) => Voice,
): Voice {
  const who = person(by)
  const may = eligible(by, question.people, question.approvers, `approve ${question.check}`)
  if (may.kind === 'no') return voice('void', may.sentence)
  if (question.excluded?.id === by.id)
    return voice('void', `${who} asked for this change, and under these rules the requester does not count.`)
  if (!question.writers)
    return voice(
      'wait',
      `Who wrote the change is not known yet, so it cannot be told whether ${who} may approve.`,
    )
  // guard: writers
  const wrote = question.writers.get(by.id)
  if (wrote && !question.ownCommits) return voice('void', `${who} ${wrote} and does not approve own work.`)
  if (may.kind === 'wait') return voice('wait', may.sentence)
  return voice('counts', `${who} approved.`)
}

/** Lost access lapses a rejection only when the look-up says so for certain; unknown still blocks (S9). */
function hasLostAccess(question: Question, by: Account): boolean {
  const standing = question.people.get(by.id)
  return standing !== undefined && standing.role !== 'unknown' && !hasRole(standing, 'write')
}

function quoted(reason: string): string {
  return `“${reason.replace(/[\p{C}`@<>#]/gu, ' ').slice(0, 200)}”`
}
