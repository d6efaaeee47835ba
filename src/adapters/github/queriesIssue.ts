/** An issue in GraphQL: what is asked in one query, with the default branch as it is then, and the schema of the answer. */
import { z } from 'zod'
import { accountFields, BigId } from './accounts.ts'
import {
  actor,
  backwards,
  CommentNode,
  commentFields,
  more,
  names,
  Oid,
  repositoryFieldsWith,
  repositoryParts,
} from './queries.ts'
import { PolicyFiles, policyFileFields, policyFileNames } from './queriesFiles.ts'

/** @param whole false for servers whose schema lacks some of what is asked beside the issue itself. */
const issueQueryWith = (whole: boolean) => ({
  what: 'read an issue',
  writes: false,
  mayMiss: policyFileNames,
  text: `query Issue($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    ${repositoryFieldsWith(whole ? `target { oid ${policyFileFields} }` : '')}
    issue(number: $number) {
      fullDatabaseId number title body state lastEditedAt
      author { ...Who }
      editor { ...Who }
      labels(first: 100) { nodes { name } }
      comments(last: 100) { pageInfo { hasPreviousPage startCursor } nodes { ${commentFields} } }
    }
  }
}
${accountFields}`,
})
export const issueQuery = issueQueryWith(true)
export const issueQueryAlone = issueQueryWith(false)

export const IssueNode = z.object({
  fullDatabaseId: BigId,
  number: z.number().int(),
  title: z.string(),
  body: z.string(),
  state: z.enum(['OPEN', 'CLOSED']),
  lastEditedAt: z.string().nullable(),
  author: actor,
  editor: actor,
  labels: names,
  comments: z.object({ pageInfo: backwards, nodes: z.array(CommentNode) }),
})
export const IssueAnswer = z.object({
  repository: z
    .object({
      ...repositoryParts,
      defaultBranchRef: z
        .object({ name: z.string(), target: z.object({ oid: Oid, ...PolicyFiles }).nullish() })
        .nullable(),
      issue: IssueNode.nullable(),
    })
    .nullable(),
})

export const moreIssueComments = more('read older comments', 'issue', 'comments', commentFields, CommentNode)
