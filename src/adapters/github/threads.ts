/** Review threads: read with the pull request, answered in place, resolved when policy says so (F1, F4). */
import { z } from 'zod'
import type { RepositoryName } from '../../core/ids.ts'
import type { ReviewThread, ThreadComment } from '../../core/snapshot/pull.ts'
import { on, parts } from './access.ts'
import { accountOfActor, RestAccount } from './accounts.ts'
import type { Client } from './client.ts'
import { absentOn404 } from './failures.ts'
import { ResolvedAnswer, resolveThreadMutation } from './mutations.ts'
import type { ThreadNode } from './queriesThreads.ts'
import { withMarker } from './text.ts'

export function threadOf(node: ThreadNode): ReviewThread {
  return {
    id: node.id,
    resolved: node.isResolved,
    path: node.path,
    subject: node.subjectType === 'FILE' ? 'file' : 'line',
    side: node.diffSide,
    startSide: node.startDiffSide,
    line: node.line,
    originalLine: node.originalLine,
    originalStartLine: node.originalStartLine,
    originalCommit: node.comments.nodes[0]?.originalCommit?.oid ?? null,
    comments: node.comments.nodes.map((comment) => ({
      id: comment.fullDatabaseId,
      author: accountOfActor(comment.author),
      body: comment.body,
      reviewId: comment.pullRequestReview?.fullDatabaseId ?? null,
    })),
  }
}

const Reply = z.object({
  id: z.number().int(),
  user: RestAccount.nullable(),
  body: z.string(),
  pull_request_review_id: z.number().int().nullish(),
})

/** Answer in a thread. One whose first comment was deleted meanwhile is passed by. */
export async function replyInThread(
  client: Client,
  name: RepositoryName,
  number: number,
  { commentId, marker, body }: { commentId: number; marker: string; body: string },
): Promise<ThreadComment | null> {
  const route = 'POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies'
  const inputs = {
    ...parts(name),
    pull_number: number,
    comment_id: commentId,
    body: withMarker(marker, body),
  }
  const made = await absentOn404(client.rest(on(name, 'discuss'), route, inputs, Reply))
  if (!made.found) return null
  const { id, user, body: text, pull_request_review_id: reviewId } = made.value
  return { id, author: user, body: text, reviewId: reviewId ?? null }
}

export async function resolveThread(client: Client, name: RepositoryName, threadId: string): Promise<void> {
  await client.graphql(on(name, 'ready'), resolveThreadMutation, { id: threadId }, ResolvedAnswer)
}
