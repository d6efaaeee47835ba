/** The merge: with the expected SHA, and the branch it landed on read back (A5, T1, T42). */
import type { Action } from '../core/action.ts'
import type { FactBody } from '../core/facts.ts'
import type { ActPorts } from './act.ts'

/** Merge one pull request and record what came of it. GitHub refusing is a fact with its sentence, not an error. */
export async function mergePull(action: Extract<Action, { kind: 'merge' }>, ports: ActPorts): Promise<void> {
  const outcome = await ports.forge.merge(action.repository, action.number, action)
  switch (outcome.kind) {
    case 'merged': {
      const facts: FactBody[] = [
        {
          kind: 'merged',
          head: action.sha,
          merge: outcome.sha,
          landedOn: outcome.landedOn,
          expected: action.baseRef,
        },
      ]
      if (outcome.landedOn !== action.baseRef) {
        const sentence =
          `#${action.number} was decided for ${action.baseRef} and landed on ${outcome.landedOn}: its base was changed ` +
          'between the last look and the merge (T42). Check that branch and revert the merge if it does not belong there.'
        facts.push({ kind: 'incident', sentence })
        ports.log.error({ subject: action.subject, sentence }, 'merge landed elsewhere')
      }
      await ports.ledger.append(
        action.subject,
        facts.map((body) => ({ actor: null, body })),
      )
      return
    }
    case 'moved':
      // The head moved between look and merge: nothing happened, and the next round sees the new head.
      ports.log.info({ subject: action.subject, sha: action.sha }, 'merge refused: the head moved')
      return
    case 'refused':
      await ports.ledger.append(action.subject, [
        { actor: null, body: { kind: 'work.failed', what: `merge:${action.sha}`, reason: outcome.sentence } },
      ])
      return
    default:
      return outcome satisfies never
  }
}
