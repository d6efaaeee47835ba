/** The family of a task, from the ledger alone: the epic that it is a child of, and the children that it was split into. */
import { type Fact, factsOf, lastFact } from '../core/facts.ts'
import { formatKey, type RepositoryName } from '../core/ids.ts'
import type { Ledger } from '../core/ports.ts'
import type { ChildReading, TaskSnapshot } from '../core/snapshot/task.ts'

/** Read the parent's facts, and how each child of the split that was started last stands, once it is delegated. */
export async function readFamily(
  ledger: Pick<Ledger, 'facts'>,
  name: RepositoryName,
  facts: readonly Fact[],
): Promise<Pick<TaskSnapshot, 'parent' | 'children'>> {
  const key = lastFact(facts, 'child.delegated')?.body.parent
  const parent = key === undefined ? null : { key, facts: await ledger.facts(key) }
  const split = lastFact(facts, 'split.approved')?.body.digest
  const children: ChildReading[] = []
  for (const { body } of factsOf(facts, 'child.opened'))
    if (body.split === split) children.push(...(await readChild(ledger, name, body)))
  return { parent, children }
}

async function readChild(
  ledger: Pick<Ledger, 'facts'>,
  repository: RepositoryName,
  { child, issue, split }: { child: string; issue: number; split: string },
): Promise<ChildReading[]> {
  const key = formatKey({ kind: 'task', repository, issue })
  const facts = await ledger.facts(key)
  if (!factsOf(facts, 'child.delegated').some(({ body }) => body.split === split)) return []
  const told = lastFact(facts, 'child.state')?.body
  const reading: ChildReading = {
    child,
    issue,
    key,
    state: told?.state ?? 'waits',
    pull: told?.pull ?? null,
    commands: factsOf(facts, 'comment.command').map(({ body }) => body.commentId),
  }
  return [reading]
}
