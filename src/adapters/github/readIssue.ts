/** Reading an issue with its editors and our comments on it, and judging whether prior-art references resolve. */
import { z } from 'zod'
import { sha256 } from '../../core/digest.ts'
import type { RepositoryName, Sha } from '../../core/ids.ts'
import { RepositoryName as RepositoryNameSchema } from '../../core/ids.ts'
import type { Found, IssueObservation } from '../../core/ports.ts'
import { on, parts } from './access.ts'
import { accountOfActor, ghost } from './accounts.ts'
import type { Client } from './client.ts'
import { ownCommentsOf, wholeList } from './connection.ts'
import { absentOn404, GitHubRefusal } from './failures.ts'
import { IssueAnswer, issueQuery, moreIssueComments } from './queries.ts'
import { repositoryOf } from './readRepository.ts'

const furtherPages = 9
const Typed = z.object({ type: z.object({ name: z.string() }).nullish() })

/** Read one issue; a number that is a pull request is not found. */
export async function readIssue(
  client: Client,
  botId: number,
  name: RepositoryName,
  number: number,
): Promise<Found<IssueObservation>> {
  const variables = { owner: parts(name).owner, name: parts(name).repo, number }
  const answer = await absentOn404(client.graphql(on(name, 'read'), issueQuery, variables, IssueAnswer))
  const repository = answer.found ? answer.value.repository : null
  const node = repository?.issue
  if (!repository || !node) return { found: false }
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
  return { found: true, value: { repository: repositoryOf(repository), issue, ownComments } }
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

type Reference =
  | { kind: 'number'; name: RepositoryName; number: number }
  | { kind: 'path'; name: RepositoryName; path: string; ref: string }

/**
 * What a prior-art reference names, or null when it has none of the known forms (D2).
 *
 * @param host of the repository pages: `github.com`, or the server's own.
 */
export function parseReference(
  name: RepositoryName,
  sha: Sha,
  reference: string,
  host: string,
): Reference | null {
  const text = reference.trim().replace(/^`(.*)`$/, '$1')
  const short = /^([\w.-]+\/[\w.-]+)?#([1-9]\d{0,9})$/.exec(text)
  if (short) return numbered(short[1] ?? name, Number(short[2]))
  if (/^https?:/.test(text)) return URL.canParse(text) ? parseAddress(new URL(text), host) : null
  const path = text.replace(/^\.?\//, '')
  const wellFormed =
    path !== '' && !path.split('/').some((part) => part === '' || part === '.' || part === '..')
  return wellFormed ? { kind: 'path', name, path, ref: sha } : null
}

function parseAddress(address: URL, host: string): Reference | null {
  if (address.host !== host) return null
  const [owner, repo, kind, ...rest] = address.pathname.split('/').filter(Boolean).map(decoded)
  const name = `${owner}/${repo}`
  if ((kind === 'issues' || kind === 'pull') && /^[1-9]\d{0,9}$/.test(rest[0] ?? ''))
    return numbered(name, Number(rest[0]))
  const known = RepositoryNameSchema.safeParse(name)
  if ((kind === 'blob' || kind === 'tree') && known.success && rest.length >= 2) {
    return { kind: 'path', name: known.data, ref: rest[0] as string, path: rest.slice(1).join('/') }
  }
  return null
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A malformed escape names nothing on GitHub; the look-up will say so.
    return text
  }
}

function numbered(name: string, number: number): Reference | null {
  const known = RepositoryNameSchema.safeParse(name)
  return known.success ? { kind: 'number', name: known.data, number } : null
}

/**
 * Whether a reference exists. Other repositories are asked for with this repository's token, so that an issue here
 * cannot find out what a private repository of the same installation holds.
 */
export async function resolveReference(
  client: Client,
  name: RepositoryName,
  reference: Reference,
): Promise<boolean> {
  const access = on(name, 'read')
  const where = parts(reference.name)
  const asked =
    reference.kind === 'number'
      ? client.rest(
          access,
          'GET /repos/{owner}/{repo}/issues/{issue_number}',
          { ...where, issue_number: reference.number },
          z.unknown(),
        )
      : client.rest(
          access,
          'GET /repos/{owner}/{repo}/contents/{path}',
          { ...where, path: reference.path, ref: reference.ref },
          z.unknown(),
        )
  try {
    await asked
    return true
  } catch (error) {
    if (error instanceof GitHubRefusal && [403, 404, 410, 422, 451].includes(error.status)) return false
    throw error
  }
}
