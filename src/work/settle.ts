/** How work of a task ends: its facts appended once, a refusal put on record, and the subjects visited again (S7). */
import { Bug, RetryLater, Terminal } from '../core/errors.ts'
import type { Fact, FactBody } from '../core/facts.ts'
import { parseKey, type RepositoryName, type SubjectKey } from '../core/ids.ts'
import type { Ledger, Log, Queue } from '../core/ports.ts'
import { pullOf } from './stopped.ts'

export interface SettlePorts {
  ledger: Pick<Ledger, 'facts' | 'append'>
  queue: Pick<Queue, 'reconcile'>
  log: Log
}

/** Append a fact unless the subject's facts already say it; returns the facts that then stand. */
export async function record(
  ledger: SettlePorts['ledger'],
  subject: SubjectKey,
  body: FactBody,
  isKnown: (facts: readonly Fact[]) => boolean,
): Promise<Fact[]> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const facts = await ledger.facts(subject)
    if (isKnown(facts)) return facts
    const added = await ledger.append(subject, [{ actor: null, body }], { ifLength: facts.length })
    if (added) return [...facts, ...added]
  }
  throw new RetryLater(`${subject} changed ten times while ${body.kind} was to be recorded`, 1000)
}

/** Run the steps; a refusal is recorded as `work.failed` once, and in every case the subjects are visited again. */
export async function settle(
  subject: SubjectKey,
  what: string,
  { ledger, queue, log }: SettlePorts,
  steps: (repository: RepositoryName) => Promise<void>,
): Promise<void> {
  const parsed = parseKey(subject)
  if (parsed?.kind !== 'task')
    throw new Bug(`work with an end on record belongs to a task, not to ${subject}`)
  try {
    await steps(parsed.repository)
  } catch (error) {
    if (!(error instanceof Terminal)) throw error
    log.warn({ subject, what, reason: error.message }, 'work failed')
    const reason = error.forUser.slice(0, 4000)
    await record(ledger, subject, { kind: 'work.failed', what: what.slice(0, 200), reason }, (facts) => {
      const last = facts.findLast(({ body }) => body.kind !== 'settled')?.body
      return last?.kind === 'work.failed' && last.what === what.slice(0, 200) && last.reason === reason
    })
  }
  await queue.reconcile(subject)
  const pull = pullOf(subject, await ledger.facts(subject))
  if (pull) await queue.reconcile(pull)
}
