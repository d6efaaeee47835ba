/** Results that a test writes itself: nothing is run, and the world is told what the script says. */
import { createApp } from '../github/accounts.ts'
import { createRun } from '../github/ops/checks.ts'
import { must } from '../github/site.ts'
import type { CheckRun, Conclusion, Repo } from '../github/state.ts'
import { accountByEmail } from '../github/views/commit.ts'
import { continueAttempt, endJob, holdRun, startJob } from './attempts.ts'
import type { Engine } from './engine.ts'
import { type CiEvent, type CiSettings, latestAttempt, type WorkflowRun } from './records.ts'
import { openRun, type RunOrigin, workflowAt } from './runs.ts'

export type ReportInput = {
  /** Null leaves the job in progress; finish() ends it. */
  conclusion: Conclusion | null
  /** Job and check run; default the first job's name. */
  name?: string
  /** Jobs that come into being once this one has ended, by finish(). */
  later?: readonly string[]
  /** The run has no job: GitHub holds it until a person approves that it runs at all. */
  held?: true
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

/** Reports a scripted result of Actions at a commit. */
export async function report(
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
  if (input.held) {
    await holdRun(site, records, run, actor)
    return run
  }
  const name = input.name ?? settings.jobs[0]?.name ?? 'test'
  const outline = (job: string, needs: string[]) => ({ name: job, command: null, environment: null, needs })
  const outlines = [outline(name, []), ...(input.later ?? []).map((job) => outline(job, [name]))]
  for (const job of await engine.begin(run, actor, outlines)) {
    job.log = input.log ?? ''
    await startJob(site, records, job)
    if (input.conclusion === null) continue
    const message = input.conclusion === 'failure' ? 'Process completed with exit code 1.' : null
    await endJob(site, records, job, { conclusion: input.conclusion, log: job.log, message })
  }
  return run
}

/** Ends the jobs that report() left in progress or to come, or that a rerun of a scripted run queued. */
export async function finish(
  { site, records }: Engine,
  run: WorkflowRun,
  conclusion: Conclusion,
): Promise<void> {
  let jobs = latestAttempt(run).jobs
  do {
    for (const job of jobs) {
      if (job.status === 'completed') continue
      await endJob(site, records, job, { conclusion, log: job.log, message: null })
    }
    jobs = await continueAttempt(site, records, run)
  } while (jobs.length > 0)
}

/** A check of any name by another App; the App is registered when new. */
export function reportAs(
  { site }: Engine,
  repo: Repo,
  sha: string,
  what: ForeignCheckInput,
): Promise<CheckRun> {
  const app =
    [...site.state.apps.values()].find((one) => one.slug === what.app) ?? createApp(site, { slug: what.app })
  return createRun(site, repo, app, must(site.state.accounts, app.botId, 'account'), {
    name: what.name,
    headSha: sha,
    ...(what.conclusion === null ? { status: 'in_progress' } : { conclusion: what.conclusion }),
    output: { title: what.title ?? null, summary: what.summary ?? null, text: null },
  })
}
