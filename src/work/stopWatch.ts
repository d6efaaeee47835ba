/** Watches a task for an accepted stop while its work runs: every two seconds, and at each step (O4). */
import { settledBySeq } from '../core/facts.ts'
import type { SubjectKey } from '../core/ids.ts'
import type { Clock, Ledger } from '../core/ports.ts'

const everyMs = 2000

export interface StopWatch {
  signal: AbortSignal
  /** True when a person's stop, and not the host's, ended the work. */
  stopped(): boolean
  /** Look now. */
  look(): Promise<boolean>
  end(): Promise<void>
}

/**
 * Watch from a fact on.
 *
 * @param host aborts with the host's own shutdown; the work is then taken up again later.
 */
export function watchForStop(
  ports: { ledger: Ledger; clock: Clock },
  subject: SubjectKey,
  since: number,
  host: AbortSignal,
): StopWatch {
  const controller = new AbortController()
  const ended = new AbortController()
  let stopped = false
  async function look(): Promise<boolean> {
    const facts = await ports.ledger.factsAfter(subject, since)
    const settled = settledBySeq(facts)
    const found = facts.some(
      (fact) =>
        fact.body.kind === 'comment.command' &&
        fact.body.verb === 'stop' &&
        settled.get(fact.seq)?.body.outcome === 'accepted',
    )
    if (found && !stopped) {
      stopped = true
      controller.abort(new Error('stopped by a person'))
    }
    return stopped
  }
  async function poll(): Promise<void> {
    while (!ended.signal.aborted && !stopped) {
      try {
        await ports.clock.sleep(everyMs, ended.signal)
      } catch (error) {
        // The end of the work cuts the pause short; anything else is told below.
        if (!ended.signal.aborted) throw error
        return
      }
      await look()
    }
  }
  let broken: unknown = null
  const polling = poll().catch((error: unknown) => {
    // Without the ledger a stop could not be seen: the work must not go on blind.
    broken = error
    controller.abort(error)
  })
  return {
    signal: AbortSignal.any([host, controller.signal]),
    stopped: () => stopped,
    look,
    async end() {
      ended.abort()
      await polling
      if (broken) throw broken
    },
  }
}
