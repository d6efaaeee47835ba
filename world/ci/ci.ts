/** Switches the stand-in's Actions on for a repository: pushes and pull requests really run its workflow's commands. */
import type { CheckRun, Conclusion } from '../github/state.ts'
import type { GitHubWorld } from '../github/world.ts'
import { storeArtifact, type UploadInput } from './artifacts.ts'
import { engineOf } from './engine.ts'
import { type Artifact, latestAttempt, type WorkflowRun } from './records.ts'
import { workflowAt } from './runs.ts'
import { type ForeignCheckInput, finish, type ReportInput, report, reportAs } from './scripted.ts'
import { type CiInput, settingsOf } from './settings.ts'
import { holdsWorkflow, triggerOn } from './triggers.ts'

export { ACTIONS_APP_ID } from './engine.ts'
export type { CiInput } from './settings.ts'

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
  const settings = settingsOf(input)
  if (!(await holdsWorkflow(engine, repo, `refs/heads/${repo.defaultBranch}`, settings.workflow))) {
    throw new Error(
      `enableCi: ${repository}@${repo.defaultBranch} holds no ${settings.workflow}, so GitHub would run nothing; add the file to the repository or name the right one in "workflow"`,
    )
  }
  if (input.concurrency !== undefined) engine.setConcurrency(input.concurrency)
  const workflow = workflowAt(site, records, repo, settings.workflow, settings.title)
  engine.settings.set(workflow.id, settings)
  triggerOn(world, engine, repo, workflow, settings)

  return {
    report: (sha, what) => report(engine, repo, settings, sha, what),
    finish: (run, conclusion) => finish(engine, run, conclusion),
    reportAs: (sha, what) => reportAs(engine, repo, sha, what),
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
