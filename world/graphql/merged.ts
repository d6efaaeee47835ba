/** Merged pull requests in GraphQL: the list of them, and what merged one. */
import { GraphQLError } from 'graphql'
import { issueOf } from '../github/ops/pulls.ts'
import type { Site } from '../github/site.ts'
import type { Pull, Repo } from '../github/state.ts'
import { connection, type PageArguments } from './connection.ts'

export type MergedArguments = PageArguments & {
  states?: string[] | null
  baseRefName?: string | null
  orderBy?: { field: string; direction: string } | null
}

const notPlayed = (what: string) => new GraphQLError(`The stand-in does not play ${what}.`)

/** Only the list that is in use: merged ones, the one that was touched last first. */
export function mergedInto(
  site: Site,
  repo: Repo,
  { states, baseRefName, orderBy }: MergedArguments,
): Pull[] {
  if (states?.join() !== 'MERGED' || orderBy?.field !== 'UPDATED_AT' || orderBy.direction !== 'DESC')
    throw notPlayed('other lists of pull requests')
  return [...site.state.pulls.values()]
    .filter((one) => one.repoId === repo.id && one.merged)
    .filter((one) => baseRefName == null || one.baseRef === baseRefName)
    .sort(
      (a, b) =>
        Date.parse(issueOf(site, b).updatedAt) - Date.parse(issueOf(site, a).updatedAt) || b.id - a.id,
    )
}

export function mergeCommitView(site: Site, repo: Repo, sha: string) {
  return {
    oid: sha,
    async parents(page: PageArguments) {
      const { parents } = await site.git.commit(repo.dir, sha)
      return connection(
        parents.map((oid) => ({ oid })),
        page,
      )
    },
  }
}
