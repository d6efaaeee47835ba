/** The invariants for a group's round: what is green for the group would be green for each of its pull requests. */
import type { Action } from '../../core/action.ts'
import { checkGroupActions } from '../../core/groupInvariants.ts'
import type { GroupSnapshot } from '../../core/snapshot/group.ts'
import type { Policy } from '../../policy/schema.ts'
import { invariantSettings } from '../pull/check.ts'

/** Sentences for each invariant that the actions would break; empty when all hold. */
export function check(snapshot: GroupSnapshot<Policy>, actions: readonly Action[]): string[] {
  return checkGroupActions(snapshot, actions, invariantSettings(snapshot.policy))
}
