/** Rework: how many agents' pull requests had to be changed after people looked at them, and why (O2). */
import { type ReworkCause, reworkCauses } from '../core/facts/fix.ts'
import { type Fact, factsOf } from '../core/facts.ts'
import type { Chains } from './chains.ts'
import type { Share } from './numbers.ts'
import { within } from './period.ts'
import { reviewed } from './review.ts'

/** How it shows that a pull request was reworked; one may show in several ways. */
export const reworkSigns = ['fix', 'rejection', 'repair', 'said'] as const
export type ReworkSign = (typeof reworkSigns)[number]

export interface Rework {
  /** Reworked, of all agents' pull requests that came before people in the period. */
  reworked: Share
  /** Of those that came before people, how many are merged by now; the others are open, or were closed. */
  merged: number
  /** Each reworked pull request once: by the last cause that a person named, else by the session's last. */
  causes: { cause: ReworkCause | 'unclassified'; pulls: number }[]
  signs: Record<ReworkSign, number>
}

/**
 * A pull request belongs to the period in which people were first asked to review it, or answered unasked; where no fact
 * tells that, to the one in which it was merged. It was reworked when, from then on, a fix request of a reviewer ended, somebody asked for
 * changes to it or to its plan, a repair of CI was pushed, or a person said so (`/agent rework`). What gates and
 * validators sent back before people looked is no rework; it is in what each gate caught.
 */
export function rework(chains: Chains): Rework {
  const isIn = within(chains.period)
  const all = reviewed(chains).flatMap(({ pull, looked, merged }) => {
    const first = looked ?? merged
    if (!first || !isIn(first)) return []
    const afterwards = looked ? pull.facts.filter(({ seq }) => seq >= looked.seq) : pull.facts
    const task = chains.taskOf.get(pull.subject.number)
    const pushes = looked ? factsOf(task?.facts ?? [], 'work.pushed') : []
    const repaired = pushes.some(({ atMs, body }) => body.phase === 'repair' && atMs >= first.atMs)
    return [{ merged: merged !== null, signs: signsIn(afterwards, repaired), cause: causeOf(pull.facts) }]
  })
  const done = all.filter(({ signs }) => signs.length > 0)
  const pulls = (cause: Rework['causes'][number]['cause']) =>
    done.filter((one) => (one.cause ?? 'unclassified') === cause).length
  return {
    reworked: { part: done.length, of: all.length },
    merged: all.filter(({ merged }) => merged).length,
    causes: [...reworkCauses, 'unclassified' as const].map((cause) => ({ cause, pulls: pulls(cause) })),
    signs: Object.fromEntries(
      reworkSigns.map((sign) => [sign, done.filter(({ signs }) => signs.includes(sign)).length]),
    ) as Rework['signs'],
  }
}

function signsIn(facts: readonly Fact[], repaired: boolean): ReworkSign[] {
  const shows: Record<ReworkSign, boolean> = {
    fix: factsOf(facts, 'fix.ended').length > 0,
    rejection: facts.some(
      ({ body }) =>
        (body.kind === 'decision' && body.verdict === 'reject') ||
        (body.kind === 'review.told' && body.state === 'rejected'),
    ),
    repair: repaired,
    said: factsOf(facts, 'rework.classified').some(({ body }) => body.by === 'person'),
  }
  return reworkSigns.filter((sign) => shows[sign])
}

/** A person's word wins over a session's, and a later one over an earlier one. */
function causeOf(facts: readonly Fact[]): ReworkCause | null {
  const all = factsOf(facts, 'rework.classified')
  const said = all.findLast(({ body }) => body.by === 'person') ?? all.at(-1)
  return said?.body.cause ?? null
}
