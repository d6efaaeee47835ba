/** What every rule about a task starts from: the snapshot, its usable policy, and the state folded from its facts. */
import { type ProtectedRule, protectedRules } from '../../core/protectedPaths.ts'
import type { TaskSnapshot } from '../../core/snapshot/task.ts'
import { type TaskState, taskState } from '../../pipeline/taskState.ts'
import type { Policy } from '../../policy/schema.ts'

export interface TaskContext extends TaskState {
  snapshot: TaskSnapshot<Policy>
  policy: Policy
  rules: readonly ProtectedRule[]
}

/** Put together what the rules read. `policy` is the usable policy of the snapshot. */
export function contextOf(snapshot: TaskSnapshot<Policy>, policy: Policy): TaskContext {
  return {
    ...taskState(snapshot.facts, policy.pipeline),
    snapshot,
    policy,
    rules: protectedRules(policy.protected),
  }
}
