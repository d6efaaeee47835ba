/** What GitHub does once refs have moved: push webhooks, moved pull requests, check suites, listeners. */
import { grants, installationCovers } from '../access.ts'
import { diffFiles } from '../diff.ts'
import { type CommitInfo, ZERO_SHA } from '../git.ts'
import type { Site } from '../site.ts'
import { must } from '../site.ts'
import type { Account, Repo } from '../state.ts'
import { checkSuiteView } from '../views/check.ts'
import { accountByEmail, noreply } from '../views/commit.ts'
import { repoHtml } from '../views/repo.ts'
import { recordActivity } from './activity.ts'
import { suiteFor } from './checks.ts'
import { closeByCommits, closeByPull } from './closing.ts'
import { publishHead } from './heads.ts'
import { closePull, emitPull, recordMerged } from './pulls.ts'
import { dismissStale } from './reviews.ts'

export type RefChange = { ref: string; before: string; after: string }

const PUSH_COMMITS_LIMIT = 2048

/** Runs everything that follows a change of refs, in the order GitHub sends it. */
export async function afterPush(
  site: Site,
  repo: Repo,
  changes: RefChange[],
  pusher: Account,
): Promise<void> {
  for (const change of changes) {
    repo.pushedAt = site.now()
    const created = change.before === ZERO_SHA
    const deleted = change.after === ZERO_SHA
    const forced = !created && !deleted && !(await site.git.isAncestor(repo.dir, change.before, change.after))
    recordActivity(site, repo, change, { created, deleted, forced }, pusher)
    site.emit('push', null, await pushPayload(site, repo, change, forced, pusher), { repo, sender: pusher })
    const branch = /^refs\/heads\/(.+)$/.exec(change.ref)?.[1]
    if (branch !== undefined) {
      if (!deleted) await requestSuites(site, repo, branch, change, pusher)
      await movePulls(site, repo, branch, change, pusher)
      if (!deleted) await detectMerged(site, repo, branch, change, pusher)
      await closeByCommits(site, repo, change, pusher)
    }
    site.pushed({
      repo,
      ref: change.ref,
      before: change.before,
      after: change.after,
      created,
      deleted,
      forced,
      pusher,
    })
  }
}

async function pushPayload(site: Site, repo: Repo, change: RefChange, forced: boolean, pusher: Account) {
  const created = change.before === ZERO_SHA
  const deleted = change.after === ZERO_SHA
  const range = created
    ? [change.after, '--not', `refs/heads/${repo.defaultBranch}`]
    : [`${change.before}..${change.after}`]
  const infos = deleted ? [] : (await site.git.log(repo.dir, range, PUSH_COMMITS_LIMIT)).reverse()
  const tip = deleted ? null : await site.git.commitSha(repo.dir, change.after)
  const html = repoHtml(site, repo)
  return {
    ref: change.ref,
    before: change.before,
    after: change.after,
    created,
    deleted,
    forced,
    base_ref: null,
    compare: `${html}/compare/${change.before.slice(0, 12)}...${change.after.slice(0, 12)}`,
    commits: await Promise.all(infos.map((info) => pushedCommit(site, repo, info))),
    head_commit: tip === null ? null : await pushedCommit(site, repo, await site.git.commit(repo.dir, tip)),
    pusher: { name: pusher.login, email: noreply(pusher) },
  }
}

async function pushedCommit(site: Site, repo: Repo, info: CommitInfo) {
  const files = await diffFiles(site.git, repo.dir, info.parents[0] ?? null, info.sha)
  const who = (identity: { name: string; email: string }) => {
    const account = accountByEmail(site, identity.email)
    return {
      name: identity.name,
      email: identity.email,
      ...(account === null ? {} : { username: account.login }),
    }
  }
  const named = (status: string) => files.filter((f) => f.status === status).map((f) => f.path)
  return {
    id: info.sha,
    tree_id: info.tree,
    distinct: true,
    message: info.message,
    timestamp: info.committer.date,
    url: `${repoHtml(site, repo)}/commit/${info.sha}`,
    author: who(info.author),
    committer: who(info.committer),
    added: [...named('added'), ...files.filter((f) => f.status === 'renamed').map((f) => f.path)],
    removed: [
      ...named('removed'),
      ...files.flatMap((f) => (f.status === 'renamed' && f.previousPath !== null ? [f.previousPath] : [])),
    ],
    modified: [...named('modified'), ...named('changed')],
  }
}

/** Each App that writes checks gets a suite for the new head, unless the commit asks to skip checks. */
async function requestSuites(
  site: Site,
  repo: Repo,
  branch: string,
  change: RefChange,
  pusher: Account,
): Promise<void> {
  const head = await site.git.commit(repo.dir, change.after)
  if (/^skip-checks:\s*true\s*$/im.test(head.message)) return
  for (const installation of site.state.installations.values()) {
    if (installation.suspendedAt !== null || !installationCovers(site, installation.id, repo)) continue
    if (!grants(installation.permissions, 'checks:write')) continue
    const app = must(site.state.apps, installation.appId, 'app')
    const suite = suiteFor(site, repo, app, change.after, branch, change.before)
    const { repository: _repository, ...view } = await checkSuiteView(site, suite)
    site.emit(
      'check_suite',
      'requested',
      { action: 'requested', check_suite: { ...view, rerequestable: true, runs_rerequestable: true } },
      {
        repo,
        sender: pusher,
        onlyAppId: app.id,
        always: true,
      },
    )
  }
}

async function movePulls(
  site: Site,
  repo: Repo,
  branch: string,
  change: RefChange,
  pusher: Account,
): Promise<void> {
  for (const pull of [...site.state.pulls.values()]) {
    const issue = must(site.state.issues, pull.issueId, 'issue')
    if (pull.headRepoId !== repo.id || pull.headRef !== branch || issue.state !== 'open') continue
    if (change.after === ZERO_SHA) {
      await closePull(site, pull, pusher)
      continue
    }
    const base = must(site.state.repos, pull.repoId, 'repository')
    pull.headSha = change.after
    pull.lastPusherId = pusher.id
    pull.baseSha = (await site.git.ref(base.dir, `refs/heads/${pull.baseRef}`)) ?? pull.baseSha
    issue.updatedAt = site.now()
    await publishHead(site, pull)
    await emitPull(site, pull, 'synchronize', pusher, { before: change.before, after: change.after })
    await dismissStale(site, pull, pusher)
  }
}

/** A pull request whose head has reached its base by a push counts as merged, whoever pushed. */
async function detectMerged(
  site: Site,
  repo: Repo,
  branch: string,
  change: RefChange,
  pusher: Account,
): Promise<void> {
  for (const pull of [...site.state.pulls.values()]) {
    const issue = must(site.state.issues, pull.issueId, 'issue')
    if (pull.repoId !== repo.id || pull.baseRef !== branch || issue.state !== 'open') continue
    if (!(await site.git.isAncestor(repo.dir, pull.headSha, change.after))) continue
    await recordMerged(site, pull, pusher, change.after)
    await closeByPull(site, pull, pusher)
  }
}
