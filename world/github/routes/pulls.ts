/** Pull requests: open, read, change, list files and commits, merge, update the branch. */
import { z } from 'zod'
import { requireRole, roleAtLeast, roleOn } from '../access.ts'
import { diffFiles } from '../diff.ts'
import { forbidden, GitHubError, notFound } from '../errors.ts'
import { editIssue } from '../ops/issues.ts'
import { mergePull, updateBranch } from '../ops/merge.ts'
import { changeBase, closePull, issueOf, openPull, reopenPull } from '../ops/pulls.ts'
import { type Call, created, list, ok, type Router } from '../router.ts'
import { must, viaApp } from '../site.ts'
import type { Pull } from '../state.ts'
import { commitView, diffEntry } from '../views/commit.ts'
import { pullSimple, pullView } from '../views/pull.ts'

// GitHub lists no more than these, whatever the pull request holds.
const FILES_LIMIT = 3000
const COMMITS_LIMIT = 250

const createBody = z.object({
  title: z.string().min(1).max(256),
  head: z.string(),
  base: z.string(),
  body: z.string().max(65_536).nullish(),
  draft: z.boolean().optional(),
  maintainer_can_modify: z.boolean().optional(),
})
const updateBody = z.object({
  title: z.string().min(1).max(256).optional(),
  body: z.string().max(65_536).nullish(),
  state: z.enum(['open', 'closed']).optional(),
  base: z.string().optional(),
  maintainer_can_modify: z.boolean().optional(),
})
const mergeBody = z.object({
  commit_title: z.string().optional(),
  commit_message: z.string().optional(),
  sha: z.string().optional(),
  merge_method: z.enum(['merge', 'squash', 'rebase']).optional(),
})
const updateBranchBody = z.object({ expected_head_sha: z.string().optional() })

/** The pull request that the path names. */
export function pullAt(c: Call): Pull {
  const number = c.id('pull_number')
  for (const pull of c.site.state.pulls.values())
    if (pull.repoId === c.repo.id && pull.number === number) return pull
  throw notFound()
}

function filtered(c: Call): Pull[] {
  const state = c.query.get('state') ?? 'open'
  const head = c.query.get('head')
  const base = c.query.get('base')
  const label = (p: Pull) => {
    const repo = must(c.site.state.repos, p.headRepoId, 'repository')
    return `${must(c.site.state.accounts, repo.ownerId, 'account').login}:${p.headRef}`
  }
  const found = [...c.site.state.pulls.values()].filter(
    (p) =>
      p.repoId === c.repo.id &&
      (state === 'all' || issueOf(c.site, p).state === state) &&
      (base === null || p.baseRef === base) &&
      (head === null || label(p) === head),
  )
  return c.query.get('direction') === 'asc' ? found : found.reverse()
}

async function filesOf(c: Call, pull: Pull) {
  const base = await c.site.git.mergeBase(c.repo.dir, pull.baseSha, pull.headSha)
  return (await diffFiles(c.site.git, c.repo.dir, base, pull.headSha)).slice(0, FILES_LIMIT)
}

export function pullRoutes(router: Router): void {
  const read = { permission: 'pull_requests:read' }
  const write = { permission: 'pull_requests:write' }
  const base = '/repos/{owner}/{repo}/pulls'
  const one = `${base}/{pull_number}`
  router.route('GET', base, read, (c) => list(c, filtered(c), (p) => pullSimple(c.site, p)))
  router.route('POST', base, write, async (c) => {
    const input = c.parse(createBody)
    const pull = await openPull(c.site, c.repo, c.author, viaApp(c.actor), {
      title: input.title,
      body: input.body ?? null,
      head: input.head,
      base: input.base.replace(/^refs\/heads\//, ''),
      draft: input.draft ?? false,
      maintainerCanModify: input.maintainer_can_modify ?? false,
    })
    return created(await pullView(c.site, pull))
  })
  router.route('GET', one, read, async (c) => {
    const pull = pullAt(c)
    if (/\bdiff\b/.test(c.headers.accept ?? '')) {
      const raw = await c.site.git.text(c.repo.dir, [
        'diff',
        '--no-ext-diff',
        '--no-textconv',
        `${pull.baseSha}...${pull.headSha}`,
      ])
      return { status: 200, raw, headers: { 'content-type': 'application/vnd.github.diff; charset=utf-8' } }
    }
    return ok(await pullView(c.site, pull))
  })
  router.route('PATCH', one, write, async (c) => {
    const pull = pullAt(c)
    const issue = issueOf(c.site, pull)
    const input = c.parse(updateBody)
    if (c.actor.kind === 'user' && issue.authorId !== c.actor.account.id) {
      requireRole(
        c.site,
        c.actor,
        c.repo,
        input.state !== undefined && input.base === undefined ? 'triage' : 'write',
        'Must have write access to change this pull request.',
      )
    }
    await editIssue(c.site, issue, c.author, {
      ...(input.title === undefined ? {} : { title: input.title }),
      ...(input.body === undefined ? {} : { body: input.body }),
    })
    if (input.base !== undefined && input.base !== pull.baseRef)
      await changeBase(c.site, pull, input.base, c.author)
    if (input.state === 'closed') await closePull(c.site, pull, c.author)
    if (input.state === 'open') await reopenPull(c.site, pull, c.author)
    if (input.maintainer_can_modify !== undefined) pull.maintainerCanModify = input.maintainer_can_modify
    return ok(await pullView(c.site, pull))
  })
  router.route('GET', `${one}/files`, read, async (c) => {
    const pull = pullAt(c)
    return list(c, await filesOf(c, pull), (f) => diffEntry(c.site, c.repo, pull.headSha, f))
  })
  router.route('GET', `${one}/commits`, read, async (c) => {
    const pull = pullAt(c)
    const commits = (
      await c.site.git.log(c.repo.dir, ['--topo-order', `${pull.baseSha}..${pull.headSha}`])
    ).reverse()
    return list(c, commits.slice(0, COMMITS_LIMIT), (info) => commitView(c.site, c.repo, info))
  })
  router.route('GET', `${one}/merge`, read, (c) => {
    if (!pullAt(c).merged) throw notFound()
    return { status: 204 }
  })
  router.route('PUT', `${one}/merge`, { permission: 'contents:write', role: 'write' }, async (c) => {
    const pull = pullAt(c)
    const input = c.parse(mergeBody)
    const sha = await mergePull(c.site, pull, c.actor, {
      method: input.merge_method ?? 'merge',
      ...(input.sha === undefined ? {} : { sha: input.sha }),
      ...(input.commit_title === undefined ? {} : { title: input.commit_title }),
      ...(input.commit_message === undefined ? {} : { message: input.commit_message }),
    })
    return ok({ sha, merged: true, message: 'Pull Request successfully merged' })
  })
  router.route('PUT', `${one}/update-branch`, write, async (c) => {
    const pull = pullAt(c)
    if (c.actor.kind === 'user' && !roleAtLeast(roleOn(c.site.state, c.repo, c.actor.account), 'write'))
      throw forbidden('Must have push access to the head branch.')
    if (c.actor.kind === 'installation' && c.actor.permissions.contents !== 'write')
      throw new GitHubError(403, 'Resource not accessible by integration')
    await updateBranch(c.site, pull, c.actor, c.parse(updateBranchBody).expected_head_sha)
    return {
      status: 202,
      body: {
        message: 'Updating pull request branch.',
        url: `${c.site.url}${c.path.replace(/\/update-branch$/, '')}`,
      },
    }
  })
}
