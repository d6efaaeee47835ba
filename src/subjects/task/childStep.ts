/** A child of an epic: it begins when its epic says so, hears what is said there, and tells how it stands (D5, O4). */
import type { Action } from '../../core/action.ts'
import type { ChildState } from '../../core/facts/epic.ts'
import { type Fact, type FactBody, factsOf, lastFact, settledBySeq } from '../../core/facts.ts'
import { parseKey } from '../../core/ids.ts'
import { listed } from '../../core/sentences.ts'
import type { TaskSnapshot } from '../../core/snapshot/task.ts'
import type { TaskContext } from './context.ts'
import { hasEnded, isPassedOn } from './epicStep.ts'
import { asksPerson, type Step, step } from './verdicts.ts'

/** The step while a child must not begin yet, or null. Somebody who labels it by hand takes it out of the epic's order. */
export function heldStep({ delegation, snapshot }: TaskContext): Step | null {
  const child = delegation?.body
  if (child?.kind !== 'child.delegated') return null
  const released = factsOf(snapshot.parent?.facts ?? [], 'child.released').some(
    ({ body }) => body.split === child.split && body.child === child.child,
  )
  if (released) return null
  const epic = numberIn(child.parent)
  const sentence =
    child.dependsOn.length > 0
      ? `Waits until ${listed(
          child.dependsOn.map((issue) => `#${issue}`),
          20,
        )} ${child.dependsOn.length === 1 ? 'is' : 'are'} merged; the epic ${epic} lets it begin then, unless the epic is stopped or closed.`
      : `Waits for its epic ${epic}, which lets it begin unless it is stopped or closed.`
  return step('machine', sentence)
}

function numberIn(key: string): string {
  const subject = parseKey(key)
  return subject?.kind === 'task' ? `#${subject.issue}` : ''
}

/** Stops and the like that were accepted in `source` and are not among the task's own commands yet, oldest first. */
export function unheard(
  context: TaskContext,
  source: readonly Fact[],
  since: number,
): { actor: Fact['actor']; body: Extract<FactBody, { kind: 'comment.command' }> }[] {
  const known = new Set(factsOf(context.facts, 'comment.command').map((fact) => fact.body.commentId))
  const settled = settledBySeq(source)
  const settledAt = (seq: number) => settled.get(seq)?.seq ?? -1
  return factsOf(source, 'comment.command')
    .filter(
      ({ seq, body }) =>
        isPassedOn(body.verb) &&
        settled.get(seq)?.body.outcome === 'accepted' &&
        settledAt(seq) > since &&
        !known.has(body.commentId),
    )
    .sort((a, b) => settledAt(a.seq) - settledAt(b.seq))
    .map(({ actor, body }) => ({ actor, body }))
}

/** What was said on the epic since this child was made; a child that has ended is left alone. */
export function heardFromEpic(context: TaskContext): { actor: Fact['actor']; body: FactBody }[] {
  const { parent } = context.snapshot
  const child = lastFact(context.facts, 'child.delegated')
  if (!parent || !child || hasEnded({ state: lastState(context.facts) })) return []
  const opened = factsOf(parent.facts, 'child.opened').find(
    ({ body }) => body.split === child.body.split && body.child === child.body.child,
  )
  if (!opened) return []
  return unheard(context, parent.facts, opened.seq).map(({ actor, body }) => ({
    actor,
    body: { ...body, on: 'parent' },
  }))
}

function lastState(facts: readonly Fact[]): ChildState {
  return lastFact(facts, 'child.state')?.body.state ?? 'waits'
}

/** The fact to record when a child stands otherwise than it last told. */
export function stateRecords(snapshot: TaskSnapshot, state: ChildState): FactBody[] {
  const { facts, pull } = snapshot
  if (!lastFact(facts, 'child.delegated')) return []
  const told = lastFact(facts, 'child.state')?.body
  const number = pull?.pull.number ?? told?.pull ?? null
  // What is merged stays so, whatever becomes of the issue.
  if (told?.state === 'merged') return []
  if (state === (told?.state ?? 'waits') && number === (told?.pull ?? null)) return []
  return [{ kind: 'child.state', state, pull: number }]
}

/** How the task stands, in the words that its epic shows. */
export function stateOfChild(context: TaskContext, next: Step): ChildState {
  const { pull, issue } = context.snapshot
  if (pull?.pull.state === 'merged') return 'merged'
  if (pull?.pull.state === 'closed' || (!pull && issue?.state !== 'open')) return 'closed'
  if (context.stopped) return 'stopped'
  if (heldStep(context)) return 'waits'
  if (next.waits === 'person') return asksPerson(next) ? 'person' : 'approval'
  return 'working'
}

/** The epic's round reads its children's facts, so it runs again when one of them tells something. */
export function epicAction({ facts }: TaskSnapshot, records: readonly FactBody[]): Action[] {
  const parent = lastFact(facts, 'child.delegated')?.body.parent
  return parent && records.some(({ kind }) => kind === 'child.state')
    ? [{ kind: 'queue', subject: parent }]
    : []
}
