/** Moving refs in GraphQL: each only from where it is said to be, under the rules of its branch. */
import { GraphQLError } from 'graphql'
import { canSee, roleAtLeast, roleOn } from '../github/access.ts'
import { GitHubError } from '../github/errors.ts'
import { ZERO_SHA } from '../github/git.ts'
import { moveRef } from '../github/ops/merge.ts'
import { authorOf } from '../github/site.ts'
import { repoNodeId } from '../github/views/repo.ts'
import { type Context, need, notFound } from './resolvers.ts'

type RefUpdateInput = { name: string; beforeOid?: string | null; afterOid: string; force?: boolean | null }
export type UpdateRefsInput = { input: { repositoryId: string; refUpdates: RefUpdateInput[] } }

/** One ref a call here, so that all or nothing needs no more than git's own compare-and-swap. */
export async function updateRefs(context: Context, input: UpdateRefsInput['input']) {
  const { site, actor } = context
  const repo = [...site.state.repos.values()].find((one) => repoNodeId(one) === input.repositoryId)
  if (repo === undefined || !canSee(site, actor, repo))
    throw notFound(`a node with the global id of '${input.repositoryId}'`)
  need(context, 'contents:write')
  const by = authorOf(actor)
  if (by === null || (actor.kind === 'user' && !roleAtLeast(roleOn(site.state, repo, by), 'write')))
    throw notFound(`a node with the global id of '${input.repositoryId}'`)
  const [update, ...others] = input.refUpdates
  if (update === undefined || others.length > 0) throw unprocessable('The stand-in moves one ref a call.')
  const now = (await site.git.ref(repo.dir, update.name)) ?? ZERO_SHA
  const before = update.beforeOid ?? now
  const after = update.afterOid
  if (before !== now) throw unprocessable(`${update.name} is at ${now} but expected ${before}`)
  if (after !== ZERO_SHA && (await site.git.commitSha(repo.dir, after)) !== after)
    throw unprocessable(`${after} does not point to a commit`)
  const forced =
    before !== ZERO_SHA && after !== ZERO_SHA && !(await site.git.isAncestor(repo.dir, before, after))
  if (forced && update.force !== true) throw unprocessable(`${update.name} is not a fast forward`)
  try {
    await moveRef(site, repo, { ref: update.name, before, after, actor, via: 'push', forced })
  } catch (error) {
    if (error instanceof GitHubError) throw unprocessable(error.message)
    throw error
  }
  return { clientMutationId: null }
}

const unprocessable = (message: string) =>
  new GraphQLError(message, { extensions: { type: 'UNPROCESSABLE' } })
