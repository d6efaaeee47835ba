/** Review threads: read with the pull request, answered in place, resolved when policy says so (F1, F4). */
import { z } from 'zod'
import type { RepositoryName } from '../../core/ids.ts'
import type { ReviewThread } from '../../core/snapshot/pull.ts'
import { on, parts } from './access.ts'
import { accountOfActor } from './accounts.ts'
import type { Client } from './client.ts'
import { absentOn404 } from './failures.ts'
import { ResolvedAnswer, resolveThreadMutation } from './queries.ts'
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

/** Answer in a thread. One whose first comment was deleted meanwhile is passed by. */
export async function replyInThread(
  client: Client,
  name: RepositoryName,
  number: number,
  { commentId, marker, body }: { commentId: number; marker: string; body: string },
): Promise<void> {
  const route = 'POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies'
  const inputs = {
    ...parts(name),
    pull_number: number,
    comment_id: commentId,
    body: withMarker(marker, body),
  }
  await absentOn404(client.rest(on(name, 'discuss'), route, inputs, z.unknown()))
}

export async function resolveThread(client: Client, name: RepositoryName, threadId: string): Promise<void> {
  await client.graphql(on(name, 'ready'), resolveThreadMutation, { id: threadId }, ResolvedAnswer)
}
