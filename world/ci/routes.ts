/** The REST routes of Actions: workflows, runs, attempts, jobs, logs, artifacts, and running again. */
import { z } from 'zod'
import { GitHubError, notFound } from '../github/errors.ts'
import {
  type Call,
  counted,
  created,
  noContent,
  ok,
  type Reply,
  type RouteOptions,
} from '../github/router.ts'
import type { GitHubWorld } from '../github/world.ts'
import type { Engine } from './engine.ts'
import { type Attempt, type Job, latestAttempt, type Workflow, type WorkflowRun } from './records.ts'
import { artifactView, isExpired, jobView, runView, workflowView } from './views.ts'
import { zip } from './zip.ts'

const dispatchBody = z.object({
  ref: z.string().min(1),
  inputs: z.record(z.string(), z.unknown()).default({}),
  return_run_details: z.boolean().default(false),
})

const base = '/repos/{owner}/{repo}/actions'
const read: RouteOptions = { permission: 'actions:read' }
const write: RouteOptions = { permission: 'actions:write', role: 'write' }

export function ciRoutes(world: GitHubWorld, engine: Engine): void {
  const { site, records } = engine
  const get = (path: string, handler: (c: Call) => Reply | Promise<Reply>) =>
    world.route('GET', base + path, read, handler)
  const post = (path: string, handler: (c: Call) => Reply | Promise<Reply>) =>
    world.route('POST', base + path, write, handler)
  const showRun = (run: WorkflowRun, attempt = latestAttempt(run)) => runView(site, records, run, attempt)
  const showJob = (job: Job) => jobView(site, records, job)
  const showArtifact = (artifact: Parameters<typeof artifactView>[2]) => artifactView(site, records, artifact)

  get('/workflows', (c) => counted(c, 'workflows', workflowsOf(c), (one) => workflowView(site, one)))
  get('/workflows/{workflow_id}', (c) => ok(workflowView(site, workflowAt(c))))
  post('/workflows/{workflow_id}/dispatches', async (c) => {
    const { ref, inputs, return_run_details } = c.parse(dispatchBody)
    const start = engine.dispatches.get(workflowAt(c).id)
    if (start === undefined) throw notFound()
    const run = await start(ref, inputs, c.author)
    if (!return_run_details) return noContent()
    const { url, html_url } = await showRun(run)
    return ok({ workflow_run_id: run.id, run_url: url, html_url })
  })
  get('/workflows/{workflow_id}/runs', (c) => {
    const { id } = workflowAt(c)
    return counted(
      c,
      'workflow_runs',
      runsOf(c).filter((run) => run.workflowId === id),
      (run) => showRun(run),
    )
  })
  get('/runs', (c) => counted(c, 'workflow_runs', runsOf(c), (run) => showRun(run)))
  get('/runs/{run_id}', async (c) => ok(await showRun(runAt(c))))
  get('/runs/{run_id}/attempts/{attempt_number}', async (c) => ok(await showRun(runAt(c), attemptAt(c))))
  get('/runs/{run_id}/attempts/{attempt_number}/jobs', (c) => counted(c, 'jobs', attemptAt(c).jobs, showJob))
  get('/runs/{run_id}/jobs', (c) => {
    const run = runAt(c)
    const all = c.query.get('filter') === 'all'
    const jobs = all ? [...new Set(run.attempts.flatMap((attempt) => attempt.jobs))] : latestAttempt(run).jobs
    return counted(c, 'jobs', jobs, showJob)
  })
  get('/jobs/{job_id}', (c) => ok(showJob(jobAt(c))))
  get('/jobs/{job_id}/logs', (c) => {
    const job = jobAt(c)
    // GitHub keeps no log of a job that has not ended.
    if (job.status !== 'completed') throw notFound()
    return redirect('text/plain; charset=utf-8', Buffer.from(job.log))
  })
  get('/runs/{run_id}/logs', (c) => {
    const { jobs } = latestAttempt(runAt(c))
    const files = jobs.map((job, index) => ({
      name: `${index}_${job.name.replaceAll('/', '_')}.txt`,
      bytes: Buffer.from(job.log),
    }))
    return redirect('application/zip', zip(files))
  })
  get('/artifacts', (c) => counted(c, 'artifacts', artifactsOf(c), showArtifact))
  get('/runs/{run_id}/artifacts', (c) => {
    const { id } = runAt(c)
    return counted(
      c,
      'artifacts',
      artifactsOf(c).filter((one) => one.runId === id),
      showArtifact,
    )
  })
  get('/artifacts/{artifact_id}', (c) => ok(showArtifact(artifactAt(c))))
  get('/artifacts/{artifact_id}/{archive_format}', (c) => {
    if (c.params['archive_format'] !== 'zip') throw notFound()
    const artifact = artifactAt(c)
    if (isExpired(site, artifact)) throw new GitHubError(410, 'Artifact has expired')
    return redirect('application/zip', artifact.bytes)
  })
  post('/runs/{run_id}/rerun', async (c) => {
    await engine.rerun(runAt(c), c.author, () => true)
    return created({})
  })
  post('/runs/{run_id}/rerun-failed-jobs', async (c) => {
    await engine.rerun(
      runAt(c),
      c.author,
      (job) => job.conclusion !== 'success' && job.conclusion !== 'skipped',
    )
    return created({})
  })
  post('/jobs/{job_id}/rerun', async (c) => {
    const job = jobAt(c)
    const run = records.runs.get(job.runId)
    if (run === undefined) throw notFound()
    await engine.rerun(run, c.author, (one) => one.name === job.name)
    return created({})
  })
  post('/runs/{run_id}/cancel', (c) => {
    engine.cancel(runAt(c))
    return { status: 202, body: {} }
  })

  async function redirect(type: string, bytes: Buffer): Promise<Reply> {
    return { status: 302, headers: { location: await engine.downloads.offer({ type, bytes }) } }
  }
  function workflowsOf(c: Call): Workflow[] {
    return [...records.workflows.values()].filter((one) => one.repoId === c.repo.id)
  }
  function workflowAt(c: Call): Workflow {
    const wanted = c.params['workflow_id'] ?? ''
    const found = workflowsOf(c).find(
      (one) => String(one.id) === wanted || one.path.split('/').at(-1) === wanted,
    )
    if (found === undefined) throw notFound()
    return found
  }
  /** The repository's runs, newest first, by the filters of the query. */
  function runsOf(c: Call): WorkflowRun[] {
    const wanted = (name: string) => c.query.get(name)
    const [sha, event, branch, status, actor, suite] = [
      'head_sha',
      'event',
      'branch',
      'status',
      'actor',
      'check_suite_id',
    ].map(wanted)
    return [...records.runs.values()]
      .filter((run) => {
        const now = latestAttempt(run)
        return (
          run.repoId === c.repo.id &&
          (sha == null || run.headSha === sha) &&
          (event == null || run.event === event) &&
          (branch == null || run.headBranch === branch) &&
          (status == null || now.status === status || now.conclusion === status) &&
          (actor == null || run.actor.login === actor) &&
          (suite == null || String(run.suiteId) === suite)
        )
      })
      .reverse()
  }
  function runAt(c: Call): WorkflowRun {
    const run = records.runs.get(c.id('run_id'))
    if (run === undefined || run.repoId !== c.repo.id) throw notFound()
    return run
  }
  function attemptAt(c: Call): Attempt {
    const attempt = runAt(c).attempts.find((one) => one.number === c.id('attempt_number'))
    if (attempt === undefined) throw notFound()
    return attempt
  }
  function jobAt(c: Call): Job {
    const job = records.jobs.get(c.id('job_id'))
    if (job === undefined || records.runs.get(job.runId)?.repoId !== c.repo.id) throw notFound()
    return job
  }
  function artifactsOf(c: Call) {
    const name = c.query.get('name')
    return [...records.artifacts.values()]
      .filter(
        (one) => records.runs.get(one.runId)?.repoId === c.repo.id && (name === null || one.name === name),
      )
      .reverse()
  }
  function artifactAt(c: Call) {
    const artifact = artifactsOf(c).find((one) => one.id === c.id('artifact_id'))
    if (artifact === undefined) throw notFound()
    return artifact
  }
}
