/** Commits made again by GitHub, which signs them: made before anything points to them, compared again after (ADR 10, S7). */
import { Terminal } from '../core/errors.ts'
import type { RepositoryName, Sha } from '../core/ids.ts'
import type { Forge, Git } from '../core/ports.ts'

export interface SignPorts {
  git: Pick<Git, 'ensure' | 'contents' | 'blob'>
  forge: Pick<Forge, 'makeCommit' | 'moveBranch'>
}

/** A local commit, and the one that GitHub made in its place. */
export interface Signed {
  candidate: Sha
  sha: Sha
}

/**
 * Have GitHub make the commits of `onto..tip` again.
 *
 * @returns oldest first; no branch holds them yet.
 * @throws Terminal when GitHub makes something else, or does not sign.
 */
export async function sign(
  repository: RepositoryName,
  { onto, tip }: { onto: Sha; tip: Sha },
  { git, forge }: SignPorts,
): Promise<Signed[]> {
  const made: Signed[] = []
  for (const content of await git.contents(repository, onto, tip)) {
    const parent = made.at(-1)?.sha ?? onto
    const read = (blob: Sha) => git.blob(repository, blob)
    const { sha, signed } = await forge.makeCommit(repository, { content, parent, read })
    if (!signed)
      throw new Terminal(
        `GitHub did not sign ${sha} in ${repository}`,
        'Rules want signed commits here, and GitHub did not sign what the App made through its API, so nothing was pushed. With `merge.method: squash` in the policy, and the rule on the base branch alone, the one commit that lands is made and signed by GitHub.',
      )
    made.push({ candidate: content.sha, sha })
  }
  return made
}

/** Move the branch to the last of them, and look from git's own objects that each is what was checked, byte for byte. */
export async function pushSigned(
  repository: RepositoryName,
  input: { branch: string; from: Sha | null; force: boolean; onto: Sha; commits: readonly Signed[] },
  { git, forge }: SignPorts,
): Promise<'done' | 'moved' | 'gone'> {
  const { branch, from, force, onto, commits } = input
  const last = commits.at(-1)
  if (!last) return 'done'
  const moved = await forge.moveBranch(repository, { branch, from, to: last.sha, force })
  if (moved !== 'done') return moved
  await git.ensure(repository, [last.sha])
  const local = await git.contents(repository, onto, last.candidate)
  const there = await git.contents(repository, onto, last.sha)
  const same =
    there.length === local.length &&
    there.every(
      ({ sha, tree, message }, index) =>
        sha === commits[index]?.sha && tree === local[index]?.tree && message === local[index]?.message,
    )
  if (same) return 'done'
  throw new Terminal(
    `${repository} ${branch} holds ${last.sha}, which differs from ${last.candidate}`,
    `GitHub signed commits on \`${branch}\` that are not, byte for byte, what was checked, so they do not count. Nothing goes on from there: the operator compares ${last.sha.slice(0, 12)} with ${last.candidate.slice(0, 12)}.`,
  )
}
