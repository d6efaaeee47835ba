/** `issue_comment`, `pull_request_review_comment` and `pull_request_review`: where people write commands. */
import { z } from 'zod'
import { touched, type Written, written } from './commands.ts'
import { type Intake, type Reader, understood } from './result.ts'
import { Number_, pullKey, Repository, reading, Sender, Text, taskKey } from './shapes.ts'

const Comment = z.object({
  id: z.number().int(),
  body: Text,
  user: z.object({ type: z.string() }).nullish(),
  performed_via_github_app: z.object({ id: z.number().int() }).nullish(),
})
/** `changes.body.from` is the text before an edit. */
const Common = z.object({
  action: z.string().max(100),
  repository: Repository,
  changes: z
    .object({ body: z.object({ from: Text }).optional() })
    .optional()
    .catch(undefined),
  sender: Sender,
})
type Common = z.infer<typeof Common>

const IssueComment = Common.extend({
  issue: z.object({ number: Number_, pull_request: z.unknown().optional() }),
  comment: Comment,
})
const ReviewComment = Common.extend({ pull_request: z.object({ number: Number_ }), comment: Comment })
const Review = Common.extend({
  pull_request: z.object({ number: Number_ }),
  review: Comment.extend({ state: z.string().max(40).optional().catch(undefined) }),
})

export const issueComment: Reader = (payload, delivery) =>
  reading(IssueComment, payload, (event) => {
    const { issue, repository } = event
    const [subject, on] = issue.pull_request
      ? [pullKey(repository.full_name, issue.number), 'pull' as const]
      : [taskKey(repository.full_name, issue.number), 'issue' as const]
    const comment = commentOf(event, event.comment, delivery, { subject, on })
    switch (event.action) {
      case 'created':
        return written(comment)
      case 'edited':
        return edited(event, comment)
      case 'deleted':
        return touched(comment, 'deleted', comment.body)
      default:
        return understood(`comment ${event.action}`)
    }
  })

export const reviewComment: Reader = (payload, delivery) =>
  reading(ReviewComment, payload, (event) => {
    const subject = pullKey(event.repository.full_name, event.pull_request.number)
    const comment = commentOf(event, event.comment, delivery, { subject, on: 'review_comment' })
    switch (event.action) {
      case 'created':
        return written(comment)
      case 'edited':
        return edited(event, comment)
      case 'deleted':
        return touched(comment, 'deleted', comment.body)
      default:
        return understood(`review comment ${event.action}`)
    }
  })

/** A native review counts by being read; its text may hold a command as well. */
export const review: Reader = (payload, delivery, { own }) =>
  reading(Review, payload, (event) => {
    const subject = pullKey(event.repository.full_name, event.pull_request.number)
    const comment = commentOf(event, event.review, delivery, { subject, on: 'review' })
    const command =
      event.action === 'submitted'
        ? written(comment)
        : event.action === 'edited'
          ? edited(event, comment)
          : null
    const word = `review ${event.action}`
    // What a review without a verdict brings are its comments, and each of them is an event of its own.
    const brief = event.action === 'submitted' && event.review.state === 'commented'
    if (brief && event.sender && own.has(event.sender.id)) return understood(`own ${word}`)
    if (brief && !command?.facts.length) return understood(word, { hints: [subject] })
    return { ...(command ?? understood('')), keys: [subject], word }
  })

export const reviewThread: Reader = (payload) =>
  reading(Common.extend({ pull_request: z.object({ number: Number_ }) }), payload, (event) =>
    understood(`review thread ${event.action}`, {
      keys: [pullKey(event.repository.full_name, event.pull_request.number)],
    }),
  )

function commentOf(
  { repository, sender }: Common,
  comment: z.infer<typeof Comment>,
  delivery: string,
  place: Pick<Written, 'subject' | 'on'>,
): Written {
  return {
    ...place,
    repository: repository.full_name,
    id: comment.id,
    body: comment.body,
    author: comment.user ?? undefined,
    sender,
    viaApp: comment.performed_via_github_app?.id ?? null,
    delivery,
  }
}

function edited({ changes }: Common, comment: Written): Intake {
  if (changes && !changes.body) return understood('comment edited, not its text')
  return touched(comment, 'edited', changes?.body?.from)
}
