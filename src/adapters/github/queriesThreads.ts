/** Review threads in GraphQL: the fields that are asked for, and the schema of one. */
import { z } from 'zod'
import { BigId, GraphqlActor } from './accounts.ts'

export const threadFields = `id isResolved path subjectType diffSide startDiffSide line originalLine originalStartLine
        comments(first: 50) {
          nodes { fullDatabaseId author { ...Who } body originalCommit { oid } pullRequestReview { fullDatabaseId } }
        }`
const Side = z.enum(['LEFT', 'RIGHT'])
const Line = z.number().int().positive().nullable()
export const ThreadNode = z.object({
  id: z.string(),
  isResolved: z.boolean(),
  path: z.string(),
  subjectType: z.enum(['LINE', 'FILE']),
  diffSide: Side,
  startDiffSide: Side.nullable(),
  line: Line,
  originalLine: Line,
  originalStartLine: Line,
  comments: z.object({
    nodes: z.array(
      z.object({
        fullDatabaseId: BigId,
        author: GraphqlActor.nullable(),
        body: z.string(),
        originalCommit: z.object({ oid: z.string() }).nullable(),
        pullRequestReview: z.object({ fullDatabaseId: BigId }).nullable(),
      }),
    ),
  }),
})
export type ThreadNode = z.infer<typeof ThreadNode>
