/** Repositories, pull requests and issues of the stand-in as GraphQL shows them; only the fields that are in use. */
import { GraphQLError } from 'graphql'
import { canSee, findRepo, grants } from '../github/access.ts'
import { diffFiles } from '../github/diff.ts'
import type { CommitInfo, Identity } from '../github/git.ts'
import { mergeState } from '../github/ops/mergeability.ts'
import { issueOf } from '../github/ops/pulls.ts'
import { type Actor, must, type Site } from '../github/site.ts'
import type { Account, Comment, Issue, Pull, Repo, Review } from '../github/state.ts'
import { nodeId } from '../github/views/account.ts'
import { accountByEmail, verificationOf } from '../github/views/commit.ts'
import { pullHtml } from '../github/views/pull.ts'
import { repoNodeId } from '../github/views/repo.ts'
import { suitesOf } from './checks.ts'
import { connection, type PageArguments } from './connection.ts'
import { type MergedArguments, mergeCommitView, mergedInto } from './merged.ts'
import { branchView, objectView } from './refs.ts'
import { threadViews } from './threads.ts'

export type Context = { site: Site; actor: Actor }

export const notFound = (what: string) =>
  new GraphQLError(`Could not resolve to ${what}.`, { extensions: { type: 'NOT_FOUND' } })

/** Refuses a token without the permission, in the words GitHub uses for Apps. */
export function need({ actor }: Context, permission: string): void {
  if (actor.kind === 'anonymous' || actor.kind === 'app') {
    throw new GraphQLError('This endpoint requires you to be authenticated.', {
      extensions: { type: 'FORBIDDEN' },
    })
  }
  if (actor.kind === 'installation' && !grants(actor.permissions, permission)) {
    throw new GraphQLError('Resource not accessible by integration', { extensions: { type: 'FORBIDDEN' } })
  }
}

/** An account as an Actor: bots are called without their `[bot]` ending in GraphQL. */
function actorView(account: Account) {
  return {
    __typename: account.type,
    login: account.type === 'Bot' ? account.login.replace(/\[bot\]$/, '') : account.login,
    databaseId: account.id,
  }
}

/** Nobody where there was an account that is gone. */
function actorById(site: Site, id: number | null) {
  const account = id === null ? null : must(site.state.accounts, id, 'account')
  return account === null || account.deleted === true ? null : actorView(account)
}

export function repositoryView(context: Context, owner: string, name: string) {
  const { site, actor } = context
  const repo = findRepo(site.state, owner, name)
  if (repo === null || !canSee(site, actor, repo))
    throw notFound(`a Repository with the name '${owner}/${name}'`)
  const issues = () => [...site.state.issues.values()].filter((one) => one.repoId === repo.id)
  return {
    id: repoNodeId(repo),
    ref({ qualifiedName }: { qualifiedName: string }) {
      need(context, 'contents:read')
      return branchView(site, repo, qualifiedName.replace(/^refs\/heads\//, ''))
    },
    databaseId: repo.id,
    nameWithOwner: `${must(site.state.accounts, repo.ownerId, 'account').login}/${repo.name}`,
    isPrivate: repo.private,
    defaultBranchRef: () => branchView(site, repo, repo.defaultBranch),
    object({ expression }: { expression: string }) {
      need(context, 'contents:read')
      return objectView(site, repo, expression)
    },
    pullRequest({ number }: { number: number }) {
      need(context, 'pull_requests:read')
      const pull = [...site.state.pulls.values()].find(
        (one) => one.repoId === repo.id && one.number === number,
      )
      if (pull === undefined) throw notFound(`a PullRequest with the number of ${number}`)
      return pullView(context, repo, pull)
    },
    pullRequests(asked: MergedArguments) {
      need(context, 'pull_requests:read')
      const pulls = mergedInto(site, repo, asked)
      return connection(
        pulls.map((one) => pullView(context, repo, one)),
        asked,
      )
    },
    issue({ number }: { number: number }) {
      need(context, 'issues:read')
      const issue = issues().find((one) => one.number === number && one.pullId === null)
      if (issue === undefined) throw notFound(`an Issue with the number of ${number}`)
      return issueView(site, issue)
    },
  }
}

/** What issues and pull requests share. */
function conversationView(site: Site, issue: Issue) {
  const comments = () => [...site.state.comments.values()].filter((one) => one.issueId === issue.id)
  return {
    number: issue.number,
    title: issue.title,
    body: issue.body ?? '',
    author: actorById(site, issue.authorId),
    editor: actorById(site, issue.editorId),
    lastEditedAt: issue.lastEditedAt,
    labels: (page: PageArguments) =>
      connection(
        issue.labels.map((name) => ({ name })),
        page,
      ),
    comments: (page: PageArguments) =>
      connection(
        comments().map((one) => commentView(site, one)),
        page,
      ),
  }
}

function issueView(site: Site, issue: Issue) {
  return {
    ...conversationView(site, issue),
    id: nodeId('I', issue.id),
    fullDatabaseId: String(issue.id),
    state: issue.state === 'open' ? 'OPEN' : 'CLOSED',
  }
}

function commentView(site: Site, comment: Comment) {
  return {
    fullDatabaseId: String(comment.id),
    author: actorById(site, comment.authorId),
    body: comment.body,
    lastEditedAt: comment.lastEditedAt,
  }
}

export function pullView(context: Context, repo: Repo, pull: Pull) {
  const { site } = context
  const issue = issueOf(site, pull)
  const inOrder = async () => {
    need(context, 'contents:read')
    return (await site.git.log(repo.dir, ['--topo-order', `${pull.baseSha}..${pull.headSha}`])).reverse()
  }
  const reviews = () =>
    [...site.state.reviews.values()].filter((one) => one.pullId === pull.id && one.state !== 'PENDING')
  return {
    ...conversationView(site, issue),
    id: nodeId('PR', pull.id),
    fullDatabaseId: String(pull.id),
    state: pull.merged ? 'MERGED' : issue.state === 'open' ? 'OPEN' : 'CLOSED',
    isDraft: pull.draft,
    isCrossRepository: pull.headRepoId !== pull.repoId,
    headRefName: pull.headRef,
    headRefOid: pull.headSha,
    headRepository: { databaseId: pull.headRepoId },
    headRef: () => branchView(site, must(site.state.repos, pull.headRepoId, 'repository'), pull.headRef),
    baseRefName: pull.baseRef,
    baseRefOid: pull.baseSha,
    baseRef: () => branchView(site, repo, pull.baseRef),
    mergeCommit:
      pull.merged && pull.mergeCommitSha !== null ? mergeCommitView(site, repo, pull.mergeCommitSha) : null,
    mergedAt: pull.mergedAt,
    updatedAt: issue.updatedAt,
    url: pullHtml(site, pull),
    async mergeable() {
      const { mergeable } = await mergeState(site, pull)
      return mergeable === null ? 'UNKNOWN' : mergeable ? 'MERGEABLE' : 'CONFLICTING'
    },
    async changedFiles() {
      const base = await site.git.mergeBase(repo.dir, pull.baseSha, pull.headSha)
      return (await diffFiles(site.git, repo.dir, base, pull.headSha)).length
    },
    async commits(page: PageArguments) {
      return connection(
        (await inOrder()).map((info) => ({ commit: commitView(site, repo, info) })),
        page,
      )
    },
    reviews: (page: PageArguments) =>
      connection(
        reviews().map((one) => reviewView(site, one)),
        page,
      ),
    reviewThreads: (page: PageArguments) => connection(threadViews(site, pull, actorById), page),
    timelineItems({ itemTypes, ...page }: PageArguments & { itemTypes?: string[] }) {
      const wanted = itemTypes?.includes('BASE_REF_CHANGED_EVENT') ?? true
      const moves = wanted ? pull.basesBefore : []
      return connection(
        moves.map((from, at) => ({
          __typename: 'BaseRefChangedEvent',
          previousRefName: from,
          currentRefName: moves[at + 1] ?? pull.baseRef,
        })),
        page,
      )
    },
  }
}

function commitView(site: Site, repo: Repo, info: CommitInfo) {
  // GitHub's GitActor names users only: a bot's commit resolves to nobody here.
  const person = (identity: Pick<Identity, 'name' | 'email'>) => {
    const account = accountByEmail(site, identity.email)
    return { ...identity, user: account?.type === 'User' ? actorView(account) : null }
  }
  const coAuthors = [...info.message.matchAll(/^co-authored-by: *(.+?) *<([^>\n]+)> *$/gim)]
  const authors = [info.author, ...coAuthors.map(([, name = '', email = '']) => ({ name, email }))]
  const sharing = () =>
    [...site.state.pulls.values()].filter((one) => one.repoId === repo.id && one.headSha === info.sha)
  return {
    oid: info.sha,
    message: info.message,
    author: person(info.author),
    committer: person(info.committer),
    signature: site.state.signed.has(info.sha)
      ? { __typename: 'GpgSignature', isValid: verificationOf(site, info).verified }
      : null,
    authors: (page: PageArguments) => connection(authors.map(person), page),
    checkSuites: (page: PageArguments) => connection(suitesOf(site, repo, info.sha), page),
    // Only pull requests whose head is this commit; GitHub also lists those that merely contain it.
    associatedPullRequests: (page: PageArguments) =>
      connection(
        sharing().map((one) => ({
          number: one.number,
          state: one.merged ? 'MERGED' : issueOf(site, one).state === 'open' ? 'OPEN' : 'CLOSED',
          headRefOid: one.headSha,
          baseRepository: { databaseId: one.repoId },
        })),
        page,
      ),
  }
}

function reviewView(site: Site, review: Review) {
  const edited =
    review.state !== 'DISMISSED' && review.submittedAt !== null && review.updatedAt !== review.submittedAt
  return {
    fullDatabaseId: String(review.id),
    author: actorById(site, review.authorId),
    state: review.state,
    submittedAt: review.submittedAt,
    body: review.body ?? '',
    lastEditedAt: edited ? review.updatedAt : null,
    commit: { oid: review.commitId },
  }
}
