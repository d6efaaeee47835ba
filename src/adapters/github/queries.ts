/** The GraphQL documents: what is asked in one query, and the schemas of the answers. */
import { z } from 'zod'
import { RepositoryName } from '../../core/ids.ts'
import { accountFields, BigId, GraphqlActor } from './accounts.ts'
import { Suites, suiteFields } from './queriesChecks.ts'
import { PolicyFiles, policyFileFields, policyFileNames } from './queriesFiles.ts'
import { RefRules, ruleFields } from './queriesRefs.ts'
import { ThreadNode, threadFields } from './queriesThreads.ts'

export const Oid = z.string()
export const actor = GraphqlActor.nullable()
const gitActor = z
  .object({
    email: z.string().nullish(),
    user: z.object({ databaseId: z.number().int().nullish(), login: z.string() }).nullable(),
  })
  .nullable()

const commitFields = `commit {
  oid
  authors(first: 20) { totalCount nodes { email user { databaseId login } } }
  committer { email user { databaseId login } }
  signature { isValid }
}`
const reviewFields = 'fullDatabaseId author { ...Who } state body lastEditedAt commit { oid }'
export const commentFields = 'fullDatabaseId author { ...Who } body'

const CommitNode = z.object({
  commit: z.object({
    oid: Oid,
    authors: z.object({ totalCount: z.number(), nodes: z.array(gitActor) }),
    committer: gitActor,
    signature: z.object({ isValid: z.boolean() }).nullish(),
  }),
})
export type CommitNode = z.infer<typeof CommitNode>
const ReviewNode = z.object({
  fullDatabaseId: BigId,
  author: actor,
  state: z.enum(['APPROVED', 'CHANGES_REQUESTED', 'COMMENTED', 'DISMISSED', 'PENDING']),
  body: z.string(),
  lastEditedAt: z.string().nullable(),
  commit: z.object({ oid: Oid }).nullable(),
})
export type ReviewNode = z.infer<typeof ReviewNode>
export const CommentNode = z.object({ fullDatabaseId: BigId, author: actor, body: z.string() })
export type CommentNode = z.infer<typeof CommentNode>

/** Newest last; older pages are reached backwards through `startCursor`. */
export const backwards = z.object({ hasPreviousPage: z.boolean(), startCursor: z.string().nullable() })
const forwards = z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() })
export const names = z.object({ nodes: z.array(z.object({ name: z.string() }).nullable()) }).nullable()

export const repositoryFieldsWith = (ofDefaultBranch: string) =>
  `databaseId nameWithOwner isPrivate defaultBranchRef { name ${ofDefaultBranch} }`
const repositoryFields = repositoryFieldsWith('')
export const repositoryParts = {
  databaseId: z.number().int(),
  nameWithOwner: RepositoryName,
  isPrivate: z.boolean(),
  defaultBranchRef: z.object({ name: z.string() }).nullable(),
}
export type RepositoryNode = z.infer<z.ZodObject<typeof repositoryParts>>

/** @param whole false for servers whose schema lacks some of what is asked beside the pull request itself. */
const pullQueryWith = (whole: boolean) => ({
  what: 'read a pull request',
  writes: false,
  mayMiss: policyFileNames,
  text: `query Pull($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    ${repositoryFields}
    pullRequest(number: $number) {
      id fullDatabaseId number title body state isDraft mergeable changedFiles isCrossRepository
      author { ...Who }
      headRefName headRefOid headRepository { databaseId }
      headRef { ${ruleFields} }
      baseRefName baseRefOid
      baseRef { target { oid ${whole ? policyFileFields : ''} } ${ruleFields} }
      baseChanges: timelineItems(first: 100, itemTypes: [BASE_REF_CHANGED_EVENT, AUTOMATIC_BASE_CHANGE_SUCCEEDED_EVENT]) {
        pageInfo { hasNextPage } nodes { __typename }
      }
      mergeCommit { oid }
      labels(first: 100) { nodes { name } }
      commits(first: 100) { totalCount pageInfo { hasNextPage endCursor } nodes { ${commitFields} } }
      reviews(last: 100) { pageInfo { hasPreviousPage startCursor } nodes { ${reviewFields} } }
      comments(last: 100) { pageInfo { hasPreviousPage startCursor } nodes { ${commentFields} } }
      reviewThreads(last: 100) { nodes { ${threadFields} } }
      head: commits(last: 1) {
        nodes {
          commit {
            oid
            associatedPullRequests(first: 50) {
              totalCount
              nodes { number state headRefOid baseRepository { databaseId } }
            }
            ${whole ? suiteFields : ''}
          }
        }
      }
    }
  }
}
${accountFields}`,
})
export const pullQuery = pullQueryWith(true)
export const pullQueryAlone = pullQueryWith(false)

export const PullNode = z.object({
  id: z.string(),
  fullDatabaseId: BigId,
  number: z.number().int(),
  title: z.string(),
  body: z.string(),
  state: z.enum(['OPEN', 'CLOSED', 'MERGED']),
  isDraft: z.boolean(),
  mergeable: z.enum(['MERGEABLE', 'CONFLICTING', 'UNKNOWN']),
  changedFiles: z.number().int(),
  isCrossRepository: z.boolean(),
  author: actor,
  headRefName: z.string(),
  headRefOid: Oid,
  headRepository: z.object({ databaseId: z.number().int().nullish() }).nullable(),
  headRef: RefRules.nullable(),
  baseRefName: z.string(),
  baseRefOid: Oid,
  baseRef: z
    .intersection(RefRules, z.object({ target: z.object({ oid: Oid, ...PolicyFiles }).nullable() }))
    .nullable(),
  /** Counted by what is listed: whether a total counts all items or those that were asked for is not told. */
  baseChanges: z.object({
    pageInfo: z.object({ hasNextPage: z.boolean() }),
    nodes: z.array(z.unknown()),
  }),
  mergeCommit: z.object({ oid: Oid }).nullable(),
  labels: names,
  commits: z.object({ totalCount: z.number().int(), pageInfo: forwards, nodes: z.array(CommitNode) }),
  reviews: z.object({ pageInfo: backwards, nodes: z.array(ReviewNode) }).nullable(),
  comments: z.object({ pageInfo: backwards, nodes: z.array(CommentNode) }),
  reviewThreads: z.object({ nodes: z.array(ThreadNode) }),
  head: z.object({
    nodes: z.array(
      z.object({
        commit: z.object({
          oid: Oid,
          associatedPullRequests: z
            .object({
              totalCount: z.number(),
              nodes: z.array(
                z.object({
                  number: z.number().int(),
                  state: z.string(),
                  headRefOid: Oid,
                  baseRepository: z.object({ databaseId: z.number().int().nullish() }).nullable(),
                }),
              ),
            })
            .nullable(),
          checkSuites: Suites,
        }),
      }),
    ),
  }),
})
export type PullNode = z.infer<typeof PullNode>
export const PullAnswer = z.object({
  repository: z
    .object({
      ...repositoryParts,
      pullRequest: PullNode.nullable(),
    })
    .nullable(),
})

/** The query for one more page of one of the lists above, and the schema of its answer. */
export function more<S extends z.ZodType>(
  what: string,
  on: 'pullRequest' | 'issue',
  list: string,
  fields: string,
  node: S,
) {
  const page =
    list === 'commits'
      ? 'first: 100, after: $cursor) { pageInfo { hasNextPage endCursor }'
      : 'last: 100, before: $cursor) { pageInfo { hasPreviousPage startCursor }'
  const pageInfo = z.object({
    hasPreviousPage: z.boolean().default(false),
    hasNextPage: z.boolean().default(false),
    startCursor: z.string().nullish(),
    endCursor: z.string().nullish(),
  })
  return {
    query: {
      what,
      writes: false,
      text: `query More($owner: String!, $name: String!, $number: Int!, $cursor: String) {
  repository(owner: $owner, name: $name) { on: ${on}(number: $number) { list: ${list}(${page} nodes { ${fields} } } } }
}
${fields.includes('...Who') ? accountFields : ''}`,
    },
    answer: z.object({
      repository: z.object({ on: z.object({ list: z.object({ pageInfo, nodes: z.array(node) }) }) }),
    }),
  }
}

export const moreCommits = more('read more commits', 'pullRequest', 'commits', commitFields, CommitNode)
export const moreReviews = more('read older reviews', 'pullRequest', 'reviews', reviewFields, ReviewNode)
export const morePullComments = more(
  'read older comments',
  'pullRequest',
  'comments',
  commentFields,
  CommentNode,
)
