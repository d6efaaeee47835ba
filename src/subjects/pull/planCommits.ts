/** Finding the plan commit in base..head: only the plan that the ledger issued counts, whatever else looks like one (T43). */
import type { CommitBody } from '../../core/evidence.ts'
import type { FactOf } from '../../core/facts.ts'
import { planDigest } from '../../core/plan.ts'
import { parsePlanMessage } from '../../core/planMessage.ts'

/**
 * How many commits carry the issued plan, and how many carry another. A rebase changes the commit's SHA and not what
 * it says, so the message decides, and it must be an empty commit.
 */
export function planCommits(
  commits: readonly CommitBody[],
  issued: FactOf<'plan.issued'>['body'],
): { ours: number; others: number } {
  let ours = 0
  let others = 0
  for (const commit of commits) {
    // Reading a message is costly, and hardly any holds a plan.
    if (!commit.message.includes('countersign-plan')) continue
    const parsed = parsePlanMessage(commit.message)
    if (!parsed.ok) continue
    if (commit.empty && planDigest(parsed.record) === issued.digest) ours++
    else others++
  }
  return { ours, others }
}
