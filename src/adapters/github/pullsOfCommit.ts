/** Pull requests by what they stand on: open ones of a branch, with a head, and those that a commit came in with. */
import { z } from 'zod'
import type { RepositoryName, Sha } from '../../core/ids.ts'
import type { BroughtBy } from '../../core/ports.ts'
import { on, parts } from './access.ts'
import type { Client } from './client.ts'
import { GitHubRefusal } from './failures.ts'
import { createLru, type Lru } from './lru.ts'

const Pull = z.object({
  number: z.number().int(),
  state: z.string(),
  head: z.object({ sha: z.string() }),
  base: z.object({ ref: z.string() }),
  merged_at: z.string().nullish(),
  merge_commit_sha: z.string().nullish(),
})
const pagesOfPulls = 10

export async function readOpenPulls(client: Client, name: RepositoryName, base?: string): Promise<number[]> {
  const inputs = { ...parts(name), state: 'open', ...(base === undefined ? {} : { base }) }
  const route = 'GET /repos/{owner}/{repo}/pulls'
  return client.pages(on(name, 'read'), route, inputs, {
    schema: z.array(Pull),
    items: (page) => page.map((pull) => pull.number),
    most: pagesOfPulls,
  })
}

/** Open pull requests whose head is this commit; none for a commit that GitHub does not know here. */
export async function readPullsWithHead(client: Client, name: RepositoryName, sha: Sha): Promise<number[]> {
  const pulls = await readPullsOf(client, name, sha)
  return pulls.filter((pull) => pull.state === 'open' && pull.head.sha === sha).map((pull) => pull.number)
}

/**
 * Merged pull requests that brought a commit in; none for a commit that GitHub does not know here. What was merged stays
 * merged, so an answer with any is asked for once.
 */
export function createMergedPulls(client: Client) {
  const kept: Lru<BroughtBy[]> = createLru({ entries: 5000 })
  const know = (name: RepositoryName, sha: Sha, merged: BroughtBy[]) => kept.set(`${name}@${sha}`, merged)
  const read = async (name: RepositoryName, sha: Sha) => {
    const known = kept.get(`${name}@${sha}`)
    if (known) return known
    const pulls = await readPullsOf(client, name, sha)
    const merged = pulls
      .filter((pull) => pull.merged_at != null)
      .map((pull) => ({
        number: pull.number,
        base: pull.base.ref,
        landed: pull.merge_commit_sha === sha,
      }))
    if (merged.length > 0) know(name, sha, merged)
    return merged
  }
  return {
    read,
    /** Keep what a merge of ours has read back. */
    know,
  }
}

async function readPullsOf(client: Client, name: RepositoryName, sha: Sha): Promise<z.infer<typeof Pull>[]> {
  const route = 'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls'
  const inputs = { ...parts(name), commit_sha: sha }
  const asked = client.pages(on(name, 'read'), route, inputs, {
    schema: z.array(Pull),
    items: (page) => page,
    most: pagesOfPulls,
  })
  try {
    return await asked
  } catch (error) {
    if (error instanceof GitHubRefusal && [404, 409, 422].includes(error.status)) return []
    throw error
  }
}
