/** What every rule about a task starts from: the snapshot, its usable policy, and the state folded from its facts. */
import { digestOf } from '../../core/digest.ts'
import { parseKey } from '../../core/ids.ts'
import type { ProtectedRule } from '../../core/protectedPaths.ts'
import type { TaskSnapshot } from '../../core/snapshot/task.ts'
import { profileNameOf, routeOf, type TaskState, taskState } from '../../pipeline/taskState.ts'
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
  const agent = agentOf(policy, profileNameOf(snapshot.facts))
  return {
    ...taskState(snapshot.facts, agent.policy.pipeline),
    snapshot,
    policy: agent.policy,
    agent,
    rules: surfacesOf(policy),
  }
}

/** The number of the task's issue. */
export function issueOf({ snapshot }: TaskContext): number {
  const subject = parseKey(snapshot.key)
  return subject?.kind === 'task' ? subject.issue : 0
}

/**
 * What makes the record of an accepted plan or split its own. It comes out of the ledger's chain, whose hashes no session
 * sees, so the round stays deterministic and a copied or guessed one is still not this one (T43).
 */
export function nonceOf(context: TaskContext, attempt: number): string {
  const { frozen, route, snapshot, facts } = context
  const { planning } = routeOf(context)
  const accepting = facts.filter(
    ({ body }) => body.kind === 'attempt.judged' && body.phase === planning && body.attempt === attempt,
  )
  return digestOf({
    key: snapshot.key,
    links: accepting.map((fact) => fact.hash),
    frozen: frozen?.hash ?? '',
    // Away from a route and back again: what was issued in between has taken the old plan's place for good.
    route: route?.hash ?? '',
  }).slice(0, 32)
}
