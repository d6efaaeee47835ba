/** Patience: a write that only informs waits a few seconds for what comes next, and is then made once; docs/adr/0008-patience.md argues it. */
import type { Action } from '../core/action.ts'
import type { Clock } from '../core/ports.ts'

/** How long a write that may wait is held back, in milliseconds of the App's clock. */
export const patienceMs = 5000
/** The same for the edit of a comment that stands already: what it said some seconds ago is still about right. */
export const editPatienceMs = 15_000
/** Writes held back at once; beyond it they are made at once. */
const mostHeld = 10_000

export interface Patience {
  /** Milliseconds that this action should still wait; 0 when it is due. What is due is forgotten, since it is done next. */
  waitMs(action: Action): number
}

/**
 * The memory of one process: since when each target has been waiting. Losing it loses nothing, since every round states
 * anew what is to be written; another process that holds the same write back does so once more at most.
 */
export function createPatience(clock: Clock): Patience {
  const since = new Map<string, { beganMs: number; renewed: boolean }>()
  return {
    waitMs(action) {
      const target = targetOf(action)
      if (target === null) return 0
      const nowMs = clock.nowMs()
      const holdMs = action.kind === 'comment' && action.commentId !== null ? editPatienceMs : patienceMs
      const held = since.get(target) ?? { beganMs: nowMs, renewed: false }
      const leftMs = held.beganMs + holdMs - nowMs
      // Held far longer than that: it was no longer wanted in between, and this is another wish. That is believed once:
      // where rounds themselves come that late, it would be put off for ever (L2).
      const anew = leftMs < -holdMs && !held.renewed
      if (!mayWait(action) || (leftMs <= 0 && !anew) || since.size >= mostHeld) {
        since.delete(target)
        return 0
      }
      since.set(target, anew ? { beganMs: nowMs, renewed: true } : held)
      return anew ? holdMs : leftMs
    },
  }
}

const mayWait = (action: Action): boolean => 'mayWait' in action && action.mayWait === true

/** The comment or run that an action writes. */
function targetOf(action: Action): string | null {
  switch (action.kind) {
    case 'comment':
      return `${action.repository}#${action.number} ${action.marker}`
    case 'checkRun':
      return `${action.repository}@${action.run.sha} ${action.run.name}`
    default:
      return null
  }
}
