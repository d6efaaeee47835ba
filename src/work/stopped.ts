/** Whether a person has stopped a task: work asks between its steps and before everything that leaves the host. */
import { type Fact, factsOf, lastFact, settledBySeq } from '../core/facts.ts'
import { formatKey, parseKey, type SubjectKey } from '../core/ids.ts'
import type { Ledger } from '../core/ports.ts'

/** True when the last accepted stop, resume or retry, or delegation, of these facts is a stop. */
export function isStopped(facts: readonly Fact[]): boolean {
  const settled = settledBySeq(facts)
  const accepted = (seq: number) => settled.get(seq)?.body.outcome === 'accepted'
  const turns = facts.flatMap((fact) => {
    const { body } = fact
    if (body.kind === 'child.delegated') return ['start']
    if (!accepted(fact.seq)) return []
    if (body.kind === 'issue.delegated') return ['start']
    return body.kind === 'comment.command' && ['stop', 'resume', 'retry'].includes(body.verb)
      ? [body.verb]
      : []
  })
  return turns.at(-1) === 'stop'
}

/**
 * Reads the task with its pull request and the epic that it is a child of, since people stop it on each of them.
 */
export async function isTaskStopped(ledger: Pick<Ledger, 'facts'>, task: SubjectKey): Promise<boolean> {
  const facts = await ledger.facts(task)
  if (isStopped(facts)) return true
  // The task's round copies what people say there; from then on the task's own order counts.
  const copied = new Set(factsOf(facts, 'comment.command').map(({ body }) => body.commentId))
  for (const key of [pullOf(task, facts), lastFact(facts, 'child.delegated')?.body.parent ?? null]) {
    if (key === null) continue
    const fresh = (await ledger.facts(key)).filter(
      ({ body }) => body.kind !== 'comment.command' || !copied.has(body.commentId),
    )
    if (isStopped(fresh)) return true
  }
  return false
}

/** The pull request that a task opened last, or null. */
export function pullOf(task: SubjectKey, facts: readonly Fact[]): SubjectKey | null {
  const subject = parseKey(task)
  const opened = lastFact(facts, 'pull.opened')
  if (subject?.kind !== 'task' || !opened) return null
  return formatKey({ kind: 'pull', repository: subject.repository, number: opened.body.number })
}

/** The facts of one kind that come after a fact. */
export function after<K extends Parameters<typeof factsOf>[1]>(facts: readonly Fact[], kind: K, seq: number) {
  return factsOf(facts, kind).filter((fact) => fact.seq > seq)
}
