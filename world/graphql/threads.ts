/** Review threads as GraphQL shows them: where they stand now, where they were made, and their comments. */
import { commentsOfThread, threadNodeId } from '../github/ops/reviewComments.ts'
import type { Site } from '../github/site.ts'
import type { Pull, ReviewComment, ReviewThread } from '../github/state.ts'
import { placeOf } from '../github/views/review.ts'
import { connection, type PageArguments } from './connection.ts'

type ActorById = (site: Site, id: number | null) => unknown

/** The threads of a pull request that still have a comment, oldest first. */
export function threadViews(site: Site, pull: Pull, actorById: ActorById) {
  return [...site.state.threads.values()]
    .filter((thread) => thread.pullId === pull.id)
    .flatMap((thread) => {
      const comments = commentsOfThread(site, thread.id)
      const [root] = comments
      return root ? [threadView(site, thread, root, comments, actorById)] : []
    })
}

function threadView(
  site: Site,
  thread: ReviewThread,
  root: ReviewComment,
  comments: ReviewComment[],
  actorById: ActorById,
) {
  const place = () => placeOf(site, root)
  return {
    id: threadNodeId(thread),
    isResolved: thread.resolvedById !== null,
    path: root.path,
    subjectType: root.subjectType === 'file' ? 'FILE' : 'LINE',
    diffSide: root.side,
    startDiffSide: root.startSide,
    line: async () => (await place()).line,
    startLine: async () => (await place()).startLine,
    isOutdated: async () => root.subjectType === 'line' && (await place()).line === null,
    originalLine: root.originalLine,
    originalStartLine: root.originalStartLine,
    comments: (page: PageArguments) =>
      connection(
        comments.map((one) => ({
          fullDatabaseId: String(one.id),
          author: actorById(site, one.authorId),
          body: one.body,
          lastEditedAt: one.lastEditedAt,
          originalCommit: { oid: one.originalCommitId },
          pullRequestReview: { fullDatabaseId: String(one.reviewId) },
        })),
        page,
      ),
  }
}
