/** Runs one job for real: checkout, command, artifacts, and the log that tells of all three. */
import { lstat, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join, relative, resolve, sep } from 'node:path'
import { installApp } from '../github/installations.ts'
import { must, type Site } from '../github/site.ts'
import type { Conclusion, Repo } from '../github/state.ts'
import { mintToken } from '../github/tokens.ts'
import { fullName } from '../github/views/repo.ts'
import { storeArtifact } from './artifacts.ts'
import type { JobEnd } from './attempts.ts'
import { checkOut } from './checkout.ts'
import { outputsOf } from './expressions.ts'
import { createJobLog, type JobLog, openRunStep } from './log.ts'
import { type CommandEnd, jobPath, runCommand } from './process.ts'
import type { ArtifactSettings, CiRecords, CiSettings, Job, Step, WorkflowRun } from './records.ts'
import type { ZipEntry } from './zip.ts'

const MAX_FILES = 1_000

export type JobWork = {
  site: Site
  records: CiRecords
  settings: CiSettings
  run: WorkflowRun
  job: Job
  signal: AbortSignal
}

/** Never throws for what the repository does wrong: a failed checkout or command is a failed job with its reason in the log. */
export async function runJob(work: JobWork): Promise<JobEnd> {
  const { site, settings, run, job } = work
  const repo = must(site.state.repos, run.repoId, 'repository')
  const log = createJobLog(() => site.clock.now(), settings.outputBytes * 2)
  const step = stepRecorder(site, job)
  log.line("Current runner version: '2.330.0'")
  log.line('##[group]Operating System')
  log.line('Ubuntu')
  log.line('##[endgroup]')
  const fetched = step('Run actions/checkout@v5')
  log.line('##[group]Run actions/checkout@v5')
  log.line('##[endgroup]')
  const checkout = await checkOut(repo.dir, repo.name, run.headSha, settings.dependencies).catch(
    (error: unknown) => String(error),
  )
  if (typeof checkout === 'string') {
    log.error(checkout.split('\n')[0] ?? '')
    fetched('failure')
    return { conclusion: 'failure', log: log.text(), message: `The checkout of ${run.headSha} failed.` }
  }
  log.line(`HEAD is now at ${run.headSha.slice(0, 7)} ${run.title}`)
  fetched('success')
  try {
    const command = job.command ?? ''
    const ran = step(`Run ${command.split('\n')[0]}`)
    openRunStep(log, command)
    const eventPath = join(checkout.home, 'event.json')
    const outputPath = join(checkout.home, 'output')
    await writeFile(eventPath, JSON.stringify(run.payload))
    await writeFile(outputPath, '')
    const end = await runCommand(command, {
      cwd: checkout.dir,
      env: {
        ...jobEnvironment(work, fullName(site, repo), checkout.dir, checkout.home),
        GITHUB_EVENT_PATH: eventPath,
        GITHUB_OUTPUT: outputPath,
        ...tokenFor(work, repo),
      },
      timeoutMs: settings.timeoutMs,
      outputBytes: settings.outputBytes,
      onOutput: log.write,
      signal: work.signal,
    })
    job.outputs = outputsOf(await readFile(outputPath, 'utf8'))
    const verdict = verdictOf(end, settings)
    if (verdict.message !== null) log.error(verdict.message)
    ran(verdict.conclusion)
    for (const artifact of settings.artifacts) {
      const uploaded = step('Run actions/upload-artifact@v5')
      await upload(work, artifact, checkout.dir, log)
      uploaded('success')
    }
    log.line('Cleaning up orphan processes')
    return { ...verdict, log: log.text() }
  } finally {
    await checkout.remove()
  }
}

function verdictOf(
  end: CommandEnd,
  settings: CiSettings,
): { conclusion: Conclusion; message: string | null } {
  switch (end.kind) {
    case 'exit':
      if (end.code === 0) return { conclusion: 'success', message: null }
      return { conclusion: 'failure', message: `Process completed with exit code ${end.code}.` }
    case 'timeout':
      // GitHub cancels a job that runs too long.
      return {
        conclusion: 'cancelled',
        message: `The job has exceeded the maximum execution time of ${settings.timeoutMs / 1000} s.`,
      }
    case 'cancelled':
      return { conclusion: 'cancelled', message: 'The operation was canceled.' }
    case 'flood':
      return {
        conclusion: 'failure',
        message: `The command wrote more than ${settings.outputBytes} bytes and was ended.`,
      }
    default:
      return end satisfies never
  }
}

/** The job's own token, as far as the workflow asks for one: an installation token of Actions for this repository. */
function tokenFor({ site, settings, run }: JobWork, repo: Repo): Record<string, string> {
  if (settings.permissions === null) return {}
  const { appId } = must(site.state.checkSuites, run.suiteId, 'check suite')
  const app = must(site.state.apps, appId, 'app')
  const owner = must(site.state.accounts, repo.ownerId, 'account')
  const installation =
    [...site.state.installations.values()].find(
      (one) => one.appId === appId && one.accountId === repo.ownerId,
    ) ?? installApp(site, app, owner.login, { permissions: settings.permissions })
  installation.permissions = { ...installation.permissions, ...settings.permissions }
  const narrow = { repositoryIds: [repo.id], permissions: settings.permissions }
  return { GITHUB_TOKEN: mintToken(site, installation, narrow).token }
}

/** What Actions sets for a job, and nothing of the environment the stand-in itself runs in. */
function jobEnvironment(
  work: JobWork,
  repository: string,
  dir: string,
  home: string,
): Record<string, string> {
  const { run, job, settings, site } = work
  return {
    PATH: jobPath(),
    HOME: home,
    TMPDIR: home,
    LANG: 'C.UTF-8',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: run.actor.login,
    GITHUB_API_URL: site.url,
    GITHUB_SERVER_URL: site.url,
    GITHUB_EVENT_NAME: run.event,
    GITHUB_JOB: job.name,
    GITHUB_REF: `refs/heads/${run.headBranch}`,
    GITHUB_REF_NAME: run.headBranch,
    GITHUB_REPOSITORY: repository,
    GITHUB_RUN_ATTEMPT: String(job.attempt),
    GITHUB_RUN_ID: String(run.id),
    GITHUB_RUN_NUMBER: String(run.number),
    GITHUB_SHA: run.headSha,
    GITHUB_WORKFLOW: settings.title,
    GITHUB_WORKSPACE: dir,
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: home,
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
    npm_config_audit: 'false',
    ...settings.env,
  }
}

/** Packs a file or folder of the checkout; the first job of an attempt that brings an artifact's name keeps it. */
async function upload(work: JobWork, artifact: ArtifactSettings, dir: string, log: JobLog): Promise<void> {
  const { site, records, run, job } = work
  log.line('##[group]Run actions/upload-artifact@v5')
  log.line(`  name: ${artifact.name}`)
  log.line(`  path: ${artifact.path}`)
  log.line('##[endgroup]')
  const root = resolve(dir, artifact.path)
  const entries = root.startsWith(dir + sep) ? await filesUnder(root) : []
  if (entries.length === 0) {
    log.line(
      `##[warning]No files were found with the provided path: ${artifact.path}. No artifacts will be uploaded.`,
    )
    return
  }
  const stored = storeArtifact(site, records, run, job.attempt, { name: artifact.name, content: entries })
  if (stored === null) return
  log.line(`Artifact ${artifact.name}.zip successfully finalized. Artifact ID ${stored.id}`)
}

/** Regular files only, never through a symbolic link; a missing path is an empty answer. */
async function filesUnder(root: string): Promise<ZipEntry[]> {
  const top = await lstat(root).catch(() => null)
  if (top === null) return []
  if (top.isFile()) return [{ name: basename(root), bytes: await readFile(root) }]
  if (!top.isDirectory()) return []
  const found = await readdir(root, { recursive: true, withFileTypes: true })
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const kept = files.sort().slice(0, MAX_FILES)
  return Promise.all(
    kept.map(async (path) => ({
      name: relative(root, path).split(sep).join('/'),
      bytes: await readFile(path),
    })),
  )
}

/** Opens a numbered step of the job; the function it returns closes it. */
function stepRecorder(site: Site, job: Job): (name: string) => (conclusion: Conclusion) => void {
  return (name) => {
    const step: Step = {
      name,
      number: job.steps.length + 1,
      status: 'in_progress',
      conclusion: null,
      startedAt: site.now(),
      completedAt: null,
    }
    job.steps.push(step)
    return (conclusion) => Object.assign(step, { status: 'completed', conclusion, completedAt: site.now() })
  }
}
