/** Push of one commit to one branch, with a lease on what was there (S7): ours, or the head of a pull request (F4). */
import { Bug, RetryLater, Terminal } from '../../core/errors.ts'
import type { RepositoryName, Sha } from '../../core/ids.ts'
import type { Mirrors } from './gitMirrors.ts'
import { GitFailure, gitText, runGit } from './gitProcess.ts'

/** One fixed shape: below `agent/`, no `..`, nothing that git or a shell could read as something else. */
const branchName = /^agent\/(?!.*\.\.)(?!.*\.lock$)[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/

/**
 * Push `sha` to `refs/heads/<branch>`.
 *
 * @param input.expected what the branch must hold now; null: it must not exist.
 * @returns `done` (also when it already holds `sha`), `moved` when it holds something else, or `gone` when it was deleted.
 * @throws RetryLater when GitHub could not be reached, Terminal when it refused, Bug for a branch that is not ours.
 */
export async function pushBranch(
  mirrors: Mirrors,
  repository: RepositoryName,
  input: { branch: string; sha: Sha; expected: Sha | null },
): Promise<'done' | 'moved' | 'gone'> {
  if (!branchName.test(input.branch))
    throw new Bug(`push to a branch that is not ours: ${input.branch.slice(0, 200)}`)
  return pushTo(
    mirrors,
    repository,
    input,
    'Check that the App may write contents and that no ruleset forbids branches below `agent/`, then comment `/agent retry`.',
  )
}

/** What git allows as a branch, less everything that could be read as something else: no `..`, `@{`, space or wildcard. */
const anyBranch = /^(?!.*(?:\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)))(?![-./])[^\s~^:?*[\\\p{C}]{1,250}(?<![./])$/u

/**
 * Push a fix to a pull request's own branch: only forwards from `expected`, so that nobody's commit is lost.
 *
 * @throws as `pushBranch`; Terminal for a branch name that cannot be passed on safely.
 */
export async function pushFix(
  mirrors: Mirrors,
  repository: RepositoryName,
  input: { branch: string; sha: Sha; expected: Sha },
): Promise<'done' | 'moved' | 'gone'> {
  if (!anyBranch.test(input.branch))
    throw new Terminal(
      `branch name ${JSON.stringify(input.branch.slice(0, 200))}`,
      'The branch of this pull request has a name that is not passed on to git. Rename it, then ask again.',
    )
  return pushTo(
    mirrors,
    repository,
    input,
    'Check that the App may write contents and that no ruleset forbids it on this branch, then ask again.',
  )
}

async function pushTo(
  mirrors: Mirrors,
  repository: RepositoryName,
  input: { branch: string; sha: Sha; expected: Sha | null },
  remedy: string,
): Promise<'done' | 'moved' | 'gone'> {
  const directory = await mirrors.open(repository)
  const { url, call } = await mirrors.remote(repository, 'push')
  const ref = `refs/heads/${input.branch}`
  try {
    await runGit({
      ...call,
      directory,
      args: [
        'push',
        '--porcelain',
        '--no-verify',
        '--no-follow-tags',
        '--recurse-submodules=no',
        `--force-with-lease=${ref}:${input.expected ?? ''}`,
        '--end-of-options',
        url,
        `${input.sha}:${ref}`,
      ],
    })
    return 'done'
  } catch (cause) {
    if (!(cause instanceof GitFailure)) throw cause
    const now = await gitText({
      ...call,
      directory,
      args: ['ls-remote', '--end-of-options', url, ref],
    }).catch((error: unknown) => {
      throw new RetryLater(`push to ${repository} failed and it cannot be read: ${cause.message}`, 30_000, {
        cause: error,
      })
    })
    const tip = now.split('\t')[0] || null
    if (tip === input.sha) return 'done'
    if (tip === null && input.expected !== null) return 'gone'
    if (tip !== input.expected) return 'moved'
    throw new Terminal(
      `push to ${repository} ${ref}: ${cause.message}`,
      `GitHub refused the push to \`${input.branch}\`. ${remedy}`,
      { cause },
    )
  }
}
