/** An issue's page, the list of what is there, and the page for what is not. */
import { roleOn } from '../github/access.ts'
import type { Issue, Repo } from '../github/state.ts'
import { stateOf as checkState, checksTable, latestRuns } from './checks.ts'
import { conversation, editBox, labels, sayBox } from './conversation.ts'
import { type Html, html } from './html.ts'
import { link, nameOf, page, type Visit, who } from './layout.ts'
import { stateOf } from './pullPage.ts'

const MAX_ROWS = 200

export function issuePage(visit: Visit, repo: Repo, issue: Issue): string {
  const state = stateOf(issue, null)
  const body = html`<div class="wide"><h1>${issue.title} <span class="number">#${issue.number}</span></h1>
<p><span class="state ${state.colour}">${state.words}</span> ${who(visit.world, issue.authorId)} <span class="soft">opened this issue</span></p></div>
<div>${conversation(visit, issue)}${sayBox(visit, null)}${editBox(visit, issue)}</div>
<aside>${labels(visit, issue)}</aside>`
  return page(visit, { title: `${issue.title} · #${issue.number}`, repo, body })
}

/** A commit by its checks: where what is asked after the merge stands. Null when the repository has no such commit. */
export async function commitPage(visit: Visit, repo: Repo, sha: string): Promise<string | null> {
  const commit = await visit.world.site.git.commit(repo.dir, sha).catch(() => null)
  if (commit === null) return null
  const [subject = ''] = commit.message.split('\n')
  const body = html`<div class="wide"><h1>${subject} <span class="number">${sha.slice(0, 7)}</span></h1>
<h2>Checks</h2>${checksTable(visit, latestRuns(visit, repo.id, sha))}</div>`
  return page(visit, { title: `${subject} · ${sha.slice(0, 7)}`, repo, body })
}

/** Every repository the viewer may read, or the one asked for, with its pull requests and issues. */
export function listPage(visit: Visit, only: Repo | null): string {
  const repos =
    only === null ? [...visit.world.state.repos.values()].filter((repo) => mayRead(visit, repo)) : [only]
  const body = html`<div class="wide">${repos.length === 0 && html`<p>There is no repository here yet.</p>`}
${repos.map((repo) => html`<h1>${nameOf(visit.world, repo)}</h1>${section(visit, repo, true)}${section(visit, repo, false)}`)}</div>`
  return page(visit, { title: only === null ? 'Repositories' : nameOf(visit.world, only), repo: only, body })
}

function section(visit: Visit, repo: Repo, pulls: boolean): Html {
  const found = [...visit.world.state.issues.values()].filter(
    (one) => one.repoId === repo.id && (one.pullId !== null) === pulls,
  )
  return html`<h2>${pulls ? 'Pull requests' : 'Issues'}</h2>
${
  found.length === 0
    ? html`<p class="soft">None yet.</p>`
    : html`<table class="list">${found
        .reverse()
        .slice(0, MAX_ROWS)
        .map((issue) => row(visit, repo, issue))}</table>`
}`
}

function row(visit: Visit, repo: Repo, issue: Issue): Html {
  const pull = issue.pullId === null ? null : (visit.world.state.pulls.get(issue.pullId) ?? null)
  const state = stateOf(issue, pull)
  const path = `/${nameOf(visit.world, repo)}/${pull === null ? 'issues' : 'pull'}/${issue.number}`
  const runs = pull === null ? [] : latestRuns(visit, repo.id, pull.headSha)
  return html`<tr><td class="state-cell"><span class="state ${state.colour}">${state.words}</span></td>
<td><a href="${link(visit, path)}"><strong>${issue.title}</strong></a> <span class="soft">#${issue.number}</span>
<div class="small">${issue.labels.map((name) => html`<span class="label">${name}</span>`)}${who(visit.world, issue.authorId)}</div></td>
<td>${runs.map((run) => html`<span class="pill ${checkState(run).colour}" title="${checkState(run).words}">${run.name}</span> `)}</td></tr>`
}

export function missingPage(visit: Visit): string {
  const body = html`<div class="wide"><h1>Not found</h1><p>There is nothing at this address, or ${visit.viewer?.login ?? 'nobody in particular'} may not read it. <a href="${link(visit, '/')}">All repositories</a> lists what there is.</p></div>`
  return page(visit, { title: 'Not found', repo: null, body })
}

export function mayRead(visit: Visit, repo: Repo): boolean {
  return !repo.private || (visit.viewer !== null && roleOn(visit.world.state, repo, visit.viewer) !== 'none')
}
