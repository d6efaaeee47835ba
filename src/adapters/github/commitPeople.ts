/** Who wrote the commits of a pull request, as GitHub maps addresses to accounts (A3, T6). */
import { z } from 'zod'
import type { Account } from '../../core/account.ts'
import type { RepositoryName } from '../../core/ids.ts'
import type { CommitPeople } from '../../core/snapshot/pull.ts'
import { on, parts } from './access.ts'
import { RestAccount } from './accounts.ts'
import type { Client } from './client.ts'
import type * as queries from './queries.ts'

const committed = RestAccount.nullable().catch(null)
const RestCommits = z.array(z.object({ sha: z.string(), author: committed, committer: committed }))

export function peopleOf({ commit }: queries.CommitNode, own: readonly Account[]): CommitPeople {
  const authors = commit.authors.nodes.map((author) => accountOf(author, own))
  // Authors beyond the page exist and are not known: someone, who cannot approve (T6).
  if (commit.authors.totalCount > authors.length) authors.push(null)
  return {
    sha: commit.oid,
    authors,
    committer: accountOf(commit.committer, own),
    verified: commit.signature?.isValid ?? false,
  }
}

/** GraphQL maps addresses to users only. Ours are known by the address that GitHub gives to bots, which is all REST goes by. */
function accountOf(
  actor: queries.CommitNode['commit']['committer'],
  own: readonly Account[],
): Account | null {
  const user = actor?.user
  if (user && typeof user.databaseId === 'number')
    return { id: user.databaseId, login: user.login, type: 'User' }
  return own.find(({ id, login }) => actor?.email === `${id}+${login}@users.noreply.github.com`) ?? null
}

/** REST maps commits to bots as well, so it is asked where somebody is missing. */
export async function resolvePeople(
  client: Client,
  name: RepositoryName,
  number: number,
  commits: CommitPeople[],
): Promise<CommitPeople[]> {
  if (commits.every((commit) => commit.committer && commit.authors[0])) return commits
  const route = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/commits'
  const inputs = { ...parts(name), pull_number: number }
  const rest = await client.pages(on(name, 'read'), route, inputs, {
    schema: RestCommits,
    items: (page) => page,
    most: 3,
  })
  const known = new Map(rest.map((commit) => [commit.sha, commit]))
  return commits.map((commit) => {
    const [author = null, ...others] = commit.authors
    return {
      ...commit,
      authors: [author ?? known.get(commit.sha)?.author ?? null, ...others],
      committer: commit.committer ?? known.get(commit.sha)?.committer ?? null,
    }
  })
}
