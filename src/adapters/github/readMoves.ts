/** Reading moves: who pushed a branch, and what moved the branches of a repository, from GitHub's activity list. */
import { z } from 'zod'
import type { Account } from '../../core/account.ts'
import { type RepositoryName, Sha } from '../../core/ids.ts'
import type { BranchMove, Found } from '../../core/ports.ts'
import { on, parts } from './access.ts'
import { RestAccount } from './accounts.ts'
import type { Client } from './client.ts'
import { absentOn404 } from './failures.ts'

const Activity = z.array(
  z.object({
    id: z.number().int(),
    before: Sha,
    after: Sha,
    ref: z.string(),
    activity_type: z.string(),
    actor: RestAccount.nullable(),
  }),
)
type Activity = z.infer<typeof Activity>

const route = 'GET /repos/{owner}/{repo}/activity'
const newestMoves = 10
const mostMoves = 1000
const emptySha = /^0+$/
const branchRef = /^refs\/heads\/(.+)$/s

/**
 * Who moved a branch, newest last, at most the last 100 moves. A server that has no such list answers 404: then nobody
 * is known to have pushed, beside the pushes that webhooks told.
 *
 * @param ref the branch's name without `refs/heads/`.
 */
export async function readPushes(
  client: Client,
  name: RepositoryName,
  ref: string,
): Promise<{ sha: Sha; by: Account }[]> {
  const inputs = { ...parts(name), ref: `refs/heads/${ref}`, per_page: 100 }
  const answer = await absentOn404(client.rest(on(name, 'read'), route, inputs, Activity))
  if (!answer.found) return []
  return answer.value
    .flatMap((move) =>
      move.actor && !emptySha.test(move.after) ? [{ sha: move.after, by: move.actor }] : [],
    )
    .reverse()
}

/**
 * All branches together, so that one conditional request tells of a repository in which nothing has moved; its answer is
 * short, since so many are kept.
 */
export async function readMoves(
  client: Client,
  name: RepositoryName,
  since: number | null,
): Promise<Found<{ moves: BranchMove[]; whole: boolean }>> {
  const inputs = { ...parts(name), per_page: newestMoves }
  const newest = await absentOn404(client.rest(on(name, 'read'), route, inputs, Activity))
  if (!newest.found) return newest
  const reaches = (moves: Activity) => since === null || moves.some(({ id }) => id === since)
  const isAll = newest.value.length < newestMoves
  const listed = isAll || reaches(newest.value) ? newest.value : await readBack(client, name, reaches)
  const known = listed.findIndex(({ id }) => id === since)
  const moves = (known < 0 ? listed : listed.slice(0, known)).flatMap(moveOf).reverse()
  return { found: true, value: { moves, whole: known >= 0 || listed.length < mostMoves } }
}

function readBack(client: Client, name: RepositoryName, reaches: (moves: Activity) => boolean) {
  return client.pages(on(name, 'read'), route, parts(name), {
    schema: Activity,
    items: (page) => page,
    most: mostMoves / 100,
    enough: (soFar) => soFar.length >= mostMoves || reaches(soFar),
  })
}

function moveOf({ id, ref, before, after, activity_type, actor: by }: Activity[number]): BranchMove[] {
  const branch = branchRef.exec(ref)?.[1]
  if (branch === undefined) return []
  const commit = (sha: Sha) => (emptySha.test(sha) ? null : sha)
  return [{ id, branch, from: commit(before), to: commit(after), forced: activity_type === 'force_push', by }]
}
