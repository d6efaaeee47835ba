/** A pull request's page: state, checks with buttons, plan and commits, changes, conversation. */
import { diffFiles } from '../github/diff.ts'
import type { Issue, Pull, Repo } from '../github/state.ts'
import { checksTable, latestRuns } from './checks.ts'
import { conversation, editBox, labels, sayBox } from './conversation.ts'
import { type Html, html } from './html.ts'
import { page, type Visit, when, who } from './layout.ts'

const MAX_COMMITS = 250
const MAX_FILES = 100
const MAX_PATCH_LINES = 1_000

export async function pullPage(visit: Visit, repo: Repo, issue: Issue, pull: Pull): Promise<string> {
  const { world } = visit
  const { git } = world.site
  const base = pull.merged
    ? pull.baseSha
    : ((await git.ref(repo.dir, `refs/heads/${pull.baseRef}`)) ?? pull.baseSha)
  const from = await git.mergeBase(repo.dir, base, pull.headSha)
  const commits = await git.log(
    repo.dir,
    from === null ? [pull.headSha] : [`${from}..${pull.headSha}`],
    MAX_COMMITS,
  )
  const files = await diffFiles(git, repo.dir, from, pull.headSha)
  const state = stateOf(issue, pull)
  const body = html`<div class="wide"><h1>${issue.title} <span class="number">#${issue.number}</span></h1>
<p><span class="state ${state.colour}">${state.words}</span> ${who(world, issue.authorId)}
<span class="soft">wants to merge ${commits.length} ${commits.length === 1 ? 'commit' : 'commits'} into</span> <code>${pull.baseRef}</code> <span class="soft">from</span> <code>${pull.headRef}</code></p>
${pull.merged && html`<p>Merged by ${pull.mergedById !== null && who(world, pull.mergedById)} as <code>${(pull.mergeCommitSha ?? '').slice(0, 7)}</code>${pull.mergedAt !== null && html` <span class="soft">${when(pull.mergedAt)}</span>`}</p>`}</div>
<div>
<h2>Checks on <code>${pull.headSha.slice(0, 7)}</code></h2>
${checksTable(visit, latestRuns(visit, repo.id, pull.headSha))}
<h2>Commits</h2>
<table class="list">${[...commits].reverse().map((commit) => commitRow(commit))}</table>
<h2>Changes</h2>
${files.length === 0 && html`<p class="soft">No files are changed yet.</p>`}
${files.slice(0, MAX_FILES).map((file) => patch(file))}
${files.length > MAX_FILES && html`<p class="soft">${files.length - MAX_FILES} more files are not shown.</p>`}
<h2>Conversation</h2>
${conversation(visit, issue)}
${sayBox(visit, pull)}
${editBox(visit, issue)}
</div>
<aside>${labels(visit, issue)}
<h2>Head</h2><p><code>${pull.headSha.slice(0, 12)}</code></p></aside>`
  return page(visit, { title: `${issue.title} · #${issue.number}`, repo, body })
}

export function stateOf(issue: Issue, pull: Pull | null): { colour: string; words: string } {
  if (pull?.merged) return { colour: 'violet', words: 'Merged' }
  if (issue.state === 'closed')
    return pull === null ? { colour: 'violet', words: 'Closed' } : { colour: 'red', words: 'Closed' }
  return pull?.draft ? { colour: 'grey', words: 'Draft' } : { colour: 'green', words: 'Open' }
}

type Commit = { sha: string; message: string; author: { name: string } }

function commitRow({ sha, message, author }: Commit): Html {
  const [subject = '', ...rest] = message.split('\n')
  const more = rest.join('\n').trim()
  return html`<tr><td>${more === '' ? subject : html`<details><summary>${subject}</summary><pre>${more}</pre></details>`}
<div class="small soft">${author.name}</div></td><td><code>${sha.slice(0, 7)}</code></td></tr>`
}

type File = {
  path: string
  previousPath: string | null
  status: string
  additions: number
  deletions: number
  patch: string | null
}

function patch(file: File): Html {
  const lines = (file.patch ?? 'No text to show.').split('\n')
  const kind = (line: string) =>
    line.startsWith('@@') ? 'hunk' : line.startsWith('+') ? 'add' : line.startsWith('-') ? 'del' : 'same'
  return html`<details><summary><code>${file.previousPath !== null && `${file.previousPath} → `}${file.path}</code>
<span class="small soft">${file.status}, +${file.additions} −${file.deletions}</span></summary>
<pre>${lines.slice(0, MAX_PATCH_LINES).map((line) => html`<span class="${kind(line)}">${line}</span>\n`)}${lines.length > MAX_PATCH_LINES && 'The rest is not shown.'}</pre></details>`
}
