/** Listing what was merged into a branch, newest first, with what each pull request's past needs beside it (O7). */
import { z } from 'zod'
import type { RepositoryName } from '../../core/ids.ts'
import type { MergedPull } from '../../core/ports.ts'
import { on, parts } from './access.ts'
import { BigId } from './accounts.ts'
import type { Client } from './client.ts'
import { GitHubRefusal } from './failures.ts'

const perPage = 50
/** A pull request that was merged long ago and commented on lately stands early in the list, so more is read than is kept. */
const mostPages = 40

const query = {
  what: 'list merged pull requests',
  writes: false,
  text: `query Merged($owner: String!, $name: String!, $base: String!, $cursor: String) {
  repository(owner: $owner, name: $name) {
    pullRequests(
      first: ${perPage}, after: $cursor, states: MERGED, baseRefName: $base
      orderBy: { field: UPDATED_AT, direction: DESC }
    ) {
      pageInfo { hasNextPage endCursor }
      nodes {
        number title url updatedAt mergedAt headRefOid baseRefOid
        mergeCommit { parents(first: 1) { nodes { oid } } }
        reviews(last: 100) { pageInfo { hasPreviousPage } nodes { fullDatabaseId submittedAt } }
      }
    }
  }
}`,
}

const Time = z.string().transform((text) => Date.parse(text))
const Node = z.object({
  number: z.number().int(),
  title: z.string(),
  url: z.string(),
  updatedAt: Time,
  mergedAt: Time,
  headRefOid: z.string(),
  baseRefOid: z.string(),
  mergeCommit: z.object({ parents: z.object({ nodes: z.array(z.object({ oid: z.string() })) }) }).nullable(),
  reviews: z
    .object({
      pageInfo: z.object({ hasPreviousPage: z.boolean() }),
      nodes: z.array(z.object({ fullDatabaseId: BigId, submittedAt: Time.nullable() })),
    })
    .nullable(),
})
type Node = z.infer<typeof Node>
const Answer = z.object({
  repository: z
    .object({
      pullRequests: z.object({
        pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
        nodes: z.array(Node),
      }),
    })
    .nullable(),
})

/**
 * The pull requests merged into a branch, the one merged last first.
 *
 * @param wanted.most no more than these; @param wanted.sinceMs none that was merged before (milliseconds since 1970).
 * @throws GitHubRefusal when the list is longer than is read before it is certain which were merged last.
 */
export async function readMerged(
  client: Client,
  name: RepositoryName,
  base: string,
  { most, sinceMs }: { most: number; sinceMs: number },
): Promise<MergedPull[]> {
  const { owner, repo } = parts(name)
  let found: Node[] = []
  let cursor: string | null = null
  for (let page = 1; page <= mostPages; page++) {
    const variables = { owner, name: repo, base, cursor }
    const answer: z.infer<typeof Answer> = await client.graphql(on(name, 'read'), query, variables, Answer)
    const list = answer.repository?.pullRequests
    if (!list) return []
    found = [...found, ...list.nodes]
      .filter((one) => one.mergedAt >= sinceMs)
      .sort((a, b) => b.mergedAt - a.mergedAt)
      .slice(0, most)
    // What follows was not touched since, so it was not merged since either.
    const touchedMs = list.nodes.at(-1)?.updatedAt ?? 0
    const least = found.length === most ? (found.at(-1)?.mergedAt ?? 0) : sinceMs
    if (!list.pageInfo.hasNextPage || touchedMs < least) return found.map(mergedPull)
    cursor = list.pageInfo.endCursor
  }
  const words = `more than ${mostPages * perPage} pull requests had to be looked through`
  throw new GitHubRefusal(413, words, `The list of merged pull requests is too long: ${words}.`)
}

function mergedPull({ number, title, url, mergedAt, mergeCommit, reviews, ...node }: Node): MergedPull {
  const before = mergeCommit?.parents.nodes[0]?.oid
  const times = (reviews?.nodes ?? []).flatMap(({ fullDatabaseId, submittedAt }) =>
    submittedAt === null ? [] : [[fullDatabaseId, submittedAt] as const],
  )
  return {
    number,
    title,
    url,
    head: node.headRefOid,
    mergedAtMs: mergedAt,
    bases: [...new Set(before === undefined ? [node.baseRefOid] : [before, node.baseRefOid])],
    reviewedMs: reviews?.pageInfo.hasPreviousPage ? null : new Map(times),
  }
}
