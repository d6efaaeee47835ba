/** Commits over REST: one with its files, lists, comparisons, and the pull requests that carry a commit. */
import { diffFiles } from '../diff.ts'
import { invalid, notFound } from '../errors.ts'
import { issueOf } from '../ops/pulls.ts'
import { type Call, list, ok, pageOf, type Router } from '../router.ts'
import type { Pull } from '../state.ts'
import { commitView, commitWithFiles, diffEntry } from '../views/commit.ts'
import { pullSimple } from '../views/pull.ts'
import { repoApi, repoHtml } from '../views/repo.ts'

const COMPARE_FILES_LIMIT = 300

async function shaOf(c: Call, name: string): Promise<string> {
  const sha = await c.site.git.commitSha(c.repo.dir, name)
  if (sha === null)
    throw /^[0-9a-f]{7,40}$/.test(name) ? invalid([], `No commit found for SHA: ${name}`) : notFound()
  return sha
}

async function compare(c: Call) {
  const [, baseName = '', headName = ''] = /^(.+?)\.\.\.?(.+)$/.exec(c.params.basehead ?? '') ?? []
  const [base, head] = [await shaOf(c, baseName), await shaOf(c, headName)]
  const merge = await c.site.git.mergeBase(c.repo.dir, base, head)
  if (merge === null) throw notFound()
  const ahead = await c.site.git.count(c.repo.dir, `${base}..${head}`)
  const behind = await c.site.git.count(c.repo.dir, `${head}..${base}`)
  const commits = (await c.site.git.log(c.repo.dir, ['--topo-order', `${base}..${head}`])).reverse()
  const files = await diffFiles(c.site.git, c.repo.dir, merge, head)
  const page = pageOf(c, commits)
  const pair = `${baseName}...${headName}`
  const html = repoHtml(c.site, c.repo)
  return {
    status: 200,
    headers: page.headers,
    body: {
      url: `${repoApi(c.site, c.repo)}/compare/${pair}`,
      html_url: `${html}/compare/${pair}`,
      permalink_url: `${html}/compare/${base.slice(0, 7)}...${head.slice(0, 7)}`,
      diff_url: `${html}/compare/${pair}.diff`,
      patch_url: `${html}/compare/${pair}.patch`,
      base_commit: commitView(c.site, c.repo, await c.site.git.commit(c.repo.dir, base)),
      merge_base_commit: commitView(c.site, c.repo, await c.site.git.commit(c.repo.dir, merge)),
      status: ahead > 0 ? (behind > 0 ? 'diverged' : 'ahead') : behind > 0 ? 'behind' : 'identical',
      ahead_by: ahead,
      behind_by: behind,
      total_commits: ahead,
      commits: page.items.map((info) => commitView(c.site, c.repo, info)),
      files: files.slice(0, COMPARE_FILES_LIMIT).map((f) => diffEntry(c.site, c.repo, head, f)),
    },
  }
}

/** Open pull requests containing the commit, and merged ones that brought it. */
async function pullsWith(c: Call, sha: string): Promise<Pull[]> {
  const found: Pull[] = []
  for (const pull of c.site.state.pulls.values()) {
    if (pull.repoId !== c.repo.id) continue
    const open = issueOf(c.site, pull).state === 'open'
    if (!open && !pull.merged) continue
    if (pull.mergeCommitSha === sha) found.push(pull)
    else if (
      (await c.site.git.isAncestor(c.repo.dir, sha, pull.headSha)) &&
      !(await c.site.git.isAncestor(c.repo.dir, sha, pull.baseSha))
    )
      found.push(pull)
  }
  return found
}

export function commitRoutes(router: Router): void {
  const read = { permission: 'contents:read' }
  const base = '/repos/{owner}/{repo}'
  router.route('GET', `${base}/commits`, read, async (c) => {
    const start = await shaOf(c, c.query.get('sha') ?? c.repo.defaultBranch)
    const path = c.query.get('path')
    const infos = await c.site.git.log(c.repo.dir, [start, ...(path === null ? [] : ['--', path])])
    return list(c, infos, (info) => commitView(c.site, c.repo, info))
  })
  router.route('GET', `${base}/commits/{ref}`, read, async (c) => {
    const sha = await shaOf(c, c.params.ref ?? '')
    return ok(await commitWithFiles(c.site, c.repo, await c.site.git.commit(c.repo.dir, sha)))
  })
  router.route(
    'GET',
    `${base}/commits/{commit_sha}/pulls`,
    { permission: 'pull_requests:read' },
    async (c) => {
      const sha = await shaOf(c, c.params.commit_sha ?? '')
      return list(c, await pullsWith(c, sha), (p) => pullSimple(c.site, p))
    },
  )
  router.route('GET', `${base}/compare/{basehead}`, read, compare)
}
