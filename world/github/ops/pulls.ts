/** The life of a pull request: opened, edited, drafted, closed, merged, each change told by a webhook. */
import { GitHubError, invalid } from '../errors.ts'
import type { Site } from '../site.ts'
import { must } from '../site.ts'
import type { Account, Issue, Pull, Repo } from '../state.ts'
import { pullView } from '../views/pull.ts'
import { repository } from '../views/repo.ts'
import { publishHead } from './heads.ts'

export const issueOf = (site: Site, pull: Pull): Issue => must(site.state.issues, pull.issueId, 'issue')

/** Sends a pull_request webhook with the pull request as it is now. */
export async function emitPull(
  site: Site,
  pull: Pull,
  action: string,
  sender: Account,
  extra: Record<string, unknown> = {},
) {
  const repo = must(site.state.repos, pull.repoId, 'repository')
  const view = await pullView(site, pull)
  const settings = {
    allow_auto_merge: repo.allow.autoMerge,
    allow_merge_commit: repo.allow.merge,
    allow_rebase_merge: repo.allow.rebase,
    allow_squash_merge: repo.allow.squash,
    allow_update_branch: false,
    delete_branch_on_merge: repo.deleteBranchOnMerge,
    merge_commit_message: 'PR_TITLE',
    merge_commit_title: 'MERGE_MESSAGE',
    squash_merge_commit_message: 'COMMIT_MESSAGES',
    squash_merge_commit_title: 'COMMIT_OR_PR_TITLE',
    use_squash_pr_title_as_default: false,
  }
  const base = { ...view.base, repo: { ...view.base.repo, ...settings } }
  const headRepo = must(site.state.repos, pull.headRepoId, 'repository')
  const head = { ...view.head, repo: { ...repository(site, headRepo), ...settings } }
  const payload = { action, number: pull.number, pull_request: { ...view, base, head }, ...extra }
  site.emit('pull_request', action, payload, { repo, sender })
}

export type OpenInput = {
  title: string
  body: string | null
  /** `branch` or `owner:branch`. */
  head: string
  base: string
  draft: boolean
  maintainerCanModify: boolean
}

/** Opens a pull request; refuses unknown branches, an empty difference and a second one for the same pair. */
export async function openPull(
  site: Site,
  repo: Repo,
  author: Account,
  viaAppId: number | null,
  input: OpenInput,
): Promise<Pull> {
  const { headRepo, headRef } = findHead(site, repo, input.head)
  const headSha = await site.git.ref(headRepo.dir, `refs/heads/${headRef}`)
  if (headSha === null) throw invalid([{ resource: 'PullRequest', field: 'head', code: 'invalid' }])
  const baseSha = await site.git.ref(repo.dir, `refs/heads/${input.base}`)
  if (baseSha === null) throw invalid([{ resource: 'PullRequest', field: 'base', code: 'invalid' }])
  const twin = [...site.state.pulls.values()].find(
    (p) =>
      p.repoId === repo.id &&
      p.headRepoId === headRepo.id &&
      p.headRef === headRef &&
      p.baseRef === input.base &&
      issueOf(site, p).state === 'open',
  )
  if (twin !== undefined)
    throw refusal(
      `A pull request already exists for ${input.head.includes(':') ? input.head : `${ownerLogin(site, headRepo)}:${headRef}`}.`,
    )
  if (headRepo.id !== repo.id)
    await site.git.run(repo.dir, ['fetch', '-q', '--no-tags', headRepo.dir, headSha])
  if (await site.git.isAncestor(repo.dir, headSha, baseSha))
    throw refusal(`No commits between ${input.base} and ${headRef}`)

  const at = site.now()
  const number = repo.nextNumber++
  const issue: Issue = {
    id: site.nextId(),
    repoId: repo.id,
    number,
    title: input.title,
    body: input.body,
    authorId: author.id,
    viaAppId,
    state: 'open',
    stateReason: null,
    labels: [],
    assigneeIds: [],
    locked: false,
    createdAt: at,
    updatedAt: at,
    closedAt: null,
    closedById: null,
    lastEditedAt: null,
    editorId: null,
    pullId: null,
    parentId: null,
  }
  const pull: Pull = {
    id: site.nextId(),
    issueId: issue.id,
    repoId: repo.id,
    number,
    headRepoId: headRepo.id,
    headRef,
    headSha,
    baseRef: input.base,
    baseSha,
    draft: input.draft,
    merged: false,
    mergedAt: null,
    mergedById: null,
    mergeCommitSha: null,
    requestedReviewerIds: [],
    requestedTeamIds: [],
    maintainerCanModify: input.maintainerCanModify,
    lastPusherId: author.id,
  }
  issue.pullId = pull.id
  site.state.issues.set(issue.id, issue)
  site.state.pulls.set(pull.id, pull)
  await publishHead(site, pull)
  await emitPull(site, pull, 'opened', author)
  return pull
}

const refusal = (message: string) => invalid([{ resource: 'PullRequest', code: 'custom', message }])
const ownerLogin = (site: Site, repo: Repo) => must(site.state.accounts, repo.ownerId, 'account').login

function findHead(site: Site, repo: Repo, head: string): { headRepo: Repo; headRef: string } {
  const at = head.indexOf(':')
  if (at < 0) return { headRepo: repo, headRef: head }
  const owner = head.slice(0, at).toLowerCase()
  const headRef = head.slice(at + 1)
  if (ownerLogin(site, repo).toLowerCase() === owner) return { headRepo: repo, headRef }
  for (const fork of site.state.repos.values()) {
    if (fork.parentId === repo.id && ownerLogin(site, fork).toLowerCase() === owner)
      return { headRepo: fork, headRef }
  }
  throw invalid([{ resource: 'PullRequest', field: 'head', code: 'invalid' }])
}

/** Points the pull request at another base branch: an `edited` webhook with `changes.base`. */
export async function changeBase(site: Site, pull: Pull, to: string, sender: Account): Promise<void> {
  const repo = must(site.state.repos, pull.repoId, 'repository')
  const sha = await site.git.ref(repo.dir, `refs/heads/${to}`)
  if (sha === null) throw invalid([{ resource: 'PullRequest', field: 'base', code: 'invalid' }])
  if (issueOf(site, pull).state !== 'open')
    throw refusal('Cannot change the base branch of a closed pull request.')
  if (await site.git.isAncestor(repo.dir, pull.headSha, sha))
    throw refusal(`There are no new commits between base branch '${to}' and head branch '${pull.headRef}'`)
  const changes = { base: { ref: { from: pull.baseRef }, sha: { from: pull.baseSha } } }
  pull.baseRef = to
  pull.baseChanges = (pull.baseChanges ?? 0) + 1
  pull.baseSha = sha
  issueOf(site, pull).updatedAt = site.now()
  await emitPull(site, pull, 'edited', sender, { changes })
}

export async function setDraft(site: Site, pull: Pull, draft: boolean, sender: Account): Promise<void> {
  if (pull.draft === draft) return
  pull.draft = draft
  issueOf(site, pull).updatedAt = site.now()
  await emitPull(site, pull, draft ? 'converted_to_draft' : 'ready_for_review', sender)
}

export async function closePull(site: Site, pull: Pull, sender: Account): Promise<void> {
  const issue = issueOf(site, pull)
  if (issue.state === 'closed') return
  issue.state = 'closed'
  issue.closedAt = site.now()
  issue.updatedAt = issue.closedAt
  issue.closedById = sender.id
  await emitPull(site, pull, 'closed', sender)
}

export async function reopenPull(site: Site, pull: Pull, sender: Account): Promise<void> {
  const issue = issueOf(site, pull)
  if (issue.state === 'open') return
  if (pull.merged)
    throw new GitHubError(422, 'Validation Failed', [
      {
        resource: 'PullRequest',
        field: 'state',
        code: 'invalid',
        message: 'state cannot be changed. The pull request is merged.',
      },
    ])
  const head = must(site.state.repos, pull.headRepoId, 'repository')
  const sha = await site.git.ref(head.dir, `refs/heads/${pull.headRef}`)
  if (sha === null) throw refusal(`state cannot be changed. The ${pull.headRef} branch has been deleted.`)
  issue.state = 'open'
  issue.closedAt = null
  issue.closedById = null
  issue.updatedAt = site.now()
  pull.headSha = sha
  await publishHead(site, pull)
  await emitPull(site, pull, 'reopened', sender)
}

/** Marks as merged and closed. The commit is already on the base branch. */
export async function recordMerged(site: Site, pull: Pull, by: Account, sha: string): Promise<void> {
  const issue = issueOf(site, pull)
  if (pull.merged) return
  pull.merged = true
  pull.mergedAt = site.now()
  pull.mergedById = by.id
  pull.mergeCommitSha = sha
  pull.draft = false
  issue.state = 'closed'
  issue.closedAt = pull.mergedAt
  issue.closedById = by.id
  issue.updatedAt = pull.mergedAt
  await emitPull(site, pull, 'closed', by)
}
