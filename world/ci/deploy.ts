/** A job of an environment: held until its protection lets it through, with a deployment that tells how it went. */
import { addDeploymentStatus, createDeployment, ensureEnvironment } from '../github/ops/deployments.ts'
import { hold } from '../github/ops/holds.ts'
import { must, type Site } from '../github/site.ts'
import type { HoldVerdict } from '../github/state.ts'
import { endJob, holdJob } from './attempts.ts'
import { evaluate } from './expressions.ts'
import { type CiRecords, type Job, type JobSettings, latestAttempt, type WorkflowRun } from './records.ts'
import { jobHtml, workflowView } from './views.ts'
import { runForWebhook } from './webhooks.ts'

/** Runs `work` once the environment lets it; a refusal fails the job. `ended` follows. Resolves when the job is held, or else has ended. */
export async function deployThrough(
  site: Site,
  records: CiRecords,
  run: WorkflowRun,
  job: Job,
  to: NonNullable<JobSettings['environment']>,
  signal: AbortSignal,
  { work, ended }: { work: () => Promise<unknown>; ended: () => Promise<void> },
): Promise<void> {
  const repo = must(site.state.repos, run.repoId, 'repository')
  const actor = latestAttempt(run).triggeredBy
  const { appId } = must(site.state.checkSuites, run.suiteId, 'check suite')
  const name = evaluate(to.name, run)
  const environment = ensureEnvironment(site, repo, name)
  const input = { sha: run.headSha, ref: run.headBranch, environment: name }
  const deployment = createDeployment(site, repo, actor, appId, input, {
    workflow: workflowView(site, must(records.workflows, run.workflowId, 'workflow')),
    // The description knows no commit here.
    workflow_run: { ...(await runForWebhook(site, records, run)), head_commit: null },
  })
  const tell = (state: 'waiting' | 'in_progress' | 'success' | 'failure') =>
    addDeploymentStatus(site, deployment, actor, appId, {
      state,
      logUrl: jobHtml(site, run, job.id),
      // Known only when the job has ended, since the job itself may say where it deployed to.
      ...(state === 'success' && to.url !== undefined ? { environmentUrl: evaluate(to.url, run, job) } : {}),
    })
  const held = environment.reviewers.length + environment.customRules.length > 0
  if (held) {
    await holdJob(site, records, job)
    tell('waiting')
  }
  const answer = hold(site, {
    repo,
    runId: run.id,
    event: run.event,
    environment,
    deployment,
    triggeredBy: actor,
  })
  const cancelled = new Promise<'cancelled'>((resolve) =>
    signal.addEventListener('abort', () => resolve('cancelled'), { once: true }),
  )
  const goOn = async (verdict: HoldVerdict | 'cancelled') => {
    if (verdict === 'approved') {
      tell('in_progress')
      await work()
      tell(job.conclusion === 'success' ? 'success' : 'failure')
      return ended()
    }
    tell('failure')
    const rejected = verdict === 'rejected'
    await endJob(site, records, job, {
      conclusion: rejected ? 'failure' : 'cancelled',
      log: '',
      message: rejected ? 'The deployment was rejected or did not satisfy a protection rule.' : null,
    })
    await ended()
  }
  if (!held) return goOn(await answer)
  // Whoever waits for quiet does not wait for the answer; what follows it is work again.
  void Promise.race([answer, cancelled]).then((verdict) => site.background(goOn(verdict)))
}
