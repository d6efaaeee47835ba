/** The system's clock, and one that runs faster, for the demo. */
import type { Clock } from '../core/ports.ts'

/** Timers of Node wrap at 2^31 - 1 ms (24.8 days); a longer sleep is taken in pieces. */
const longestTimerMs = 2_147_483_647

/** The clock of the machine. */
export const systemClock: Clock = createClock(1)

/**
 * A clock that starts at the machine's time and runs `speed` times as fast.
 *
 * @param speed seconds of this clock in one real second; at least 1.
 * @param startedMs when it was started, where several processes go by one clock.
 */
export function createClock(speed: number, startedMs = Date.now()): Clock {
  return {
    nowMs: () => startedMs + Math.round((Date.now() - startedMs) * speed),
    async sleep(ms, signal) {
      for (let left = Math.max(0, ms) / speed; left >= 0; left -= longestTimerMs) {
        await timer(Math.min(left, longestTimerMs), signal)
        if (left <= longestTimerMs) return
      }
    },
  }
}

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const stop = () => {
      clearTimeout(timeout)
      reject(signal?.reason)
    }
    const timeout = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
