/** The GraphQL mutations in use: draft, ready, the merge queue, review threads; each with the permission GitHub asks for. */
import { GraphQLError } from 'graphql'
import { canSee, roleAtLeast, roleOn } from '../github/access.ts'
import { GitHubError } from '../github/errors.ts'
import { dequeue, enqueue, entriesOf } from '../github/ops/mergeQueue.ts'
import { setDraft } from '../github/ops/pulls.ts'
import { resolveThread, threadNodeId } from '../github/ops/reviewComments.ts'
import { authorOf, must } from '../github/site.ts'
import type { Account, Pull, QueueEntry, Repo } from '../github/state.ts'
import { nodeId } from '../github/views/account.ts'
import { type Context, need, notFound, pullView } from './resolvers.ts'
import { type UpdateRefsInput, updateRefs } from './updateRefs.ts'

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

/** The queue's refusals in the form of GraphQL. */
async function queued(
  context: Context,
  id: string,
  change: (pull: Pull, by: Account) => Promise<QueueEntry>,
) {
  const { pull, repo, by } = writable(context, (one) => nodeId('PR', one.id) === id, id)
  try {
    const entry = await change(pull, by)
    const waiting = entriesOf({ site: context.site, repo, baseRef: entry.baseRef })
    const mergeQueueEntry = {
      id: nodeId('MQE', entry.id),
      position: waiting.indexOf(entry) + 1,
      state: entry.group === null ? 'QUEUED' : 'AWAITING_CHECKS',
      enqueuedAt: entry.enqueuedAt,
      pullRequest: pullView(context, repo, pull),
    }
    return { clientMutationId: null, mergeQueueEntry }
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error
    throw new GraphQLError(error.message, { extensions: { type: 'UNPROCESSABLE' } })
  }
}

type EnqueueInput = { input: { pullRequestId: string; expectedHeadOid?: string | null } }
type PullInput = { input: { pullRequestId: string } }

export function mutations(context: Context) {
  return {
    markPullRequestReadyForReview: ({ input }: PullInput) => draft(context, input.pullRequestId, false),
    convertPullRequestToDraft: ({ input }: PullInput) => draft(context, input.pullRequestId, true),
    enqueuePullRequest: ({ input }: EnqueueInput) =>
      queued(context, input.pullRequestId, (pull, by) =>
        enqueue(context.site, pull, by, input.expectedHeadOid),
      ),
    dequeuePullRequest: ({ input }: { input: { id: string } }) =>
      queued(context, input.id, (pull, by) => dequeue(context.site, pull, by)),
    updateRefs: ({ input }: UpdateRefsInput) => updateRefs(context, input),
    resolveReviewThread: ({ input }: { input: { threadId: string } }) => resolve(context, input.threadId),
  }
}
