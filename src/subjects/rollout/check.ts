/** The invariants for a rollout's round, with what policy says put in their words (S11). */
import type { Action } from '../../core/action.ts'
import { checkRolloutActions } from '../../core/rolloutInvariants.ts'
import type { RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import type { Policy } from '../../policy/schema.ts'
import { asksPeople, settingsOf } from '../../rollout/settings.ts'

/** Sentences for each invariant that the actions would break; empty when all hold. */
export function check(snapshot: RolloutSnapshot<Policy>, actions: readonly Action[]): string[] {
  const policy = snapshot.policy.ok ? snapshot.policy.policy : null
  const settings = policy && settingsOf(policy.rollout.environments, snapshot.environment)
  return checkRolloutActions(
    snapshot,
    actions,
    policy && settings
      ? {
          asked: asksPeople(policy.rollout.environments, snapshot.environment),
          fourEyes: settings.four_eyes || policy.approvals.profile === 'strict',
          expiryMs: settings.expires_hours * 3_600_000,
          enforce: policy.enforce,
        }
      : null,
  )
}
