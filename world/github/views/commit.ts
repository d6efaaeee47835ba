/** Commits, their files and the people behind their e-mail addresses, all read from git. */

import { type DiffFile, diffFiles } from '../diff.ts'
import type { CommitInfo, Identity } from '../git.ts'
import type { Site } from '../site.ts'
import type { Account, Repo } from '../state.ts'
import { nodeId, simpleUser } from './account.ts'
import { repoApi, repoHtml } from './repo.ts'
import type { Schema } from './schemas.ts'

export const UNSIGNED = {
  verified: false,
  reason: 'unsigned',
  signature: null,
  payload: null,
  verified_at: null,
}

/** Verified is what GitHub has made itself: merges, edits of the website, and an App's commits through the API. */
export function verificationOf(site: Site, { sha, tree, committer }: CommitInfo) {
  if (!site.state.signed.has(sha)) return UNSIGNED
  return {
    verified: true,
    reason: 'valid',
    signature: '-----BEGIN PGP SIGNATURE-----\n\nstand-in\n-----END PGP SIGNATURE-----',
    payload: `tree ${tree}\n`,
    verified_at: committer.date,
  }
}

/** GitHub's own committer for what the website does. */
export const WEB_FLOW = { name: 'GitHub', email: 'noreply@github.com' }

export const noreply = (account: Account) => `${account.id}+${account.login}@users.noreply.github.com`

/** The account an e-mail address belongs to; an address nobody owns resolves to null. */
export function accountByEmail(site: Site, email: string): Account | null {
  const wanted = email.toLowerCase()
  for (const account of site.state.accounts.values()) {
    if (account.type === 'Organization') continue
    if (account.email.toLowerCase() === wanted || noreply(account).toLowerCase() === wanted) return account
  }
  return null
}

export function simpleCommit(info: CommitInfo): Schema<'simple-commit'> {
  return {
    id: info.sha,
    tree_id: info.tree,
    message: info.message,
    timestamp: info.committer.date,
    author: { name: info.author.name, email: info.author.email },
    committer: { name: info.committer.name, email: info.committer.email },
  }
}

export function diffEntry(site: Site, repo: Repo, sha: string, file: DiffFile): Schema<'diff-entry'> {
  const path = file.path.split('/').map(encodeURIComponent).join('/')
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${repoHtml(site, repo)}/blob/${sha}/${path}`,
    raw_url: `${repoHtml(site, repo)}/raw/${sha}/${path}`,
    contents_url: `${repoApi(site, repo)}/contents/${path}?ref=${sha}`,
    ...(file.patch === null ? {} : { patch: file.patch }),
    ...(file.previousPath === null ? {} : { previous_filename: file.previousPath }),
  }
}

/** A commit as lists show it: without files. */
export function commitView(site: Site, repo: Repo, info: CommitInfo): Schema<'commit'> {
  const url = `${repoApi(site, repo)}/commits/${info.sha}`
  const html = `${repoHtml(site, repo)}/commit`
  const who = (identity: Identity) => {
    const account = accountByEmail(site, identity.email)
    return account === null ? null : simpleUser(site, account)
  }
  return {
    sha: info.sha,
    node_id: nodeId('C', Number.parseInt(info.sha.slice(0, 8), 16)),
    commit: {
      author: info.author,
      committer: info.committer,
      message: info.message,
      tree: { sha: info.tree, url: `${repoApi(site, repo)}/git/trees/${info.tree}` },
      url: `${repoApi(site, repo)}/git/commits/${info.sha}`,
      comment_count: 0,
      verification: verificationOf(site, info),
    },
    url,
    html_url: `${html}/${info.sha}`,
    comments_url: `${url}/comments`,
    author: who(info.author),
    committer: who(info.committer),
    parents: info.parents.map((sha) => ({
      sha,
      url: `${repoApi(site, repo)}/commits/${sha}`,
      html_url: `${html}/${sha}`,
    })),
  }
}

/** GET /repos/{owner}/{repo}/commits/{ref}: with stats and files against the first parent. */
export async function commitWithFiles(site: Site, repo: Repo, info: CommitInfo): Promise<Schema<'commit'>> {
  const files = await diffFiles(site.git, repo.dir, info.parents[0] ?? null, info.sha)
  const additions = files.reduce((n, f) => n + f.additions, 0)
  const deletions = files.reduce((n, f) => n + f.deletions, 0)
  return {
    ...commitView(site, repo, info),
    stats: { total: additions + deletions, additions, deletions },
    files: files.slice(0, 300).map((f) => diffEntry(site, repo, info.sha, f)),
  }
}
