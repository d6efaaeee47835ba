/** The safety invariants for a merge queue's group: a green on its head is a green for every entry (S1, S3, T10). */
import type { Action } from './action.ts'
import { checkPullActions, type InvariantSettings } from './invariants.ts'
import type { GroupSnapshot } from './snapshot/group.ts'

/**
 * Check a round of a group before anything is done. A second, simpler derivation: the commits that would land, and for
 * each pull request of the group the very predicates that hold for its own green.
 *
 * @returns one sentence for each broken promise; empty when all hold.
 */
export function checkGroupActions(
  snapshot: GroupSnapshot,
  actions: readonly Action[],
  settings: InvariantSettings,
): string[] {
  const green = actions.flatMap((action) =>
    action.kind === 'checkRun' && action.run.state === 'success' ? [action] : [],
  )
  return green.flatMap((action) => [
    ...groupBreaks(snapshot, action.run.sha),
    ...pullsOf(snapshot).flatMap((pull) => {
      const run = { ...action.run, sha: pull.pull.head.sha }
      return checkPullActions(pull, [{ ...action, run }], settings).map(
        (sentence) => `${sentence} (#${pull.pull.number} of a group)`,
      )
    }),
  ])
}

const pullsOf = ({ entries }: GroupSnapshot) =>
  entries === 'unknown' ? [] : entries.flatMap(({ pulls }) => pulls)

function groupBreaks(snapshot: GroupSnapshot, sha: string): string[] {
  const { head, missing, runs, ci, base, evidence } = snapshot
  const broken: string[] = []
  if (sha !== head) broken.push(`S3 GreenMeansNow: green for ${sha}, and ${head} was observed`)
  if (missing.length > 0 || runs === 'unknown' || ci === 'unknown')
    broken.push('S9 LessNeverPasses: green although the group could not be read whole')
  // Whatever is between the branch and the group lands with it: each first-parent step must be somebody's.
  const landing = evidence.get({ kind: 'commits', base: base.tip, head })
  const bySha = new Map((landing?.ok ? landing.body.commits : []).map((commit) => [commit.sha, commit]))
  const steps = new Map(
    (snapshot.entries === 'unknown' ? [] : snapshot.entries).map((entry) => [entry.step.commit, entry]),
  )
  for (let at: string | undefined = head, left = bySha.size; at !== base.tip; left--) {
    if (at === undefined || left < 0 || !steps.get(at)?.pulls.length) {
      broken.push(`S1 MergedApproved: ${at ?? 'a commit'} of the group belongs to no pull request`)
      break
    }
    at = bySha.get(at)?.parents[0]
  }
  if (steps.size === 0) broken.push('S1 MergedApproved: green for a group without a pull request')
  return broken
}
