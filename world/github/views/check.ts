/** Check runs, check suites and commit statuses as GitHub shows them. */
import type { Site } from '../site.ts'
import { must } from '../site.ts'
import type {
  Annotation,
  CheckRun,
  CheckSuite,
  CommitStatus,
  Conclusion,
  Pull,
  SuiteState,
} from '../state.ts'
import { appView, nodeId, simpleUser, userById } from './account.ts'
import { simpleCommit } from './commit.ts'
import { minimalRepository, repoApi, repoHtml } from './repo.ts'
import type { Schema } from './schemas.ts'

/** Open pull requests of this repository's own branches with this head; forks are never named (GitHub's rule). */
export function pullsAt(site: Site, repoId: number, sha: string): Pull[] {
  return [...site.state.pulls.values()].filter(
    (p) =>
      p.repoId === repoId &&
      p.headRepoId === repoId &&
      p.headSha === sha &&
      must(site.state.issues, p.issueId, 'issue').state === 'open',
  )
}

export function pullMinimal(site: Site, pull: Pull): Schema<'pull-request-minimal'> {
  const base = must(site.state.repos, pull.repoId, 'repository')
  const head = must(site.state.repos, pull.headRepoId, 'repository')
  return {
    url: `${repoApi(site, base)}/pulls/${pull.number}`,
    id: pull.id,
    number: pull.number,
    head: {
      ref: pull.headRef,
      sha: pull.headSha,
      repo: { id: head.id, url: repoApi(site, head), name: head.name },
    },
    base: {
      ref: pull.baseRef,
      sha: pull.baseSha,
      repo: { id: base.id, url: repoApi(site, base), name: base.name },
    },
  }
}

/** `stale` is shown, although the response schema of runs does not list it. */
const shownConclusion = (c: Conclusion | null) => c as Exclude<Conclusion, 'stale'> | null

export function checkRunView(site: Site, run: CheckRun): Schema<'check-run'> {
  const repo = must(site.state.repos, run.repoId, 'repository')
  const url = `${repoApi(site, repo)}/check-runs/${run.id}`
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('CR', run.id),
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: `${repoHtml(site, repo)}/runs/${run.id}`,
    details_url: run.detailsUrl,
    status: run.status,
    conclusion: shownConclusion(run.conclusion),
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      ...run.output,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suiteId },
    app: appView(site, must(site.state.apps, run.appId, 'app')),
    pull_requests: pullsAt(site, run.repoId, run.headSha).map((p) => pullMinimal(site, p)),
  }
}

export function annotationView(site: Site, run: CheckRun, one: Annotation): Schema<'check-annotation'> {
  const repo = must(site.state.repos, run.repoId, 'repository')
  return { ...one, blob_href: `${repoApi(site, repo)}/git/blobs/${run.headSha}` }
}

export function runsOf(site: Site, suite: CheckSuite): CheckRun[] {
  return [...site.state.checkRuns.values()].filter((r) => r.suiteId === suite.id)
}

const WORST_FIRST: readonly Conclusion[] = [
  'failure',
  'timed_out',
  'action_required',
  'cancelled',
  'stale',
  'success',
  'neutral',
  'skipped',
]

/** A suite's status and conclusion follow from the newest run of each name. */
export function suiteState(site: Site, suite: CheckSuite): SuiteState {
  if (suite.workflowRun) return suite.workflowRun.state()
  const newest = new Map<string, CheckRun>()
  for (const run of runsOf(site, suite)) newest.set(run.name, run)
  const runs = [...newest.values()]
  if (runs.length === 0) return { status: 'queued', conclusion: null }
  if (runs.some((r) => r.status !== 'completed')) {
    return { status: runs.every((r) => r.status === 'queued') ? 'queued' : 'in_progress', conclusion: null }
  }
  const conclusion = WORST_FIRST.find((c) => runs.some((r) => r.conclusion === c)) ?? 'neutral'
  return { status: 'completed', conclusion }
}

export async function checkSuiteView(site: Site, suite: CheckSuite): Promise<Schema<'check-suite'>> {
  const repo = must(site.state.repos, suite.repoId, 'repository')
  const url = `${repoApi(site, repo)}/check-suites/${suite.id}`
  return {
    id: suite.id,
    node_id: nodeId('CS', suite.id),
    head_branch: suite.headBranch,
    head_sha: suite.headSha,
    ...suiteState(site, suite),
    url,
    before: suite.before,
    after: suite.headSha,
    pull_requests: pullsAt(site, suite.repoId, suite.headSha).map((p) => pullMinimal(site, p)),
    app: appView(site, must(site.state.apps, suite.appId, 'app')),
    repository: minimalRepository(site, repo),
    created_at: suite.createdAt,
    updated_at: suite.updatedAt,
    head_commit: simpleCommit(await site.git.commit(repo.dir, suite.headSha)),
    latest_check_runs_count: new Set(runsOf(site, suite).map((r) => r.name)).size,
    check_runs_url: `${url}/check-runs`,
  }
}

/** The run as webhooks carry it: with its whole suite inside. */
export function checkRunPayload(site: Site, run: CheckRun): Record<string, unknown> {
  const suite = must(site.state.checkSuites, run.suiteId, 'check suite')
  const repo = must(site.state.repos, run.repoId, 'repository')
  const view = checkRunView(site, run)
  return {
    ...view,
    check_suite: {
      id: suite.id,
      node_id: nodeId('CS', suite.id),
      head_branch: suite.headBranch,
      head_sha: suite.headSha,
      ...suiteState(site, suite),
      url: `${repoApi(site, repo)}/check-suites/${suite.id}`,
      before: suite.before,
      after: suite.headSha,
      pull_requests: view.pull_requests,
      app: view.app,
      created_at: suite.createdAt,
      updated_at: suite.updatedAt,
    },
  }
}

export function simpleStatus(site: Site, status: CommitStatus): Schema<'simple-commit-status'> {
  const repo = must(site.state.repos, status.repoId, 'repository')
  const creator = must(site.state.accounts, status.creatorId, 'account')
  return {
    url: `${repoApi(site, repo)}/statuses/${status.sha}`,
    avatar_url: simpleUser(site, creator).avatar_url,
    id: status.id,
    node_id: nodeId('SC', status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: status.createdAt,
    updated_at: status.createdAt,
  }
}

export function statusView(site: Site, status: CommitStatus): Schema<'status'> {
  const { required: _required, ...rest } = simpleStatus(site, status)
  return { ...rest, creator: userById(site, status.creatorId) }
}
