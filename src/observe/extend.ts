/** Extending a snapshot: the facts that a round has just recorded, on the same reading of GitHub. */
import { type EvidenceResult, viewOf } from '../core/evidence.ts'
import type { Fact, FactKind } from '../core/facts.ts'
import type { Digest } from '../core/ids.ts'
import type { PullSnapshot } from '../core/snapshot/pull.ts'
import type { TaskSnapshot } from '../core/snapshot/task.ts'
import type { Policy } from '../policy/schema.ts'
import { loadNeeds } from './evidence.ts'
import { actingIn } from './people.ts'
import type { ObservePorts } from './ports.ts'

/** Extending asks nothing of GitHub. */
type ExtendPorts = Omit<ObservePorts, 'forge'>

/** Facts that tell where to look on GitHub; after one of these everything is observed again. */
const pointing = new Set<FactKind>([
  'pull.opened',
  'plan.issued',
  'head.pushed',
  'issue.delegated',
  'issue.edited',
  // From here on the type of the issue is asked for, which says what route it takes.
  'bundle.frozen',
])

/** True when the new facts name people whose standing was not looked up, or places that were not read. */
function asksForMore(before: readonly Fact[], recorded: readonly Fact[]): boolean {
  if (recorded.some(({ body }) => pointing.has(body.kind))) return true
  const known = new Set(actingIn(before).map(({ id }) => id))
  return actingIn(recorded).some(({ id }) => !known.has(id))
}

/**
 * A pull request's snapshot with facts that were appended right behind its own.
 *
 * @returns null when it must be observed again, because the facts ask for more than was read.
 */
export async function extendPull(
  snapshot: PullSnapshot<Policy>,
  recorded: Fact[],
  ports: ExtendPorts,
): Promise<PullSnapshot<Policy> | null> {
  if (asksForMore([...snapshot.facts, ...(snapshot.task?.facts ?? [])], recorded)) return null
  const results = new Map<Digest, EvidenceResult>()
  const name = snapshot.repository.name
  const next: PullSnapshot<Policy> = {
    ...snapshot,
    nowMs: ports.clock.nowMs(),
    facts: [...snapshot.facts, ...recorded],
    evidence: viewOf(name, results),
  }
  await loadNeeds(name, results, ports.ledger, () => ports.needs.pull(next))
  return next
}

/** The same for a task, whose pull request reads the task's facts as well. */
export async function extendTask(
  snapshot: TaskSnapshot<Policy>,
  recorded: Fact[],
  ports: ExtendPorts,
): Promise<TaskSnapshot<Policy> | null> {
  if (asksForMore(snapshot.facts, recorded)) return null
  const results = new Map<Digest, EvidenceResult>()
  const name = snapshot.repository.name
  const facts = [...snapshot.facts, ...recorded]
  const task = snapshot.pull?.task && { ...snapshot.pull.task, facts }
  const next: TaskSnapshot<Policy> = {
    ...snapshot,
    nowMs: ports.clock.nowMs(),
    facts,
    pull: snapshot.pull && { ...snapshot.pull, ...(task ? { task } : {}) },
    evidence: viewOf(name, results),
  }
  await loadNeeds(name, results, ports.ledger, () => ports.needs.task(next))
  return next
}
