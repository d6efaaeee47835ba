/** A merge queue's group as git tells it: one step on the first-parent line for each pull request that it brings in (T10). */
import type { CommitBody } from './evidence.ts'
import type { Sha } from './ids.ts'
import { short } from './sentences.ts'

/** One commit that GitHub made to bring a pull request onto what was there before. */
export interface GroupStep {
  commit: Sha
  tree: Sha
  /** What it was built on. */
  onto: Sha
  /** The head that it merges; null for a squash, which keeps nothing of it but the tree. */
  merges: Sha | null
  message: string
}

export type GroupSteps =
  | { ok: true; steps: GroupStep[] }
  /** `moved`: the base branch is no longer what the group was built on; GitHub builds it anew. */
  | { ok: false; moved: boolean; sentence: string }

/** GitHub lets a queue merge at most 100 entries at once. */
export const maximumSteps = 100
/** No queue waits longer than six hours for a check; a group that is older was destroyed, and nobody told us. */
export const groupLivesMs = 7 * 3_600_000

/**
 * Walk from the group's head down to the base branch's tip.
 *
 * @param commits everything that is reachable from `head` and not from `tip`, which is what would land.
 */
export function groupSteps(commits: readonly CommitBody[], tip: Sha, head: Sha): GroupSteps {
  const bySha = new Map(commits.map((commit) => [commit.sha, commit]))
  const steps: GroupStep[] = []
  for (let at = head; at !== tip; ) {
    const commit = bySha.get(at)
    const [onto, merges = null] = commit?.parents ?? []
    if (!commit || !onto)
      return {
        ok: false,
        moved: true,
        sentence: `The group is not built on the base branch as it is now (${short(tip)}).`,
      }
    if (commit.parents.length > 2 || steps.length === maximumSteps) {
      const why =
        commit.parents.length > 2 ? 'has more than two parents' : `is one of more than ${maximumSteps} steps`
      return { ok: false, moved: false, sentence: `Commit ${short(at)} of the group ${why}.` }
    }
    steps.unshift({ commit: at, tree: commit.tree, onto, merges, message: commit.message })
    at = onto
  }
  return { ok: true, steps }
}

/**
 * The number that a squash's title ends in, else the one that the group's branch is named for, which is that of its last
 * step: where to look, never what to believe.
 */
export function hintedNumber(step: GroupStep, group: { head: Sha; headRef: string }): number | null {
  const title = /\(#([1-9]\d{0,9})\)\s*$/.exec(step.message.split('\n')[0] ?? '')?.[1]
  const branch =
    step.commit === group.head ? /\/pr-([1-9]\d{0,9})-[0-9a-f]+$/.exec(group.headRef)?.[1] : undefined
  const hint = title ?? branch
  return hint === undefined ? null : Number(hint)
}
