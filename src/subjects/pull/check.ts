/** The invariants for a pull request's round, with what policy says put in their words. */
import type { Action } from '../../core/action.ts'
import { checkPullActions, type InvariantSettings } from '../../core/invariants.ts'
import type { PolicyReading } from '../../core/snapshot/common.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import type { Policy } from '../../policy/schema.ts'

/** Sentences for each invariant that the actions would break; empty when all hold. */
export function check(snapshot: PullSnapshot<Policy>, actions: readonly Action[]): string[] {
  return checkPullActions(snapshot, actions, invariantSettings(snapshot.policy))
}

/** What policy says that the invariants must know. */
export function invariantSettings(reading: PolicyReading<Policy>): InvariantSettings {
  const policy = reading.ok ? reading.policy : null
  return {
    ownCommits: policy?.approvals.profile === 'solo',
    peoplePass: policy !== null && policy.people !== 'full',
  }
}
