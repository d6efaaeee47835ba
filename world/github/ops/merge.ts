/** Merging a pull request with real git, under the rulesets of its base, and updating its branch from the base. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { GitHubError } from '../errors.ts'
import { type Identity, identityEnv, runGit } from '../git.ts'
import type { Actor, Site } from '../site.ts'
import { authorOf, must } from '../site.ts'
import type { Account, Pull, Repo } from '../state.ts'
import { noreply, WEB_FLOW } from '../views/commit.ts'
import { closeByPull } from './closing.ts'
import { issueOf, recordMerged } from './pulls.ts'
import { afterPush } from './push.ts'
import { judgeUpdate, type RefUpdate, recordSuite } from './rules.ts'

export type MergeMethod = 'merge' | 'squash' | 'rebase'
export type MergeInput = { method: MergeMethod; sha?: string; title?: string; message?: string }

const notMergeable = (message = 'Pull Request is not mergeable') => new GitHubError(405, message)

export const identityOf = (site: Site, account: Account): Identity => ({
  name: account.name ?? account.login,
  email: account.type === 'Bot' ? noreply(account) : account.email,
  date: site.now(),
})
const webFlow = (site: Site): Identity => ({ ...WEB_FLOW, date: site.now() })

/** PUT /pulls/{n}/merge: 409 when the head is not `sha`, 405 when rules, conflicts or state forbid it. */
export async function mergePull(site: Site, pull: Pull, actor: Actor, input: MergeInput): Promise<string> {
  const repo = must(site.state.repos, pull.repoId, 'repository')
  const account = authorOf(actor)
  if (account === null) throw new GitHubError(401, 'Requires authentication')
  const issue = issueOf(site, pull)
  if (pull.merged || issue.state === 'closed') throw notMergeable()
  if (pull.draft) throw notMergeable('Pull Request is still a draft')
  if (input.sha !== undefined && input.sha !== pull.headSha)
    throw new GitHubError(409, 'Head branch was modified. Review and try the merge again.')
  if (!repo.allow[input.method])
    throw notMergeable(
      `${input.method === 'merge' ? 'Merge commits' : input.method === 'squash' ? 'Squash merges' : 'Rebase merges'} are not allowed on this repository.`,
    )
  const ref = `refs/heads/${pull.baseRef}`
  const head = pull.headSha
  const before = await site.git.ref(repo.dir, ref)
  if (before === null) throw notMergeable()
  const after = await mergedCommit(site, repo, pull, account, before, input)
  const update: RefUpdate = {
    ref,
    before,
    after,
    actor,
    via: 'merge',
    pull,
    forced: false,
    mergeMethod: input.method,
  }
  const judgement = await judgeUpdate(site, repo, update)
  recordSuite(site, repo, update, judgement)
  if (!judgement.allowed)
    throw notMergeable(`Repository rule violations found\n\n${judgement.messages.join('\n\n')}\n\n`)
  if (pull.headSha !== head || !(await site.git.updateRef(repo.dir, ref, after, before))) {
    throw new GitHubError(409, 'Base branch was modified. Review and try the merge again.')
  }
  await recordMerged(site, pull, account, after)
  await closeByPull(site, pull, account)
  await afterPush(site, repo, [{ ref, before, after }], account)
  if (repo.deleteBranchOnMerge && pull.headRepoId === repo.id) await removeHead(site, repo, pull, account)
  return after
}

async function removeHead(site: Site, repo: Repo, pull: Pull, account: Account): Promise<void> {
  const ref = `refs/heads/${pull.headRef}`
  const zero = '0'.repeat(40)
  if (await site.git.updateRef(repo.dir, ref, zero, pull.headSha))
    await afterPush(site, repo, [{ ref, before: pull.headSha, after: zero }], account)
}

/** The commit that brings a pull request onto a tip, by one of the three methods; 405 where they conflict. */
export async function mergedCommit(
  site: Site,
  repo: Repo,
  pull: Pull,
  account: Account,
  tip: string,
  input: MergeInput,
): Promise<string> {
  const tree = await site.git.mergeTree(repo.dir, tip, pull.headSha)
  if (tree === null) throw notMergeable()
  const issue = issueOf(site, pull)
  const headOwner = must(
    site.state.accounts,
    must(site.state.repos, pull.headRepoId, 'repository').ownerId,
    'account',
  )
  const message = (title: string, body: string) => {
    const text = input.message ?? body
    return `${input.title ?? title}${text === '' ? '' : `\n\n${text}`}`
  }
  switch (input.method) {
    case 'merge':
      return signed(
        site,
        repo,
        tree,
        [tip, pull.headSha],
        message(`Merge pull request #${pull.number} from ${headOwner.login}/${pull.headRef}`, issue.title),
        account,
      )
    case 'squash': {
      const commits = (await site.git.log(repo.dir, [`${tip}..${pull.headSha}`, '--no-merges'])).reverse()
      const title = commits.length === 1 ? (commits[0]?.message.split('\n')[0] ?? issue.title) : issue.title
      const body = commits.length === 1 ? '' : commits.map((c) => `* ${c.message}`).join('\n\n')
      const author = must(site.state.accounts, issue.authorId, 'account')
      return signed(site, repo, tree, [tip], message(`${title} (#${pull.number})`, body), author)
    }
    case 'rebase':
      return rebase(site, repo, pull, account, tip)
    default:
      return input.method satisfies never
  }
}

/** A commit that GitHub makes in somebody's name, and signs. */
async function signed(
  site: Site,
  repo: Repo,
  tree: string,
  parents: string[],
  message: string,
  by: Account,
): Promise<string> {
  const sha = await site.git.commitTree(repo.dir, tree, parents, message, identityOf(site, by), webFlow(site))
  site.state.signed.add(sha)
  return sha
}

/** Replays the commits in a throw-away worktree; a conflict makes the pull request unmergeable. */
async function rebase(site: Site, repo: Repo, pull: Pull, account: Account, tip: string): Promise<string> {
  const dir = join(site.dataDir, 'scratch', `rebase-${site.nextId()}`)
  const me = { ...identityOf(site, account) }
  await site.git.run(repo.dir, ['worktree', 'add', '-q', '--detach', dir, tip])
  try {
    const commits = (await site.git.log(repo.dir, [`${tip}..${pull.headSha}`, '--no-merges'])).reverse()
    const { GIT_COMMITTER_NAME = '', GIT_COMMITTER_EMAIL = '', GIT_COMMITTER_DATE = '' } = identityEnv(me, me)
    const env = { GIT_COMMITTER_NAME, GIT_COMMITTER_EMAIL, GIT_COMMITTER_DATE }
    for (const commit of commits) {
      const picked = await runGit(['cherry-pick', '--allow-empty', commit.sha], {
        cwd: dir,
        env,
        allowFailure: true,
      })
      if (picked.code !== 0) throw notMergeable('This branch cannot be rebased due to conflicts')
    }
    return (await runGit(['rev-parse', 'HEAD'], { cwd: dir })).stdout.toString('utf8').trim()
  } finally {
    await rm(dir, { recursive: true, force: true })
    await site.git.run(repo.dir, ['worktree', 'prune'])
  }
}

/** PUT /pulls/{n}/update-branch: merges the base into the head as a commit in the caller's name. */
export async function updateBranch(
  site: Site,
  pull: Pull,
  actor: Actor,
  expected: string | undefined,
): Promise<void> {
  const repo = must(site.state.repos, pull.repoId, 'repository')
  const account = authorOf(actor)
  if (account === null) throw new GitHubError(401, 'Requires authentication')
  if (expected !== undefined && expected !== pull.headSha)
    throw new GitHubError(422, 'expected head sha didn’t match current head ref.')
  if (pull.headRepoId !== repo.id)
    throw new GitHubError(403, 'Updating the branch of a fork needs push access to the fork')
  const tip = await site.git.ref(repo.dir, `refs/heads/${pull.baseRef}`)
  if (tip === null || (await site.git.isAncestor(repo.dir, tip, pull.headSha)))
    throw new GitHubError(422, 'There are no new commits on the base branch.')
  const tree = await site.git.mergeTree(repo.dir, pull.headSha, tip)
  if (tree === null) throw new GitHubError(422, 'merge conflict between base and head')
  const ref = `refs/heads/${pull.headRef}`
  const before = pull.headSha
  const message = `Merge branch '${pull.baseRef}' into ${pull.headRef}`
  const after = await signed(site, repo, tree, [before, tip], message, account)
  await moveRef(site, repo, { ref, before, after, actor, via: 'push', forced: false })
}

/** Moves a ref in somebody's name through the API: rules apply, a lost race is 409. */
export async function moveRef(site: Site, repo: Repo, update: RefUpdate): Promise<void> {
  const account = authorOf(update.actor)
  if (account === null) throw new GitHubError(401, 'Requires authentication')
  const judgement = await judgeUpdate(site, repo, update)
  recordSuite(site, repo, update, judgement)
  if (!judgement.allowed)
    throw new GitHubError(422, `Repository rule violations found\n\n${judgement.messages.join('\n\n')}\n\n`)
  if (!(await site.git.updateRef(repo.dir, update.ref, update.after, update.before)))
    throw new GitHubError(409, 'Reference was changed by somebody else')
  await afterPush(site, repo, [{ ref: update.ref, before: update.before, after: update.after }], account)
}
