/** Issues closed by words: "Fixes #1" in a merged pull request, or in a commit that reaches the default branch. */
import { findRepo, roleAtLeast, roleOn } from '../access.ts'
import { ZERO_SHA } from '../git.ts'
import type { Site } from '../site.ts'
import { must } from '../site.ts'
import type { Account, Pull, Repo } from '../state.ts'
import { fullName } from '../views/repo.ts'
import { closeIssue } from './issues.ts'

/** Each issue needs a word of its own: "fixes #1, #2" closes one. */
const closing =
  /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+(?:#|GH-|([\w.-]+)\/([\w.-]+)#|https?:\/\/[^\s/]+\/([\w.-]+)\/([\w.-]+)\/issues\/)(\d+)\b/gi
const COMMITS_LIMIT = 250

/** A merge into the default branch closes what the description names; into any other branch it closes nothing. */
export async function closeByPull(site: Site, pull: Pull, by: Account): Promise<void> {
  const repo = must(site.state.repos, pull.repoId, 'repository')
  if (pull.baseRef !== repo.defaultBranch) return
  const body = must(site.state.issues, pull.issueId, 'issue').body ?? ''
  // Only what is read as prose counts: code and comments of the Markdown are no links.
  const prose = body.replace(
    /<!--[\s\S]*?-->|^ {0,3}(`{3,}|~{3,})[\s\S]*?(?:^ {0,3}\1|$(?![\s\S]))|`[^`]*`/gm,
    ' ',
  )
  await closeNamed(site, repo, prose, by)
}

/** Commits that a push or a merge brought to the default branch; messages are plain text. */
export async function closeByCommits(
  site: Site,
  repo: Repo,
  { ref, before, after }: { ref: string; before: string; after: string },
  by: Account,
): Promise<void> {
  if (ref !== `refs/heads/${repo.defaultBranch}` || before === ZERO_SHA || after === ZERO_SHA) return
  const commits = await site.git.log(repo.dir, [`${before}..${after}`], COMMITS_LIMIT)
  await closeNamed(site, repo, commits.map(({ message }) => message).join('\n\n'), by)
}

async function closeNamed(site: Site, repo: Repo, text: string, by: Account): Promise<void> {
  for (const [, owner, name, urlOwner, urlName, number] of text.matchAll(closing)) {
    const [home, title] = [owner ?? urlOwner, name ?? urlName]
    const target = home === undefined ? repo : findRepo(site.state, home, title ?? '')
    if (target === null) continue
    const elsewhere = fullName(site, target) !== fullName(site, repo)
    if (elsewhere && !roleAtLeast(roleOn(site.state, target, by), 'write')) continue
    const issue = [...site.state.issues.values()].find(
      (one) => one.repoId === target.id && one.number === Number(number) && one.pullId === null,
    )
    if (issue) await closeIssue(site, issue, by, 'completed')
  }
}
