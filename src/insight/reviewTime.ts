/** Review time: how long an agent's pull request waited for people, from the first question to the yes and to the merge (O2). */
import { factsOf } from '../core/facts.ts'
import type { Chains } from './chains.ts'
import { type Share, type Spread, spread } from './numbers.ts'
import { within } from './period.ts'
import { reviewed } from './review.ts'

export interface ReviewTime {
  /** Merged agents' pull requests whose first question is on record, of all that were merged in the period. */
  measured: Share
  /** To the moment at which `countersign/review` turned green for the commit that was merged, milliseconds. */
  toApproval: Spread | null
  toMerge: Spread | null
}

/**
 * The clock starts when `countersign/review` first waits for a person on a pull request that is no draft, and goes on
 * through nights, rework and new commits. A pull request counts in the period in which it was merged. Left out of both
 * times: what was merged without a question on record, which `measured` shows.
 */
export function reviewTime(chains: Chains): ReviewTime {
  const isIn = within(chains.period)
  const merges = reviewed(chains).flatMap(({ pull, asked, merged }) => {
    if (!merged || !isIn(merged)) return []
    const approved = factsOf(pull.facts, 'review.told').findLast(
      ({ body }) => body.state === 'approved' && body.sha === merged.body.head,
    )
    return [{ asked, approved, merged }]
  })
  const measured = merges.flatMap(({ asked, approved, merged }) =>
    asked && asked.atMs <= merged.atMs ? [{ asked, approved, merged }] : [],
  )
  return {
    measured: { part: measured.length, of: merges.length },
    toApproval: spread(
      measured.flatMap(({ asked, approved }) =>
        approved && approved.atMs >= asked.atMs ? [approved.atMs - asked.atMs] : [],
      ),
    ),
    toMerge: spread(measured.map(({ asked, merged }) => merged.atMs - asked.atMs)),
  }
}
