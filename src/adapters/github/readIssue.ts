/** Reading an issue with its editors and our comments on it, and what comes with it of the default branch. */
import { z } from 'zod'
import { sha256 } from '../../core/digest.ts'
import type { RepositoryName } from '../../core/ids.ts'
import type { Found, IssueObservation } from '../../core/ports.ts'
import { on, parts } from './access.ts'
import { accountOfActor, ghost } from './accounts.ts'
import type { Client } from './client.ts'
import { ownCommentsOf, wholeList } from './connection.ts'
import { absentOn404 } from './failures.ts'
import { policyFilesOf } from './queriesFiles.ts'
import { IssueAnswer, issueQuery, issueQueryAlone, moreIssueComments } from './queriesIssue.ts'
import { type Files, repositoryOf } from './readRepository.ts'
import { askWhole } from './wholeQuery.ts'

const furtherPages = 9
const Typed = z.object({ type: z.object({ name: z.string() }).nullish() })

/** Read one issue; a number that is a pull request is not found. */
export async function readIssue(
  client: Client,
  { botId, files }: { botId: number; files: Pick<Files, 'know'> },
  name: RepositoryName,
  number: number,
): Promise<Found<IssueObservation>> {
  const variables = { owner: parts(name).owner, name: parts(name).repo, number }
  const query = { whole: issueQuery, alone: issueQueryAlone }
  const asked = askWhole(client, on(name, 'read'), query, variables, IssueAnswer)
  const answer = await absentOn404(asked)
  const repository = answer.found ? answer.value.repository : null
  const node = repository?.issue
  if (!repository || !node) return { found: false }
  const branch = repository.defaultBranchRef?.target
  for (const { sha, path, file } of branch ? policyFilesOf(branch) : []) files.know(name, sha, path, file)
  const comments = await wholeList(client, name, number, node.comments, moreIssueComments, furtherPages)
  const issue: IssueObservation['issue'] = {
    id: node.fullDatabaseId,
    number: node.number,
    title: node.title,
    body: node.body,
    bodyDigest: sha256(node.body),
    state: node.state === 'OPEN' ? 'open' : 'closed',
    labels: (node.labels?.nodes ?? []).flatMap((label) => (label ? [label.name] : [])),
    author: accountOfActor(node.author),
    // An editor whose account is gone is still somebody other than the author.
    lastEditor: node.lastEditedAt === null ? null : (accountOfActor(node.editor) ?? ghost),
  }
  const ownComments = ownCommentsOf(comments.nodes, botId)
  const tip = branch?.oid ?? null
  return { found: true, value: { repository: repositoryOf(repository), tip, issue, ownComments } }
}

/** Issue types are not in every server's GraphQL schema, so REST is asked. */
export async function readIssueType(
  client: Client,
  name: RepositoryName,
  number: number,
): Promise<string | null> {
  const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}'
  const inputs = { ...parts(name), issue_number: number }
  return (await client.rest(on(name, 'read'), route, inputs, Typed)).type?.name ?? null
}
