/** Switches the stand-in's Actions on for a repository: pushes and pull requests really run its workflow's commands. */
import { z } from 'zod'
import { createApp } from '../github/accounts.ts'
import { GitHubError } from '../github/errors.ts'
import { createRun } from '../github/ops/checks.ts'
import { must } from '../github/site.ts'
import type { CheckRun, Conclusion, Permissions, Repo } from '../github/state.ts'
import { accountByEmail } from '../github/views/commit.ts'
import type { GitHubWorld } from '../github/world.ts'
import { storeArtifact, type UploadInput } from './artifacts.ts'
import { endJob, openRun, type RunOrigin, startJob, workflowAt } from './attempts.ts'
import { type Engine, engineOf } from './engine.ts'
import {
  type Artifact,
  type CiEvent,
  type CiSettings,
  type JobSettings,
  latestAttempt,
  type WorkflowRun,
} from './records.ts'
import { asksToSkip } from './skip.ts'

export { ACTIONS_APP_ID } from './engine.ts'

export type CiInput = {
  /** Default `.github/workflows/ci.yml`. The default branch must hold it. */
  workflow?: string
  /** The workflow's name; default `CI`. */
  title?: string
  jobs: readonly JobSettings[]
  /** Default push. An empty list runs nothing by itself: results are then scripted by report(). */
  events?: readonly CiEvent[]
  /** Branches whose pushes start it, as under `on: push: branches:`; default all. */
  branches?: readonly string[]
  artifacts?: CiSettings['artifacts']
  env?: Record<string, string>
  /** What the jobs' GITHUB_TOKEN may do; by default they get none. */
  permissions?: Permissions
  /** Absolute path of a folder linked into each checkout as node_modules. */
  dependencies?: string
  /** Of one job; default 120,000. */
  timeoutMs?: number
  /** Of one job; default 1 MB. */
  outputBytes?: number
  /** Jobs at once in the whole world; default 1. */
  concurrency?: 1 | 2
}

export type ReportInput = {
  /** Null leaves the job in progress; finish() ends it. */
  conclusion: Conclusion | null
  /** Job and check run; default the first job's name. */
  name?: string
  /** Default push. */
  event?: CiEvent
  /** Path of another workflow file, to play a check of the right name from the wrong workflow (T15). */
  workflow?: string
  log?: string
}

export type ForeignCheckInput = {
  app: string
  name: string
  conclusion: Conclusion | null
  title?: string
  summary?: string
}

export type Ci = {
  /** Reports a scripted result of Actions at a commit; nothing is run. */
  report(sha: string, input: ReportInput): Promise<WorkflowRun>
  /** Ends the jobs that report() left in progress, or that a rerun of a scripted run queued. */
  finish(run: WorkflowRun, conclusion: Conclusion): Promise<void>
  /** A check of any name by another App (a third-party CI, or a forgery); the App is registered when new. */
  reportAs(sha: string, input: ForeignCheckInput): Promise<CheckRun>
  /** Runs at a commit, oldest first. */
  runs(sha?: string): WorkflowRun[]
  /** Logs of the latest attempt by job name, ended jobs only. */
  logs(run: WorkflowRun): Record<string, string>
  artifacts(run: WorkflowRun): Artifact[]
  /** Plays an upload by the run's latest attempt, also of archives that upload-artifact would not make. */
  upload(run: WorkflowRun, input: UploadInput): Artifact
}

/**
 * @param repository `owner/name`.
 * @throws when the default branch lacks the workflow file: GitHub would silently run nothing.
 */
export async function enableCi(world: GitHubWorld, repository: string, input: CiInput): Promise<Ci> {
  const engine = engineOf(world)
  const { site, records } = engine
  const repo = world.repo(repository)
  const settings: CiSettings = {
    workflow: input.workflow ?? '.github/workflows/ci.yml',
    title: input.title ?? 'CI',
    jobs: input.jobs,
    events: input.events ?? ['push'],
    branches: input.branches ?? null,
    artifacts: input.artifacts ?? [],
    env: input.env ?? {},
    dependencies: input.dependencies ?? null,
    permissions: input.permissions ?? null,
    timeoutMs: input.timeoutMs ?? 120_000,
    outputBytes: input.outputBytes ?? 1_000_000,
  }
  if (!(await holds(engine, repo, `refs/heads/${repo.defaultBranch}`, settings.workflow))) {
    throw new Error(
      `enableCi: ${repository}@${repo.defaultBranch} holds no ${settings.workflow}, so GitHub would run nothing; add the file to the repository or name the right one in "workflow"`,
    )
  }
  if (input.concurrency !== undefined) engine.setConcurrency(input.concurrency)
  const workflow = workflowAt(site, records, repo, settings.workflow, settings.title)
  engine.settings.set(workflow.id, settings)

  async function trigger(origin: RunOrigin): Promise<WorkflowRun | null> {
    if (!settings.events.includes(origin.event)) return null
    if (!(await holds(engine, repo, origin.sha, settings.workflow))) return null
    const commit = await site.git.commit(repo.dir, origin.sha)
    if (['push', 'pull_request'].includes(origin.event) && asksToSkip(commit.message)) return null
    const run = await openRun(site, records, engine.app, workflow, origin)
    await engine.begin(
      run,
      origin.actor,
      settings.jobs.map((job) => ({
        name: job.name,
        command: job.run,
        environment: job.environment ?? null,
      })),
    )
    return run
  }
  world.onPush(async (push) => {
    const branch = /^refs\/heads\/(.+)$/.exec(push.ref)?.[1]
    if (push.repo.id !== repo.id || branch === undefined || push.deleted) return
    if (settings.branches && !settings.branches.includes(branch)) return
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

  return {
    report: (sha, what) => report(engine, repo, settings, sha, what),
    async finish(run, conclusion) {
      for (const job of latestAttempt(run).jobs) {
        if (job.status === 'completed') continue
        await endJob(site, records, job, { conclusion, log: job.log, message: null })
      }
    },
    async reportAs(sha, what) {
      const app =
        [...site.state.apps.values()].find((one) => one.slug === what.app) ??
        createApp(site, { slug: what.app })
      return createRun(site, repo, app, must(site.state.accounts, app.botId, 'account'), {
        name: what.name,
        headSha: sha,
        ...(what.conclusion === null ? { status: 'in_progress' } : { conclusion: what.conclusion }),
        output: { title: what.title ?? null, summary: what.summary ?? null, text: null },
      })
    },
    runs: (sha) =>
      [...records.runs.values()].filter(
        (run) => run.repoId === repo.id && (sha === undefined || run.headSha === sha),
      ),
    logs: (run) =>
      Object.fromEntries(
        latestAttempt(run)
          .jobs.filter((job) => job.status === 'completed')
          .map((job) => [job.name, job.log]),
      ),
    upload(run, input) {
      const stored = storeArtifact(site, records, run, latestAttempt(run).number, input)
      if (stored === null) throw new Error(`this attempt has an artifact ${input.name} already`)
      return stored
    },
    artifacts: (run) => [...records.artifacts.values()].filter((artifact) => artifact.runId === run.id),
  }
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
async function holds({ site }: Engine, repo: Repo, at: string, path: string): Promise<boolean> {
  const commit = await site.git.commitSha(repo.dir, at)
  return commit !== null && (await site.git.resolve(repo.dir, `${commit}:${path}`)) !== null
}

async function report(
  engine: Engine,
  repo: Repo,
  settings: CiSettings,
  sha: string,
  input: ReportInput,
): Promise<WorkflowRun> {
  const { site, records, app } = engine
  const path = input.workflow ?? settings.workflow
  const workflow = workflowAt(site, records, repo, path, path === settings.workflow ? settings.title : path)
  const { committer } = await site.git.commit(repo.dir, sha)
  const actor = accountByEmail(site, committer.email) ?? must(site.state.accounts, app.botId, 'account')
  const refs = await site.git.refs(repo.dir, 'refs/heads')
  const branch = refs.find((ref) => ref.sha === sha)?.ref.replace('refs/heads/', '') ?? repo.defaultBranch
  const origin: RunOrigin = { event: input.event ?? 'push', sha, branch, before: null, headRepo: repo, actor }
  const run = await openRun(site, records, app, workflow, origin)
  const name = input.name ?? settings.jobs[0]?.name ?? 'test'
  for (const job of await engine.begin(run, actor, [{ name, command: null }])) {
    job.log = input.log ?? ''
    await startJob(site, records, job)
    if (input.conclusion === null) continue
    const message = input.conclusion === 'failure' ? 'Process completed with exit code 1.' : null
    await endJob(site, records, job, { conclusion: input.conclusion, log: job.log, message })
  }
  return run
}
