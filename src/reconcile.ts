/** The system on one screen: observe, judge, decide, check the invariants, act; for one subject at a time. */
import { type ActPorts, act } from './act/act.ts'
import type { Action } from './core/action.ts'
import { Bug } from './core/errors.ts'
import type { Fact } from './core/facts.ts'
import { parseKey, type SubjectKey } from './core/ids.ts'

/** One kind of subject, as the loop sees it. `judge` and `decide` are pure; `observe` is the only reader. */
export interface SubjectLoop<Snapshot extends { facts: Fact[]; missing: string[] }, Verdicts> {
  /** Null when the subject does not exist (any more) or is not one we may see. */
  observe(key: SubjectKey): Promise<Snapshot | null>
  judge(snapshot: Snapshot): Verdicts
  decide(snapshot: Snapshot, verdicts: Verdicts): Action[]
  /** Sentences for each invariant that the actions would break; empty when all hold. */
  check(snapshot: Snapshot, actions: Action[]): string[]
  /** True when nothing can happen to the subject any more, short of a new fact. */
  isOver(snapshot: Snapshot): boolean
}

/** What one round did; `again` asks for another round because the facts have changed. */
export interface Round {
  actions: Action['kind'][]
  again: boolean
}

/**
 * Run one round of a subject.
 *
 * @throws Bug when an action would break an invariant: then nothing at all is done.
 * @throws RetryLater when GitHub or the ledger asks to come back; nothing is lost, every action is idempotent (S7).
 */
export async function reconcile<Snapshot extends { facts: Fact[]; missing: string[] }, Verdicts>(
  key: SubjectKey,
  loop: SubjectLoop<Snapshot, Verdicts>,
  ports: ActPorts,
): Promise<Round> {
  const log = ports.log.child({ subject: key })
  if (!parseKey(key)) throw new Bug(`not a subject key: ${key}`)
  const snapshot = await loop.observe(key)
  if (!snapshot) {
    await ports.ledger.setOpen(key, false)
    log.info({}, 'subject is gone')
    return { actions: [], again: false }
  }
  if (snapshot.missing.length > 0) log.warn({ missing: snapshot.missing }, 'incomplete observation')

  const verdicts = loop.judge(snapshot)
  const actions = loop.decide(snapshot, verdicts)
  const broken = loop.check(snapshot, actions)
  if (broken.length > 0) {
    for (const sentence of broken)
      ports.metrics.count('invariant_violations_total', { invariant: sentence.split(' ')[0] ?? '' })
    throw new Bug(`round of ${key} refused: ${broken.join('; ')}`)
  }

  const again = await act(key, snapshot.facts.length, actions, ports)
  if (again) await ports.queue.reconcile(key)
  else if (loop.isOver(snapshot) && actions.length === 0) await ports.ledger.setOpen(key, false)
  ports.metrics.count('rounds_total', {
    subject: parseKey(key)?.kind ?? 'unknown',
    outcome: again ? 'again' : 'settled',
  })
  return { actions: actions.map((action) => action.kind), again }
}
