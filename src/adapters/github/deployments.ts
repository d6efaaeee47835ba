/** Deployments as acts: made once under a marker, marked as failed, and answers to the jobs that an environment holds back (R2, R4). */
import { z } from 'zod'
import { environmentId, type RepositoryName } from '../../core/ids.ts'
import type { ForgeActs } from '../../core/ports.ts'
import { on, parts } from './access.ts'
import type { Client } from './client.ts'
import { GitHubRefusal } from './failures.ts'
import { readWorkflowRun } from './readChecks.ts'
import { Deployment, markerOf, payloadWith, readStatuses } from './readDeployments.ts'
import { bounded, boundedLine } from './text.ts'

const maximumDescription = 140
/** GitHub's bound on what an App says to a held job. */
const maximumComment = 1024
/** Pages of deployments of one commit in which ours is looked for. */
const pagesOfDeployments = 10

/** @param botId tells the account that deploys for us. */
export function createDeployments(client: Client, botId: () => Promise<number>) {
  /** One that an earlier attempt made whose answer was lost (S7). */
  async function find(
    name: RepositoryName,
    { sha, environment, marker }: Parameters<ForgeActs['createDeployment']>[1],
  ): Promise<number | undefined> {
    const own = await botId()
    const isIt = (one: Deployment) =>
      markerOf(one, own) === marker && environmentId(one.environment) === environmentId(environment)
    const route = 'GET /repos/{owner}/{repo}/deployments'
    const listed = await client.pages(
      on(name, 'deployments'),
      route,
      { ...parts(name), sha },
      {
        schema: z.array(Deployment),
        items: (page) => page,
        most: pagesOfDeployments,
        enough: (soFar) => soFar.some(isIt),
      },
    )
    return listed.find(isIt)?.id
  }

  return {
    async create(name: RepositoryName, input: Parameters<ForgeActs['createDeployment']>[1]): Promise<number> {
      const found = await find(name, input)
      if (found !== undefined) return found
      const body = {
        ref: input.sha,
        environment: input.environment,
        description: boundedLine(input.description, maximumDescription),
        payload: payloadWith(input.marker),
        // The defaults merge the default branch in and want every check green: an older commit could not be deployed.
        auto_merge: false,
        required_contexts: [],
      }
      const route = 'POST /repos/{owner}/{repo}/deployments'
      return (await client.rest(on(name, 'deploy'), route, { ...parts(name), ...body }, Deployment)).id
    },

    async mark(
      name: RepositoryName,
      deploymentId: number,
      { state, environment, description }: Parameters<ForgeActs['markDeployment']>[2],
    ): Promise<void> {
      const statuses = await readStatuses(client, name, deploymentId)
      // Of a deployment that is gone nothing can be said any more.
      if (!statuses.found || statuses.value.at(-1)?.state === state) return
      const route = 'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses'
      const body = { state, environment, description: boundedLine(description, maximumDescription) }
      const where = { ...parts(name), deployment_id: deploymentId }
      await client.rest(on(name, 'deploy'), route, { ...where, ...body }, z.unknown())
    },

    /** The address is made of the repository and the run: the one that the webhook names is not asked (T35). */
    async answer(
      name: RepositoryName,
      { runId, environment, state, comment }: Parameters<ForgeActs['answerProtection']>[1],
    ): Promise<'answered' | 'gone'> {
      const route = 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule'
      const body = {
        environment_name: environment,
        comment: bounded(comment, maximumComment),
        ...(state === null ? {} : { state }),
      }
      try {
        await client.rest(on(name, 'deploy'), route, { ...parts(name), run_id: runId, ...body }, z.unknown())
        return 'answered'
      } catch (error) {
        if (!(error instanceof GitHubRefusal && [404, 422].includes(error.status))) throw error
        // Answered before, cancelled, or never ours: nothing waits for what we would say.
        if (state !== null || error.status === 404) return 'gone'
        // One report too many is refused in the same way, and the job waits on: our answer must not be given up.
        const run = await readWorkflowRun(client, name, runId)
        return run.found && !run.value.ended ? 'answered' : 'gone'
      }
    },
  }
}
