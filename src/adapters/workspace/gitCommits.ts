/** Commit evidence: who wrote what in base..head, from raw objects, and the empty commit that carries a plan. */
import type { CommitBody, EvidenceResult } from '../../core/evidence.ts'
import type { Sha } from '../../core/ids.ts'
import type { CommitInput } from '../../core/ports.ts'
import { fieldsOf, textOf } from './bytes.ts'
import { gitText, runGit } from './gitProcess.ts'

const maximumCommits = 250
/** `%m` is `-` for a boundary: a parent outside of the range, of which only the tree is wanted. */
const fields = ['%m', '%H', '%T', '%P', '%an', '%ae', '%cn', '%ce', '%B']

/** Commits reachable from `head` and not from `base`, oldest first; `failed` over 250 (T18). */
export async function collectCommits(
  directory: string,
  base: Sha,
  head: Sha,
): Promise<EvidenceResult<'commits'>> {
  const range = ['--end-of-options', head, `^${base}`]
  const { stdout } = await runGit({
    directory,
    args: [
      'log',
      '--boundary',
      `--max-count=${maximumCommits + 1}`,
      '--reverse',
      '--topo-order',
      '--no-mailmap',
      '--no-notes',
      '--no-show-signature',
      '--no-decorate',
      '--encoding=UTF-8',
      // Every record ends with NUL, and git cuts fields at NUL: nine fields a commit, whatever they hold.
      `--format=tformat:${fields.join('%x00')}`,
      '-z',
      ...range,
    ],
    maxBytes: 128 * 1024 * 1024,
  })
  const values = fieldsOf(stdout).map((bytes) => textOf(bytes).text)
  const commits: Omit<CommitBody, 'empty'>[] = []
  const trees = new Map<Sha, Sha>()
  for (let index = 0; index + fields.length <= values.length; index += fields.length) {
    const [mark, sha, tree, parents, authorName, authorEmail, committerName, committerEmail, message] =
      values.slice(index)
    trees.set(sha as string, tree as string)
    if (mark === '-') continue
    commits.push({
      sha: sha as string,
      tree: tree as string,
      parents: (parents as string).split(' ').filter(Boolean),
      authorName: authorName as string,
      authorEmail: authorEmail as string,
      committerName: committerName as string,
      committerEmail: committerEmail as string,
      message: (message as string).slice(0, 200_000),
    })
  }
  if (commits.length > maximumCommits) {
    const count = await gitText({ directory, args: ['rev-list', '--count', ...range] })
    return {
      ok: false,
      reason: `The branch holds ${count} commits above its base and at most ${maximumCommits} can be judged (T18): split it, or squash it.`,
    }
  }
  const crowded = commits.find((commit) => commit.parents.length > 64)
  if (crowded)
    return { ok: false, reason: `Commit ${crowded.sha} has more than 64 parents: remove it from the branch.` }
  const none = commits.some((commit) => commit.parents.length === 0) ? await emptyTree(directory) : null
  return {
    ok: true,
    body: {
      commits: commits.map((commit) => ({
        ...commit,
        empty: commit.tree === (commit.parents[0] ? trees.get(commit.parents[0]) : none),
      })),
    },
  }
}

/** What a first commit that holds nothing would have; its id depends on the repository's hash. */
const emptyTree = (directory: string): Promise<Sha> =>
  gitText({ directory, args: ['hash-object', '-t', 'tree', '--stdin'], input: '' })

/** Write one commit of a tree. The same input gives the same SHA: both dates are the given second, in UTC. */
export async function writeCommit(directory: string, tree: Sha, input: CommitInput): Promise<Sha> {
  const date = `@${input.timeSeconds} +0000`
  return gitText({
    directory,
    args: ['commit-tree', '--no-gpg-sign', '-p', input.parent, '-F', '-', tree],
    input: input.message,
    config: [['i18n.commitEncoding', 'UTF-8']],
    environment: {
      GIT_AUTHOR_NAME: input.author.name,
      GIT_AUTHOR_EMAIL: input.author.email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: input.author.name,
      GIT_COMMITTER_EMAIL: input.author.email,
      GIT_COMMITTER_DATE: date,
    },
  })
}

/** A commit with its parent's tree, kept alive by a ref of ours. */
export async function writeEmptyCommit(directory: string, input: CommitInput): Promise<Sha> {
  const tree = await gitText({
    directory,
    args: ['rev-parse', '--verify', '--quiet', '--end-of-options', `${input.parent}^{tree}`],
  })
  const sha = await writeCommit(directory, tree, input)
  await runGit({ directory, args: ['update-ref', `refs/countersign/have/${sha}`, sha] })
  return sha
}
