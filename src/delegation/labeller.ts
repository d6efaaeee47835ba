/** Who may delegate: a person whose role, read from GitHub at that moment, is write or higher (D1, T23). */
import { type Account, hasRole, type Standing } from '../core/account.ts'
import { code, person } from '../core/sentences.ts'

export type Labeller = { kind: 'may' } | { kind: 'wait' } | { kind: 'refused'; sentence: string }

/**
 * Judge the labeller of a delegation.
 *
 * @param actor the webhook's sender; null when the delivery named nobody.
 * @param standing as looked up in this round; undefined when it was not looked up. Unknown waits, it never counts (S9).
 */
export function judgeLabeller(
  actor: Account | null,
  standing: Standing | undefined,
  label: string,
): Labeller {
  if (!actor) return { kind: 'refused', sentence: refusal('Nobody is named as having set the label', label) }
  if (actor.type !== 'User')
    return { kind: 'refused', sentence: refusal(`${person(actor)} is not a person`, label) }
  if (!standing || standing.role === 'unknown') return { kind: 'wait' }
  if (hasRole(standing, 'write')) return { kind: 'may' }
  return { kind: 'refused', sentence: refusal(`${person(actor)} has the role ${standing.role} here`, label) }
}

function refusal(why: string, label: string): string {
  return `Nothing was started: ${why}, and delegating takes a person with write access or more (D1). Someone who has it can remove the label ${code(label)} and set it again.`
}
