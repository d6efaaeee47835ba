/** What starts a workflow: pushes, pull requests, deployments, merge groups, and people who dispatch it. */
import { z } from 'zod'
import { GitHubError } from '../github/errors.ts'
import { must } from '../github/site.ts'
import type { Repo } from '../github/state.ts'
import type { GitHubWorld } from '../github/world.ts'
import type { Engine } from './engine.ts'
import type { CiSettings, Workflow, WorkflowRun } from './records.ts'
import { openRun, type RunOrigin } from './runs.ts'
import { asksToSkip } from './skip.ts'

/** Listens to the world, as far as the workflow's `on:` names its events. */
export function triggerOn(
  world: GitHubWorld,
  engine: Engine,
  repo: Repo,
  workflow: Workflow,
  settings: CiSettings,
): void {
  const { site } = engine
  async function trigger(origin: RunOrigin): Promise<WorkflowRun | null> {
    if (!settings.events.includes(origin.event)) return null
    if (!(await holdsWorkflow(engine, repo, origin.sha, settings.workflow))) return null
    const commit = await site.git.commit(repo.dir, origin.sha)
    if (['push', 'pull_request'].includes(origin.event) && asksToSkip(commit.message)) return null
    const run = await openRun(site, engine.records, engine.app, workflow, origin)
    await engine.begin(
      run,
      origin.actor,
      settings.jobs.map((job) => ({
        name: job.name,
        command: job.run,
        environment: job.environment ?? null,
        needs: job.needs ?? [],
      })),
    )
    return run
  }
  world.onPush(async (push) => {
    const branch = /^refs\/heads\/(.+)$/.exec(push.ref)?.[1]
    if (push.repo.id !== repo.id || branch === undefined || push.deleted) return
    if (settings.branches?.includes(branch) === false) return
    await trigger({
      event: 'push',
      sha: push.after,
      branch,
      before: push.before,
      headRepo: repo,
      actor: push.pusher,
    })
  })
  world.onEvent(async (event) => {
    if (event.event !== 'pull_request' || event.repo?.id !== repo.id) return
    if (!['opened', 'synchronize', 'reopened'].includes(event.action ?? '')) return
    const { pull_request: pull, sender, before } = pullEvent.parse(event.payload)
    const headRepo = must(site.state.repos, pull.head.repo.id, 'repository')
    const actor = must(site.state.accounts, sender.id, 'account')
    const { sha, ref: branch } = pull.head
    await trigger({ event: 'pull_request', sha, branch, before: before ?? null, headRepo, actor })
  })

  world.onEvent(async (event) => {
    if (event.event !== 'deployment' || event.repo?.id !== repo.id) return
    const { deployment, sender } = deploymentEvent.parse(event.payload)
    // What a workflow does with its own token starts no further workflow.
    if (deployment.performed_via_github_app?.id === engine.app.id) return
    const actor = must(site.state.accounts, sender.id, 'account')
    const { sha, ref: branch } = deployment
    await trigger({
      event: 'deployment',
      sha,
      branch,
      before: null,
      headRepo: repo,
      actor,
      payload: event.payload,
    })
  })
  engine.dispatches.set(workflow.id, async (ref, inputs, actor) => {
    if (!settings.events.includes('workflow_dispatch'))
      throw new GitHubError(422, "Workflow does not have 'workflow_dispatch' trigger")
    const branch = ref.replace(/^refs\/heads\//, '')
    const sha = await site.git.commitSha(repo.dir, `refs/heads/${branch}`)
    if (sha === null) throw new GitHubError(422, `No ref found for: ${ref}`)
    const payload = { inputs, ref: `refs/heads/${branch}` }
    const run = await trigger({
      event: 'workflow_dispatch',
      sha,
      branch,
      before: null,
      headRepo: repo,
      actor,
      payload,
    })
    if (run === null) throw new GitHubError(422, `Workflow does not exist on ${ref}`)
    return run
  })
  world.onEvent(async (event) => {
    if (event.event !== 'merge_group' || event.action !== 'checks_requested') return
    if (event.repo?.id !== repo.id) return
    const { merge_group: group, sender } = groupEvent.parse(event.payload)
    const actor = must(site.state.accounts, sender.id, 'account')
    const branch = group.head_ref.replace('refs/heads/', '')
    await trigger({ event: 'merge_group', sha: group.head_sha, branch, before: null, headRepo: repo, actor })
  })
}

/** What a run needs of the stand-in's own pull_request webhook. */
const pullEvent = z.object({
  pull_request: z.object({
    head: z.object({ sha: z.string(), ref: z.string(), repo: z.object({ id: z.number() }) }),
  }),
  sender: z.object({ id: z.number() }),
  before: z.string().optional(),
})

const deploymentEvent = z.object({
  deployment: z.object({
    sha: z.string(),
    ref: z.string(),
    performed_via_github_app: z.object({ id: z.number() }).nullish(),
  }),
  sender: z.object({ id: z.number() }),
})

const groupEvent = z.object({
  merge_group: z.object({ head_sha: z.string(), head_ref: z.string() }),
  sender: z.object({ id: z.number() }),
})

/** Whether the tree at a commit holds the workflow file; a change that removes it silences its own CI (T16). */
export async function holdsWorkflow(
  { site }: Engine,
  repo: Repo,
  at: string,
  path: string,
): Promise<boolean> {
  const commit = await site.git.commitSha(repo.dir, at)
  return commit !== null && (await site.git.resolve(repo.dir, `${commit}:${path}`)) !== null
}
