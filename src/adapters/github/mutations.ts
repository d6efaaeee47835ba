/** The GraphQL mutations: what REST cannot do. */
import { z } from 'zod'

export const markReadyMutation = {
  what: 'mark a pull request as ready',
  writes: true,
  text: `mutation Ready($id: ID!) {
  markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } }
}`,
}
export const ReadyAnswer = z.object({
  markPullRequestReadyForReview: z
    .object({ pullRequest: z.object({ isDraft: z.boolean() }).nullable() })
    .nullable(),
})

export const resolveThreadMutation = {
  what: 'resolve a review thread',
  writes: true,
  text: `mutation Resolve($id: ID!) {
  resolveReviewThread(input: { threadId: $id }) { thread { isResolved } }
}`,
}
export const ResolvedAnswer = z.object({
  resolveReviewThread: z.object({ thread: z.object({ isResolved: z.boolean() }).nullable() }).nullable(),
})

/** All or nothing, and only from where each ref is said to be. */
export const updateRefsMutation = {
  what: 'move a branch',
  writes: true,
  text: `mutation Move($repository: ID!, $updates: [RefUpdate!]!) {
  updateRefs(input: { repositoryId: $repository, refUpdates: $updates }) { clientMutationId }
}`,
}
export const UpdatedRefs = z.object({
  updateRefs: z.object({ clientMutationId: z.string().nullish() }).nullable(),
})
