/** What a group's round wants to be collected: what would land, whether each step is the merge it seems, and its entries' needs. */
import { digestOf } from '../../core/digest.ts'
import type { EvidenceRequest } from '../../core/evidence.ts'
import type { GroupEntry, GroupSnapshot } from '../../core/snapshot/group.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import type { Policy } from '../../policy/schema.ts'

/** Everything that would land with the group, from the branch as it is now: never only what the payload calls its base. */
// guard: fromTheTip
export const landingOf = ({ base, head }: GroupSnapshot) =>
  ({ kind: 'commits', base: base.tip, head }) as const

export const mergeOf = ({ step }: GroupEntry, { pull }: PullSnapshot) =>
  ({ kind: 'mergeTree', first: step.onto, second: pull.head.sha }) as const

/** Evidence for the group itself. */
export function needs(snapshot: GroupSnapshot<Policy>): EvidenceRequest[] {
  if (snapshot.destroyed) return []
  const entries = snapshot.entries === 'unknown' ? [] : snapshot.entries
  const requests: EvidenceRequest[] = [
    landingOf(snapshot),
    ...entries.flatMap((entry) => entry.pulls.map((pull) => mergeOf(entry, pull))),
  ]
  return [...new Map(requests.map((request) => [digestOf(request), request])).values()]
}
