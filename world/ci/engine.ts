/** The Actions of one stand-in: starts runs, keeps the queue of jobs, runs again, cancels, ends everything on close. */
import PQueue from 'p-queue'
import { createApp } from '../github/accounts.ts'
import { forbidden, GitHubError } from '../github/errors.ts'
import type { Site } from '../github/site.ts'
import type { Account, App } from '../github/state.ts'
import type { GitHubWorld } from '../github/world.ts'
import { beginAttempt, continueAttempt, endJob, startJob } from './attempts.ts'
import { deployThrough } from './deploy.ts'
import { createDownloads, type Downloads } from './downloads.ts'
import { runJob } from './job.ts'
import { withDependents } from './needs.ts'
import {
  type CiRecords,
  type CiSettings,
  createRecords,
  type Job,
  type JobOutline,
  latestAttempt,
  type WorkflowRun,
} from './records.ts'
import { ciRoutes } from './routes.ts'

/** Of GitHub Actions on github.com; rules pin required checks to it. */
export const ACTIONS_APP_ID = 15_368

/** Two cores are shared with the system under test. */
const DEFAULT_CONCURRENCY = 1

export type Engine = {
  readonly site: Site
  readonly records: CiRecords
  readonly app: App
  readonly downloads: Downloads
  /** What the jobs of a workflow do, by the workflow's id. */
  readonly settings: Map<number, CiSettings>
  /** Starts a workflow by hand, by the workflow's id. */
  readonly dispatches: Map<
    number,
    (ref: string, inputs: Record<string, unknown>, by: Account) => Promise<WorkflowRun>
  >
  setConcurrency(jobs: number): void
  /** Begins an attempt of the run and queues those of its jobs that have a command. */
  begin(run: WorkflowRun, by: Account, jobs: readonly JobOutline[], kept?: readonly Job[]): Promise<Job[]>
  /** A further attempt, of every job or of the given ones. Refused while the run is not completed (403, as GitHub). */
  rerun(run: WorkflowRun, by: Account, which: (job: Job) => boolean): Promise<void>
  /** Ends what runs and what is queued of a run; 409 when it is completed. */
  cancel(run: WorkflowRun): void
}

const engines = new WeakMap<Site, Engine>()

/** The engine of a world, made at the first call: with its App, its routes and its downloads. */
export function engineOf(world: GitHubWorld): Engine {
  const known = engines.get(world.site)
  if (known !== undefined) return known
  const engine = createEngine(world)
  engines.set(world.site, engine)
  return engine
}

function createEngine(world: GitHubWorld): Engine {
  const { site } = world
  const records = createRecords()
  const settings = new Map<number, CiSettings>()
  const queue = new PQueue({ concurrency: DEFAULT_CONCURRENCY })
  const running = new Map<number, AbortController>()
  const closing = new AbortController()
  const permissions = { actions: 'write', checks: 'write', contents: 'read' } as const
  const app = createApp(site, {
    id: ACTIONS_APP_ID,
    slug: 'github-actions',
    name: 'GitHub Actions',
    permissions,
  })

  /** Runs one job when its turn comes; what the run's cancellation or the world's end overtakes is cancelled. */
  async function execute(run: WorkflowRun, job: Job, how: CiSettings, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      await endJob(site, records, job, { conclusion: 'cancelled', log: '', message: null })
      return
    }
    await startJob(site, records, job)
    await endJob(site, records, job, await runJob({ site, records, settings: how, run, job, signal }))
  }
  /** A job of an environment waits outside the queue, so that it keeps no other job from running. */
  async function take(run: WorkflowRun, job: Job, how: CiSettings, signal: AbortSignal): Promise<void> {
    const work = () => queue.add(() => execute(run, job, how, signal))
    const ended = async () => launch(run, await continueAttempt(site, records, run), signal)
    if (job.environment === null) {
      await work()
      await ended()
    } else await deployThrough(site, records, run, job, job.environment, signal, { work, ended })
  }
  /** Jobs without a command wait for a script's word. */
  function launch(run: WorkflowRun, jobs: readonly Job[], signal: AbortSignal): void {
    const how = settings.get(run.workflowId)
    for (const job of jobs) {
      if (job.command === null || how === undefined) continue
      site.background(take(run, job, how, signal))
    }
  }

  const engine: Engine = {
    site,
    records,
    app,
    downloads: createDownloads(site),
    settings,
    dispatches: new Map(),
    setConcurrency: (jobs) => {
      queue.concurrency = jobs
    },
    async begin(run, by, outlines, kept = []) {
      const jobs = await beginAttempt(site, records, run, by, outlines, kept)
      const cancelling = new AbortController()
      running.set(run.id, cancelling)
      launch(run, jobs, AbortSignal.any([cancelling.signal, closing.signal]))
      return jobs
    },
    async rerun(run, by, which) {
      const last = latestAttempt(run)
      if (last.status !== 'completed') throw forbidden('This workflow is already running')
      const again = withDependents(last.jobs, which)
      if (again.length === 0) throw forbidden('This workflow run has no failed jobs')
      await engine.begin(
        run,
        by,
        again.map(({ name, command, environment, needs }) => ({ name, command, environment, needs })),
        last.jobs.filter((job) => !again.includes(job)),
      )
    },
    cancel(run) {
      if (latestAttempt(run).status === 'completed') {
        throw new GitHubError(409, 'Cannot cancel a workflow run that is completed.')
      }
      running.get(run.id)?.abort()
    },
  }
  ciRoutes(world, engine)
  world.onClose(async () => {
    closing.abort()
    await queue.onIdle()
    await engine.downloads.close()
  })
  return engine
}
