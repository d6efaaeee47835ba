/** The life of a run's attempt: begun with queued jobs, each job's start and end told to the world, closed by the last. */
import { emitRun, updateRun } from '../github/ops/checks.ts'
import { must, type Site } from '../github/site.ts'
import type { Account, CheckRun, Conclusion } from '../github/state.ts'
import { partByNeeds } from './needs.ts'
import { type CiRecords, type Job, type JobOutline, latestAttempt, type WorkflowRun } from './records.ts'
import { jobHtml } from './views.ts'
import { emitWorkflowJob, emitWorkflowRun } from './webhooks.ts'

/** Adds an attempt whose jobs are queued; `kept` are jobs of the attempt before that stand as they are. */
export async function beginAttempt(
  site: Site,
  records: CiRecords,
  run: WorkflowRun,
  triggeredBy: Account,
  outlines: readonly JobOutline[],
  kept: readonly Job[] = [],
): Promise<Job[]> {
  const at = site.now()
  run.attempts.push({
    number: run.attempts.length + 1,
    status: 'queued',
    conclusion: null,
    startedAt: at,
    updatedAt: at,
    triggeredBy,
    jobs: [...kept],
    later: [...outlines],
  })
  const { ready } = partByNeeds(outlines, kept)
  const fresh = addJobs(site, records, run, ready)
  await emitWorkflowRun(site, records, run, 'requested')
  for (const job of fresh) tellQueued(site, records, job, triggeredBy)
  return fresh
}

/** Adds an attempt without a job: a run that somebody must approve first is over before it begins. */
export async function holdRun(
  site: Site,
  records: CiRecords,
  run: WorkflowRun,
  triggeredBy: Account,
): Promise<void> {
  await beginAttempt(site, records, run, triggeredBy, [])
  Object.assign(latestAttempt(run), { status: 'completed', conclusion: 'action_required' })
  await emitWorkflowRun(site, records, run, 'completed')
}

/** After a job has ended: queues those that waited for it, and skips those that waited for its success in vain. */
export async function continueAttempt(site: Site, records: CiRecords, run: WorkflowRun): Promise<Job[]> {
  const attempt = latestAttempt(run)
  const { ready, skipped } = partByNeeds(attempt.later, attempt.jobs)
  const fresh = addJobs(site, records, run, ready)
  const passedOver = addJobs(site, records, run, skipped)
  for (const job of [...fresh, ...passedOver]) tellQueued(site, records, job, attempt.triggeredBy)
  for (const job of passedOver)
    await endJob(site, records, job, { conclusion: 'skipped', log: '', message: null })
  // Jobs may wait for what was skipped.
  return passedOver.length === 0 ? fresh : [...fresh, ...(await continueAttempt(site, records, run))]
}

function addJobs(site: Site, records: CiRecords, run: WorkflowRun, outlines: readonly JobOutline[]): Job[] {
  const attempt = latestAttempt(run)
  const jobs = outlines.map((outline) => queuedJob(site, records, run, attempt.number, outline))
  attempt.jobs.push(...jobs)
  attempt.later = attempt.later.filter((one) => !outlines.includes(one))
  return jobs
}

function tellQueued(site: Site, records: CiRecords, job: Job, triggeredBy: Account): void {
  emitRun(site, checkRunOf(site, job), 'created', triggeredBy)
  emitWorkflowJob(site, records, job, 'queued', triggeredBy)
}

function queuedJob(
  site: Site,
  records: CiRecords,
  run: WorkflowRun,
  attempt: number,
  outline: JobOutline,
): Job {
  const at = site.now()
  const id = site.nextId()
  const suite = must(site.state.checkSuites, run.suiteId, 'check suite')
  site.state.checkRuns.set(id, {
    id,
    repoId: run.repoId,
    suiteId: run.suiteId,
    appId: suite.appId,
    name: outline.name,
    headSha: run.headSha,
    status: 'queued',
    conclusion: null,
    startedAt: at,
    completedAt: null,
    externalId: `${run.id}-${attempt}-${id}`,
    detailsUrl: jobHtml(site, run, id),
    output: { title: null, summary: null, text: null },
    annotations: [],
    actions: [],
  })
  const job: Job = {
    ...outline,
    id,
    runId: run.id,
    attempt,
    status: 'queued',
    conclusion: null,
    createdAt: at,
    startedAt: at,
    completedAt: null,
    steps: [],
    log: '',
    outputs: {},
  }
  records.jobs.set(id, job)
  return job
}

/** Marks a job as held back by its environment; a run of which nothing has started yet waits with it. */
export async function holdJob(site: Site, records: CiRecords, job: Job): Promise<void> {
  const attempt = latestAttempt(must(records.runs, job.runId, 'workflow run'))
  job.status = 'waiting'
  emitWorkflowJob(site, records, job, 'waiting', attempt.triggeredBy)
  if (attempt.status === 'queued') attempt.status = 'waiting'
}

/** Marks a job (and with the first one, the run) as in progress. */
export async function startJob(site: Site, records: CiRecords, job: Job): Promise<void> {
  const run = must(records.runs, job.runId, 'workflow run')
  const attempt = latestAttempt(run)
  const at = site.now()
  job.status = 'in_progress'
  job.startedAt = at
  await updateRun(site, checkRunOf(site, job), attempt.triggeredBy, { status: 'in_progress', startedAt: at })
  emitWorkflowJob(site, records, job, 'in_progress', attempt.triggeredBy)
  if (attempt.status !== 'queued' && attempt.status !== 'waiting') return
  attempt.status = 'in_progress'
  attempt.updatedAt = at
  await emitWorkflowRun(site, records, run, 'in_progress')
}

export type JobEnd = { conclusion: Conclusion; log: string; message: string | null }

/** Ends a job; the last one ends the run. `message` becomes the failure annotation that GitHub puts on the check run. */
export async function endJob(site: Site, records: CiRecords, job: Job, end: JobEnd): Promise<void> {
  const run = must(records.runs, job.runId, 'workflow run')
  const attempt = latestAttempt(run)
  const at = site.now()
  Object.assign(job, { status: 'completed', conclusion: end.conclusion, completedAt: at, log: end.log })
  const last = attempt.later.length === 0 && attempt.jobs.every((one) => one.status === 'completed')
  if (last) {
    // Before the webhooks: whoever is told that the last check ended may read the run at once.
    attempt.status = 'completed'
    attempt.conclusion = worst(attempt.jobs)
    attempt.updatedAt = at
  }
  await updateRun(site, checkRunOf(site, job), attempt.triggeredBy, {
    conclusion: end.conclusion,
    completedAt: at,
    ...(end.message === null ? {} : { annotations: [failureNote(end.message)] }),
  })
  emitWorkflowJob(site, records, job, 'completed', attempt.triggeredBy)
  if (last) await emitWorkflowRun(site, records, run, 'completed')
}

const SEVERITY: readonly Conclusion[] = [
  'failure',
  'timed_out',
  'cancelled',
  'action_required',
  'success',
  'neutral',
  'skipped',
]

const worst = (jobs: readonly Job[]): Conclusion =>
  SEVERITY.find((conclusion) => jobs.some((job) => job.conclusion === conclusion)) ?? 'neutral'

const failureNote = (message: string): CheckRun['annotations'][number] => ({
  path: '.github',
  start_line: 1,
  end_line: 1,
  start_column: null,
  end_column: null,
  annotation_level: 'failure',
  message,
  title: null,
  raw_details: null,
})

export const checkRunOf = (site: Site, job: Job): CheckRun => must(site.state.checkRuns, job.id, 'check run')
