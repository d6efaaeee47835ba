/** The invariants for a pull request's round, with what policy says put in their words. */
import type { Action } from '../../core/action.ts'
import { checkPullActions } from '../../core/invariants.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import type { Policy } from '../../policy/schema.ts'

/** Sentences for each invariant that the actions would break; empty when all hold. */
export function check(snapshot: PullSnapshot<Policy>, actions: readonly Action[]): string[] {
  const policy = snapshot.policy.ok ? snapshot.policy.policy : null
  return checkPullActions(snapshot, actions, {
    ownCommits: policy?.approvals.profile === 'solo',
    peoplePass: policy !== null && policy.people !== 'full',
  })
}
