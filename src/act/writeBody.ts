/** The text that a person took over, written into the issue; what came of it is a fact either way (D2, D4). */
import type { Action } from '../core/action.ts'
import { Terminal } from '../core/errors.ts'
import type { FactBody } from '../core/facts.ts'
import type { ActPorts } from './act.ts'

export async function writeBody(
  action: Extract<Action, { kind: 'writeBody' }>,
  { forge, ledger, log }: ActPorts,
): Promise<void> {
  const { subject, repository, number, accepted, was, body } = action
  let fact: FactBody = { kind: 'draft.written', accepted }
  try {
    if ((await forge.editBody(repository, number, { was, body })) === 'moved')
      fact = { kind: 'draft.stale', accepted, reason: null }
  } catch (error) {
    // Refused for good: without a fact it would be tried in every round, and nobody would be told.
    if (!(error instanceof Terminal)) throw error
    log.warn({ subject, reason: error.message }, 'the text of the issue was not written')
    fact = { kind: 'draft.stale', accepted, reason: error.forUser.slice(0, 4000) }
  }
  await ledger.append(subject, [{ actor: null, body: fact }])
}
