/** Check suites and check runs: created by Apps only, one suite an App and commit, buttons on completed runs only. */
import type { Site } from '../site.ts'
import { must } from '../site.ts'
import type { Account, App, CheckRun, CheckSuite, Repo } from '../state.ts'
import { checkRunPayload, checkSuiteView, suiteState } from '../views/check.ts'
import { hookPermissions } from '../views/hook.ts'

/** Finds or makes the suite of an App at a commit. */
export function suiteFor(
  site: Site,
  repo: Repo,
  app: App,
  sha: string,
  branch: string | null,
  before: string | null,
): CheckSuite {
  for (const suite of site.state.checkSuites.values()) {
    if (suite.repoId === repo.id && suite.appId === app.id && suite.headSha === sha) return suite
  }
  const at = site.now()
  const suite: CheckSuite = {
    id: site.nextId(),
    repoId: repo.id,
    appId: app.id,
    headSha: sha,
    headBranch: branch,
    before,
    createdAt: at,
    updatedAt: at,
  }
  site.state.checkSuites.set(suite.id, suite)
  return suite
}

/** The branch of this repository whose tip is the commit, if any; fork commits have none. */
export async function branchAt(site: Site, repo: Repo, sha: string): Promise<string | null> {
  const refs = await site.git.refs(repo.dir, 'refs/heads')
  return refs.find((r) => r.sha === sha)?.ref.replace('refs/heads/', '') ?? null
}

export type RunInput = Pick<CheckRun, 'name' | 'headSha'> &
  Partial<
    Pick<
      CheckRun,
      | 'status'
      | 'conclusion'
      | 'startedAt'
      | 'completedAt'
      | 'externalId'
      | 'detailsUrl'
      | 'output'
      | 'annotations'
      | 'actions'
    >
  >

/** Creates a run in the App's name and tells the world. The caller has checked permissions and that the commit exists. */
export async function createRun(
  site: Site,
  repo: Repo,
  app: App,
  sender: Account,
  input: RunInput,
): Promise<CheckRun> {
  const suite = suiteFor(site, repo, app, input.headSha, await branchAt(site, repo, input.headSha), null)
  const at = site.now()
  const run: CheckRun = {
    id: site.nextId(),
    repoId: repo.id,
    suiteId: suite.id,
    appId: app.id,
    name: input.name,
    headSha: input.headSha,
    status: 'queued',
    conclusion: null,
    startedAt: input.startedAt ?? at,
    completedAt: null,
    externalId: input.externalId ?? '',
    detailsUrl: input.detailsUrl ?? `${site.url}/apps/${app.slug}`,
    output: { title: null, summary: null, text: null },
    annotations: [],
    actions: [],
  }
  site.state.checkRuns.set(run.id, run)
  applyRun(site, run, input)
  emitRun(site, run, 'created', sender)
  if (run.status === 'completed') await completed(site, run, sender)
  return run
}

/** Changes a run; a conclusion completes it, an earlier status takes the conclusion away again. */
export async function updateRun(
  site: Site,
  run: CheckRun,
  sender: Account,
  input: Partial<RunInput>,
): Promise<void> {
  const before = run.status
  applyRun(site, run, input)
  if (run.status === 'completed' && (before !== 'completed' || input.conclusion !== undefined))
    await completed(site, run, sender)
}

function applyRun(site: Site, run: CheckRun, input: Partial<RunInput>): void {
  if (input.name !== undefined) run.name = input.name
  if (input.externalId !== undefined) run.externalId = input.externalId
  if (input.detailsUrl !== undefined) run.detailsUrl = input.detailsUrl
  if (input.startedAt !== undefined) run.startedAt = input.startedAt
  if (input.output !== undefined) run.output = { ...run.output, ...input.output }
  if (input.annotations !== undefined) run.annotations.push(...input.annotations)
  if (input.actions !== undefined) run.actions = input.actions
  if (input.conclusion !== undefined && input.conclusion !== null) {
    run.status = 'completed'
    run.conclusion = input.conclusion
    run.completedAt = input.completedAt ?? site.now()
  } else if (input.status !== undefined && input.status !== 'completed') {
    run.status = input.status
    run.conclusion = null
    run.completedAt = null
  }
  must(site.state.checkSuites, run.suiteId, 'check suite').updatedAt = site.now()
}

async function completed(site: Site, run: CheckRun, sender: Account): Promise<void> {
  emitRun(site, run, 'completed', sender)
  const suite = must(site.state.checkSuites, run.suiteId, 'check suite')
  if (suiteState(site, suite).status === 'completed') await emitSuite(site, suite, 'completed', sender)
}

export async function emitSuite(
  site: Site,
  suite: CheckSuite,
  action: string,
  sender: Account,
): Promise<void> {
  const repo = must(site.state.repos, suite.repoId, 'repository')
  const { repository: _repository, ...view } = await checkSuiteView(site, suite)
  const app = view.app && hookPermissions(view.app)
  const body = { ...view, app, rerequestable: true, runs_rerequestable: true }
  const only = action === 'completed' ? {} : { onlyAppId: suite.appId, always: true }
  site.emit('check_suite', action, { action, check_suite: body }, { repo, sender, ...only })
}

export function emitRun(site: Site, run: CheckRun, action: 'created' | 'completed', sender: Account): void {
  const repo = must(site.state.repos, run.repoId, 'repository')
  site.emit('check_run', action, { action, check_run: checkRunPayload(site, run) }, { repo, sender })
}

/** A button's press or a re-request goes to the App that made the run and to nobody else. */
export function emitRunRequest(site: Site, run: CheckRun, sender: Account, identifier: string | null): void {
  const repo = must(site.state.repos, run.repoId, 'repository')
  const action = identifier === null ? 'rerequested' : 'requested_action'
  const payload = {
    action,
    check_run: checkRunPayload(site, run),
    ...(identifier === null ? {} : { requested_action: { identifier } }),
  }
  site.emit('check_run', action, payload, { repo, sender, onlyAppId: run.appId, always: true })
}
