/** Update merges: bringing the base into the branch keeps a review approval only when nothing else came along (A2, T11). */
import type { CommitBody, EvidenceRequest, EvidenceView } from '../core/evidence.ts'
import type { Sha } from '../core/ids.ts'

/** Longest chain of update merges that is looked through; beyond it an approval is asked for anew. */
const maximumUpdates = 10

export interface UpdateMerges {
  /** The head first, then every commit whose approval carries over to it. */
  covered: Sha[]
  /** The clean update merges themselves: whoever made them wrote nothing. */
  merges: Set<Sha>
  needs: EvidenceRequest[]
  /** True while a needed merge tree is not there yet: nothing may be concluded from its absence. */
  pending: boolean
}

/**
 * Walk back from the head over clean update merges.
 *
 * A commit is one when it has two parents, the first in base..head, the second not in it (so on the base, since the
 * list is complete) and its tree equals the merge that git computes of the two.
 */
export function updateMerges(
  head: Sha,
  commits: readonly CommitBody[],
  evidence: EvidenceView,
): UpdateMerges {
  const bySha = new Map(commits.map((commit) => [commit.sha, commit]))
  const result: UpdateMerges = { covered: [head], merges: new Set(), needs: [], pending: false }
  let at = bySha.get(head)
  for (let step = 0; step < maximumUpdates; step++) {
    const [first, second] = at?.parents ?? []
    if (at?.parents.length !== 2 || !first || !second || !bySha.has(first) || bySha.has(second)) break
    const request = { kind: 'mergeTree', first, second } as const
    result.needs.push(request)
    const computed = evidence.get(request)
    if (!computed) {
      result.pending = true
      break
    }
    if (!computed.ok || computed.body.tree === null || computed.body.tree !== at.tree) break
    result.merges.add(at.sha)
    result.covered.push(first)
    at = bySha.get(first)
  }
  return result
}
