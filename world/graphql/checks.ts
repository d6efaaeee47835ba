/** Check suites and runs of a commit as GraphQL shows them; only the fields that are in use. */
import { must, type Site } from '../github/site.ts'
import type { CheckRun, CheckSuite, Repo } from '../github/state.ts'
import { suiteState } from '../github/views/check.ts'
import { connection, type PageArguments } from './connection.ts'

export function suitesOf(site: Site, repo: Repo, sha: string) {
  return [...site.state.checkSuites.values()]
    .filter((suite) => suite.repoId === repo.id && suite.headSha === sha)
    .map((suite) => suiteView(site, suite))
}

function suiteView(site: Site, suite: CheckSuite) {
  const app = must(site.state.apps, suite.appId, 'app')
  const { workflowRun } = suite
  const { status, conclusion } = suiteState(site, suite)
  return {
    databaseId: suite.id,
    app: { databaseId: app.id, slug: app.slug },
    status: status.toUpperCase(),
    conclusion: conclusion?.toUpperCase() ?? null,
    workflowRun: workflowRun
      ? { databaseId: workflowRun.id, event: workflowRun.event, file: { path: workflowRun.path } }
      : null,
    checkRuns({ filterBy, ...page }: PageArguments & { filterBy?: { checkType?: 'ALL' | 'LATEST' } }) {
      const runs = [...site.state.checkRuns.values()].filter((run) => run.suiteId === suite.id)
      const newest = new Map(runs.map((run) => [run.name, run]))
      return connection((filterBy?.checkType === 'LATEST' ? [...newest.values()] : runs).map(runView), page)
    },
  }
}

function runView(run: CheckRun) {
  return {
    databaseId: run.id,
    name: run.name,
    status: run.status.toUpperCase(),
    conclusion: run.conclusion?.toUpperCase() ?? null,
    externalId: run.externalId,
    title: run.output.title,
    summary: run.output.summary,
  }
}
