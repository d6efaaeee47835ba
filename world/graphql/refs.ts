/** Branches in GraphQL: where one points, and its rules. */
import { rulesetsFor } from '../github/ops/rules.ts'
import type { Site } from '../github/site.ts'
import type { Repo } from '../github/state.ts'
import { connection, type PageArguments } from './connection.ts'

export async function branchView(site: Site, repo: Repo, branch: string) {
  const tip = await site.git.ref(repo.dir, `refs/heads/${branch}`)
  if (tip === null) return null
  const rules = rulesetsFor(site, repo, `refs/heads/${branch}`).flatMap((one) => one.rules)
  return {
    name: branch,
    target: { __typename: 'Commit', oid: tip },
    rules: (page: PageArguments) =>
      connection(
        rules.map(({ type }) => ({ type: type.toUpperCase() })),
        page,
      ),
    // Classic protection, which the stand-in does not have.
    refUpdateRule: null,
  }
}
