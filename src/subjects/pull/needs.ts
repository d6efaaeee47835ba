/** What a pull request's round wants to be collected, and whom it wants to be looked up. */
import type { Account } from '../../core/account.ts'
import { digestOf } from '../../core/digest.ts'
import type { EvidenceRequest } from '../../core/evidence.ts'
import { factsOf, lastFact } from '../../core/facts.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import { allGates } from '../../gates/all.ts'
import type { Policy } from '../../policy/schema.ts'
import { contextNeeds, contextOf } from './context.ts'
import { gateInput } from './gates.ts'

/**
 * Evidence that the verdicts read, each request once. Asked again after each answer: later needs may depend on
 * earlier results. A person's pull request that policy lets pass asks for the commits and the diff only.
 */
export function needs(snapshot: PullSnapshot<Policy>): EvidenceRequest[] {
  if (!snapshot.policy.ok || snapshot.pull.state !== 'open') return []
  const context = contextOf(snapshot, snapshot.policy.policy)
  const requests = contextNeeds(context)
  // Who wrote it decides whether anything is run at all; while that is unclear nothing of it runs in the sandbox.
  if (context.treatment !== 'pass' && context.origin.kind !== 'unclear' && !context.planning) {
    const input = gateInput(context)
    requests.push(...allGates.filter((gate) => gate.off(input) === null).flatMap((gate) => gate.needs(input)))
  }
  return [...new Map(requests.map((request) => [digestOf(request), request])).values()]
}

/** Everybody whose standing the verdicts read: writers, pushers, reviewers, deciders, askers and the delegator. */
export function accountsNeeded(snapshot: Omit<PullSnapshot<Policy>, 'people'>): Account[] {
  const { pull, commits, pushers, reviews, facts, task } = snapshot
  const askers = facts.filter((fact) => ['comment.command', 'button.pressed', 'comment.unknown', 'head.pushed'].includes(fact.body.kind)).map((fact) => fact.actor)
  const frozen = task ? lastFact(task.facts, 'bundle.frozen') : undefined
  const all = [
    pull.author,
    ...(commits === 'unknown' ? [] : commits.flatMap((commit) => [...commit.authors, commit.committer])),
    ...(pushers === 'unknown' ? [] : pushers.map(({ by }) => by)),
    ...(reviews === 'unknown' ? [] : reviews.map(({ author }) => author)),
    ...factsOf(facts, 'decision').map((fact) => fact.body.by),
    ...askers,
    frozen?.body.delegator ?? null,
  ]
  const people = all.filter((account): account is Account => account !== null && account.type === 'User')
  return [...new Map(people.map((account) => [account.id, account])).values()]
}

/** The teams (`org/slug`) that policy names: the membership to look up for each account. */
export function teamsNeeded(policy: Policy): string[] {
  const { plan, review, deploy } = policy.approvals.approvers
  return [...new Set([...policy.seniors, ...plan, ...review, ...deploy].filter((entry) => entry.includes('/')))]
}
