/** The nightly job: what keeps the data folder small, done while nobody waits. */
import type { Clock, Log } from '../core/ports.ts'

const nightMs = 24 * 3600 * 1000

/** Run `maintain` once a day of the clock until aborted; a night that fails is logged, and the next one tries again. */
export async function runNightly(
  maintain: () => Promise<void>,
  { clock, log }: { clock: Clock; log: Log },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.sleep(nightMs, signal)
      await maintain()
    } catch (error) {
      // The end of the process cuts the night short.
      if (!signal.aborted) log.warn({ error }, 'the nightly clean-up failed and is tried again tomorrow')
    }
  }
}
