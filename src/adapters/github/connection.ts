/** Following a GraphQL list over its pages, and finding our own comments in it. */
import type { z } from 'zod'
import type { RepositoryName } from '../../core/ids.ts'
import type { OwnComment } from '../../core/snapshot/common.ts'
import { on, parts } from './access.ts'
import { accountOfActor } from './accounts.ts'
import type { Client } from './client.ts'
import type { CommentNode, more } from './queries.ts'
import { readMarker } from './text.ts'

export interface Page<N> {
  pageInfo: {
    hasPreviousPage?: boolean
    hasNextPage?: boolean
    startCursor?: string | null | undefined
    endCursor?: string | null | undefined
  }
  nodes: N[]
}

/**
 * The nodes of a list whose first page came with another query, in GitHub's order.
 *
 * @param most further pages to ask for; `complete` is false when still more follow.
 */
export async function wholeList<S extends z.ZodType>(
  client: Client,
  name: RepositoryName,
  number: number,
  first: Page<z.output<S>>,
  next: ReturnType<typeof more<S>>,
  most: number,
): Promise<{ nodes: z.output<S>[]; complete: boolean }> {
  let nodes = first.nodes
  let { pageInfo } = first
  for (let pages = 0; pages <= most; pages++) {
    const backwards = pageInfo.hasPreviousPage === true
    if (!backwards && pageInfo.hasNextPage !== true) return { nodes, complete: true }
    if (pages === most) break
    const cursor = backwards ? pageInfo.startCursor : pageInfo.endCursor
    const variables = { owner: parts(name).owner, name: parts(name).repo, number, cursor }
    const answer = await client.graphql(on(name, 'read'), next.query, variables, next.answer)
    const { list } = answer.repository.on
    nodes = backwards ? [...list.nodes, ...nodes] : [...nodes, ...list.nodes]
    pageInfo = list.pageInfo
  }
  return { nodes, complete: false }
}

/** The comments that our bot account wrote and that start with a marker. */
export function ownCommentsOf(comments: CommentNode[], botId: number): OwnComment[] {
  return comments.flatMap((comment) => {
    const marked = accountOfActor(comment.author)?.id === botId ? readMarker(comment.body) : null
    return marked ? [{ id: comment.fullDatabaseId, ...marked }] : []
  })
}
