/** What every rule about a task starts from: the snapshot, its usable policy, and the state folded from its facts. */
import type { ProtectedRule } from '../../core/protectedPaths.ts'
import type { TaskSnapshot } from '../../core/snapshot/task.ts'
import { frozenOf, type TaskState, taskState } from '../../pipeline/taskState.ts'
import { type Agent, agentOf, surfacesOf } from '../../policy/profiles.ts'
import type { Policy } from '../../policy/schema.ts'

export interface TaskContext extends TaskState {
  snapshot: TaskSnapshot<Policy>
  /** As the task's agent profile has it. */
  policy: Policy
  agent: Agent
  rules: readonly ProtectedRule[]
}

/** Put together what the rules read. `policy` is the usable policy of the snapshot. */
export function contextOf(snapshot: TaskSnapshot<Policy>, policy: Policy): TaskContext {
  const agent = agentOf(policy, frozenOf(snapshot.facts)?.body.profile)
  return {
    ...taskState(snapshot.facts, agent.policy.pipeline),
    snapshot,
    policy: agent.policy,
    agent,
    rules: surfacesOf(policy),
  }
}
