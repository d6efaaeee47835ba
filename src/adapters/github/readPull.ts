/** Reading a pull request: one GraphQL query for all that GraphQL has, REST only for what it lacks. */
import { z } from 'zod'
import type { Account } from '../../core/account.ts'
import { digestOf } from '../../core/digest.ts'
import { Terminal } from '../../core/errors.ts'
import type { RepositoryName } from '../../core/ids.ts'
import type { Found, PullObservation } from '../../core/ports.ts'
import type { NativeReview, PullReading } from '../../core/snapshot/pull.ts'
import { on, parts } from './access.ts'
import { accountOfActor, ghost } from './accounts.ts'
import type { Client } from './client.ts'
import { peopleOf, resolvePeople } from './commitPeople.ts'
import { ownCommentsOf, wholeList } from './connection.ts'
import { absentOn404 } from './failures.ts'
import { createLru, type Lru } from './lru.ts'
import * as queries from './queries.ts'
import { policyFilesOf } from './queriesFiles.ts'
import type { createChecks } from './readChecks.ts'
import { type Files, repositoryOf } from './readRepository.ts'
import { readMarker } from './text.ts'
import { threadOf } from './threads.ts'
import { askWhole } from './wholeQuery.ts'

/** GitHub shows no more than these; a pull request over them is refused, since nobody could see all of it (T18). */
export const maximumFiles = 3000
export const maximumCommits = 250
const furtherPages = 9

const ViaApp = z.object({ performed_via_github_app: z.object({ id: z.number().int() }).nullish() })

/** The App that opened a pull request never changes, so it is asked for once. */
export type OpenedBy = Lru<number | 'none'>
export const createOpenedBy = (): OpenedBy => createLru({ entries: 10_000 })

/**
 * Read one pull request.
 *
 * @param know.own the accounts under which Countersign acts: the one that comments first, then the one that drafts.
 * @throws Terminal over 3,000 files, 250 commits, 1,000 reviews or 50 pull requests on the head commit (T18).
 */
export async function readPull(
  client: Client,
  know: {
    openedBy: OpenedBy
    checks: Pick<ReturnType<typeof createChecks>, 'of'>
    files: Pick<Files, 'know'>
    own: readonly [Account, ...Account[]]
  },
  name: RepositoryName,
  number: number,
): Promise<Found<PullObservation>> {
  const { openedBy, checks, files, own } = know
  const answer = await absentOn404(ask(client, name, number))
  const repository = answer.found ? answer.value.repository : null
  const node = repository?.pullRequest
  if (!repository || !node) return { found: false }
  refuseOverLimits(node)
  for (const { sha, path, file } of node.baseRef?.target ? policyFilesOf(node.baseRef.target) : [])
    files.know(name, sha, path, file)

  const commits = await wholeList(client, name, number, node.commits, queries.moreCommits, furtherPages)
  const reviewsPage = node.reviews ?? { pageInfo: {}, nodes: [] }
  const reviews = await wholeList(client, name, number, reviewsPage, queries.moreReviews, furtherPages)
  if (!reviews.complete)
    throw tooLarge(number, 'more than 1,000 reviews', 'Open a new pull request for the rest.')
  const comments = await wholeList(
    client,
    name,
    number,
    node.comments,
    queries.morePullComments,
    furtherPages,
  )
  return {
    found: true,
    value: {
      repository: repositoryOf(repository),
      pull: readingOf(node, repository, await appThatOpened(client, openedBy, name, node)),
      commits: await resolvePeople(
        client,
        name,
        number,
        commits.nodes.map((node) => peopleOf(node, own)),
      ),
      reviews: reviews.nodes.map((node) => reviewOf(node, own[0])),
      threads: node.reviewThreads.nodes.map(threadOf),
      ownComments: ownCommentsOf(comments.nodes, own[0].id),
      siblings: siblingsOf(node, repository.databaseId),
      checks: checks.of(node.headRefOid, suitesAtHead(node)),
      baseRules: node.baseRef?.inForce ?? null,
    },
  }
}

function ask(client: Client, name: RepositoryName, number: number) {
  const variables = { owner: parts(name).owner, name: parts(name).repo, number }
  const query = { whole: queries.pullQuery, alone: queries.pullQueryAlone }
  return askWhole(client, on(name, 'read'), query, variables, queries.PullAnswer)
}

/** The suites of the very commit that is the head; its commit and its name are two fields, and may be of two moments. */
function suitesAtHead(node: queries.PullNode) {
  const commit = node.head.nodes[0]?.commit
  return commit?.oid === node.headRefOid ? commit.checkSuites : null
}

function refuseOverLimits(node: queries.PullNode): void {
  const split = 'Split it into smaller pull requests.'
  if (node.changedFiles > maximumFiles)
    throw tooLarge(node.number, `${node.changedFiles} changed files`, split)
  if (node.commits.totalCount > maximumCommits) {
    throw tooLarge(
      node.number,
      `${node.commits.totalCount} commits`,
      'Squash them or split it into smaller pull requests.',
    )
  }
  if (node.baseChanges.pageInfo.hasNextPage)
    throw tooLarge(
      node.number,
      'a base branch that was changed more than 100 times',
      'Open a new pull request.',
    )
}

function tooLarge(number: number, what: string, remedy: string): Terminal {
  const limits = `${maximumFiles} files and ${maximumCommits} commits`
  return new Terminal(
    `pull request #${number} has ${what}`,
    `#${number} has ${what}. GitHub shows at most ${limits}, so nobody can see all of it, and Countersign refuses what ` +
      `it cannot see (T18). ${remedy}`,
  )
}

function readingOf(
  node: queries.PullNode,
  repository: queries.RepositoryNode,
  viaApp: number | null,
): PullReading {
  const headRepository = node.headRepository?.databaseId ?? null
  return {
    id: node.fullDatabaseId,
    nodeId: node.id,
    number: node.number,
    title: node.title,
    body: node.body,
    textDigest: digestOf({ title: node.title, body: node.body }),
    state: ({ OPEN: 'open', CLOSED: 'closed', MERGED: 'merged' } as const)[node.state],
    draft: node.isDraft,
    author: accountOfActor(node.author) ?? ghost,
    viaApp,
    head: {
      sha: node.headRefOid,
      ref: node.headRefName,
      repositoryId: headRepository,
      // A deleted fork has no repository any more and stays a fork.
      fork: node.isCrossRepository || headRepository !== repository.databaseId,
      // The default branch counts even without rules: nothing of ours is ever pushed to it directly.
      protected: !!node.headRef?.beside || node.headRefName === repository.defaultBranchRef?.name,
    },
    base: {
      ref: node.baseRefName,
      tip: node.baseRef?.target?.oid ?? node.baseRefOid,
      // The default branch counts even without rules: more protection is the safe side (T3).
      protected: !!node.baseRef?.any || node.baseRefName === repository.defaultBranchRef?.name,
    },
    baseChanges: node.baseChanges.nodes.length,
    signaturesRequired: !!node.baseRef?.signatures || !!node.headRef?.signatures,
    labels: (node.labels?.nodes ?? []).flatMap((label) => (label ? [label.name] : [])),
    mergeable: ({ MERGEABLE: 'mergeable', CONFLICTING: 'conflicting', UNKNOWN: 'unknown' } as const)[
      node.mergeable
    ],
    mergeCommit: node.state === 'MERGED' ? (node.mergeCommit?.oid ?? null) : null,
    changedFiles: node.changedFiles,
    commitCount: node.commits.totalCount,
  }
}

function reviewOf(node: queries.ReviewNode, bot: Account): NativeReview {
  const author = accountOfActor(node.author)
  const marker = author?.id === bot.id ? readMarker(node.body)?.marker : undefined
  return {
    id: node.fullDatabaseId,
    author,
    state: node.state,
    sha: node.commit?.oid ?? null,
    edited: node.lastEditedAt !== null,
    ...(marker === undefined ? {} : { marker }),
  }
}

/** GraphQL does not tell through which App a pull request was opened. */
async function appThatOpened(
  client: Client,
  openedBy: OpenedBy,
  name: RepositoryName,
  node: queries.PullNode,
): Promise<number | null> {
  const known = openedBy.get(node.id)
  if (known !== undefined) return known === 'none' ? null : known
  const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}'
  const issue = await client.rest(
    on(name, 'read'),
    route,
    { ...parts(name), issue_number: node.number },
    ViaApp,
  )
  const app = issue.performed_via_github_app?.id ?? null
  openedBy.set(node.id, app ?? 'none')
  return app
}

/** Other open pull requests of this repository with the same head commit (T3). */
function siblingsOf(node: queries.PullNode, repositoryId: number): number[] {
  const commit = node.head.nodes[0]?.commit
  const pulls = commit?.associatedPullRequests
  if (!pulls) return []
  if (pulls.totalCount > pulls.nodes.length) {
    throw tooLarge(node.number, `a head that ${pulls.totalCount} pull requests share`, 'Close the others.')
  }
  return pulls.nodes
    .filter((one) => one.state === 'OPEN' && one.headRefOid === node.headRefOid && one.number !== node.number)
    .filter((one) => one.baseRepository?.databaseId === repositoryId)
    .map((one) => one.number)
}
