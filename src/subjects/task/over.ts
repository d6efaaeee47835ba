/** When a task is over: nothing can happen to it any more short of a new fact. */
import { factsOf, settledBySeq } from '../../core/facts.ts'
import type { TaskSnapshot } from '../../core/snapshot/task.ts'
import type { Policy } from '../../policy/schema.ts'
import { judge } from './judge.ts'

/** True when every request is answered and the issue was never delegated, is gone, or its pull request is done. */
export function isOver(snapshot: TaskSnapshot<Policy>): boolean {
  if (snapshot.missing.length > 0) return false
  const settled = settledBySeq(snapshot.facts)
  const open = [...factsOf(snapshot.facts, 'issue.delegated'), ...factsOf(snapshot.facts, 'comment.command')]
  if (open.some((fact) => !settled.has(fact.seq)) && snapshot.issue) return false
  return judge(snapshot).step.over
}
