/** The GraphQL mutations in use: draft, ready, and resolving a review thread; each with the permission GitHub asks for. */
import { canSee, roleAtLeast, roleOn } from '../github/access.ts'
import { setDraft } from '../github/ops/pulls.ts'
import { resolveThread, threadNodeId } from '../github/ops/reviewComments.ts'
import { authorOf, must } from '../github/site.ts'
import type { Account, Pull, Repo } from '../github/state.ts'
import { nodeId } from '../github/views/account.ts'
import { type Context, need, notFound, pullView } from './resolvers.ts'

/** The pull request of a node id, when the caller may write there. */
function writable(
  context: Context,
  wanted: (pull: Pull) => boolean,
  id: string,
): { pull: Pull; repo: Repo; by: Account } {
  const { site, actor } = context
  const pull = [...site.state.pulls.values()].find(wanted)
  const repo = pull === undefined ? undefined : must(site.state.repos, pull.repoId, 'repository')
  if (pull === undefined || repo === undefined || !canSee(site, actor, repo))
    throw notFound(`a node with the global id of '${id}'`)
  need(context, 'pull_requests:write')
  const by = authorOf(actor)
  if (by === null) throw notFound(`a node with the global id of '${id}'`)
  if (actor.kind === 'user' && !roleAtLeast(roleOn(site.state, repo, by), 'write'))
    throw notFound(`a node with the global id of '${id}'`)
  return { pull, repo, by }
}

async function draft(context: Context, id: string, to: boolean) {
  const { pull, repo, by } = writable(context, (one) => nodeId('PR', one.id) === id, id)
  await setDraft(context.site, pull, to, by)
  return { clientMutationId: null, pullRequest: pullView(context, repo, pull) }
}

async function resolve(context: Context, id: string) {
  const thread = [...context.site.state.threads.values()].find((one) => threadNodeId(one) === id)
  const { by } = writable(context, (one) => one.id === thread?.pullId, id)
  if (thread === undefined) throw notFound(`a node with the global id of '${id}'`)
  await resolveThread(context.site, thread, true, by)
  return { clientMutationId: null, thread: { id, isResolved: true } }
}

type PullInput = { input: { pullRequestId: string } }

export function mutations(context: Context) {
  return {
    markPullRequestReadyForReview: ({ input }: PullInput) => draft(context, input.pullRequestId, false),
    convertPullRequestToDraft: ({ input }: PullInput) => draft(context, input.pullRequestId, true),
    resolveReviewThread: ({ input }: { input: { threadId: string } }) => resolve(context, input.threadId),
  }
}
