/** Opening pull requests, marking them ready, posting findings and merging: found again before done again (S7). */
import { z } from 'zod'
import type { Account } from '../../core/account.ts'
import type { RepositoryName } from '../../core/ids.ts'
import type { ForgeActs, MergeOutcome, Seen } from '../../core/ports.ts'
import type { NativeReview } from '../../core/snapshot/pull.ts'
import { on, parts } from './access.ts'
import { RestAccount } from './accounts.ts'
import type { Client } from './client.ts'
import { GitHubRefusal } from './failures.ts'
import { markReadyMutation, ReadyAnswer } from './mutations.ts'
import { bounded, boundedLine, maximumBody, readMarker, withMarker } from './text.ts'

const maximumTitle = 256
const Found = z.object({ number: z.number().int(), head: z.object({ sha: z.string() }) })
const Opened = Found.extend({ node_id: z.string() })
const Review = z.object({ id: z.number().int(), body: z.string().nullable(), user: RestAccount.nullable() })
const Merged = z.object({ sha: z.string().nullish(), merged: z.boolean().optional() })
const Landed = z.object({
  merged: z.boolean(),
  merge_commit_sha: z.string().nullable(),
  head: z.object({ sha: z.string() }),
  base: z.object({ ref: z.string() }),
})
const pagesOfReviews = 10
const commentsPerReview = 50

/**
 * Open the pull request of a branch. GitHub refuses a second one of the same branch, and the first is then found.
 *
 * @param onOpened is told the node id of one that was really opened by this call.
 */
export async function openPull(
  client: Client,
  name: RepositoryName,
  input: Parameters<ForgeActs['openPull']>[1],
  onOpened: (nodeId: string) => void,
): Promise<{ number: number; head: string }> {
  const body = {
    ...parts(name),
    head: input.branch,
    base: input.baseRef,
    title: boundedLine(input.title, maximumTitle),
    body: bounded(input.body, maximumBody),
    draft: input.draft,
  }
  try {
    const opened = await client.rest(on(name, 'pull'), 'POST /repos/{owner}/{repo}/pulls', body, Opened)
    onOpened(opened.node_id)
    return { number: opened.number, head: opened.head.sha }
  } catch (error) {
    const there =
      error instanceof GitHubRefusal && error.status === 422 && (await findPull(client, name, input.branch))
    if (there) return there
    throw error
  }
}

async function findPull(
  client: Client,
  name: RepositoryName,
  branch: string,
): Promise<{ number: number; head: string } | null> {
  const { owner, repo } = parts(name)
  const inputs = { owner, repo, state: 'open', head: `${owner}:${branch}`, per_page: 100 }
  const [first] = await client.rest(
    on(name, 'pull'),
    'GET /repos/{owner}/{repo}/pulls',
    inputs,
    z.array(Found),
  )
  return first ? { number: first.number, head: first.head.sha } : null
}

/** Marking what is ready already changes nothing. */
export async function markReady(client: Client, name: RepositoryName, nodeId: string): Promise<void> {
  try {
    await client.graphql(on(name, 'pull'), markReadyMutation, { id: nodeId }, ReadyAnswer)
  } catch (error) {
    if (!(error instanceof GitHubRefusal) || error.status !== 403) throw error
    await client.graphql(on(name, 'ready'), markReadyMutation, { id: nodeId }, ReadyAnswer)
  }
}

/** One COMMENT review with findings. Comments on lines that GitHub does not take are listed in its body instead. */
export async function postReview(
  client: Client,
  bot: Account,
  name: RepositoryName,
  number: number,
  input: Parameters<ForgeActs['postReview']>[2],
  seen: Seen,
): Promise<NativeReview | null> {
  if (seen !== 'none' && (await isPosted(client, bot.id, name, number, input.marker))) return null
  const where = { ...parts(name), pull_number: number }
  const route = 'POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews'
  const review = { ...where, commit_id: input.sha, event: 'COMMENT' }
  const placed = input.comments.slice(0, commentsPerReview)
  const rest = input.comments.slice(commentsPerReview)
  const { sha, marker } = input
  const posted = (id: number) => ({
    id,
    author: bot,
    state: 'COMMENTED' as const,
    sha,
    edited: false,
    marker,
  })
  try {
    const comments = placed.map(({ path, line, body }) => ({
      path,
      line,
      side: 'RIGHT',
      body: bounded(body, maximumBody),
    }))
    const body = withMarker(input.marker, withList(input.body, rest))
    const { id } = await client.rest(on(name, 'pull'), route, { ...review, body, comments }, Review)
    return posted(id)
  } catch (error) {
    if (!(error instanceof GitHubRefusal) || error.status !== 422) throw error
    const body = withMarker(input.marker, withList(input.body, input.comments))
    return posted((await client.rest(on(name, 'pull'), route, { ...review, body }, Review)).id)
  }
}

async function isPosted(
  client: Client,
  botId: number,
  name: RepositoryName,
  number: number,
  marker: string,
): Promise<boolean> {
  const list = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews'
  const reviews = await client.pages(
    on(name, 'read'),
    list,
    { ...parts(name), pull_number: number },
    { schema: z.array(Review), items: (page) => page, most: pagesOfReviews },
  )
  return reviews.some((one) => one.user?.id === botId && readMarker(one.body ?? '')?.marker === marker)
}

function withList(body: string, comments: { path: string; line: number; body: string }[]): string {
  if (comments.length === 0) return body
  const lines = comments.map((one) => `- \`${one.path}\` line ${one.line}: ${one.body.replace(/\s+/g, ' ')}`)
  return `${body}\n\n${lines.join('\n')}`
}

/**
 * Merge with the expected head (A5, T1), then read back where it landed (T42). A merge whose answer was lost is found
 * as merged: GitHub then refuses the second with 405.
 */
export async function merge(
  client: Client,
  name: RepositoryName,
  number: number,
  input: Parameters<ForgeActs['merge']>[2],
): Promise<MergeOutcome> {
  const where = { ...parts(name), pull_number: number }
  const body = {
    ...where,
    sha: input.sha,
    merge_method: input.method,
    commit_title: boundedLine(input.title, maximumTitle),
    commit_message: bounded(input.message, maximumBody),
  }
  try {
    const merged = await client.rest(
      on(name, 'merge'),
      'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge',
      body,
      Merged,
    )
    const landed = await readBack(client, name, where)
    return {
      kind: 'merged',
      sha: merged.sha ?? landed.merge_commit_sha ?? input.sha,
      landedOn: landed.base.ref,
    }
  } catch (error) {
    if (!(error instanceof GitHubRefusal)) throw error
    if (error.status === 409) return { kind: 'moved' }
    if (error.status !== 405 && error.status !== 403 && error.status !== 422) throw error
    const landed = await readBack(client, name, where)
    if (landed.merged && landed.head.sha === input.sha && landed.merge_commit_sha) {
      return { kind: 'merged', sha: landed.merge_commit_sha, landedOn: landed.base.ref }
    }
    return { kind: 'refused', sentence: `GitHub refused to merge #${number}: ${error.words}` }
  }
}

function readBack(client: Client, name: RepositoryName, where: object): Promise<z.infer<typeof Landed>> {
  return client.rest(on(name, 'read'), 'GET /repos/{owner}/{repo}/pulls/{pull_number}', where, Landed)
}
