/** Bursts: CI tells of one push in half a dozen events; the first is looked at at once, and what follows once a second. */
import type { SubjectKey } from '../core/ids.ts'
import type { Clock } from '../core/ports.ts'

/** Between two looks at one subject for the sake of hints, in milliseconds of the App's clock. */
export const burstMs = 1000
/** Subjects remembered; beyond it all are forgotten, which costs a look each. */
const mostSubjects = 10_000
/** A queue notices within this time that a delay is over. */
const queueTickMs = 150

export interface Bursts {
  /**
   * Milliseconds until this hint's look is due, the one that the next hints join.
   *
   * @param atOnce false when more is sure to follow, so that even the first one waits for it.
   */
  delayMs(key: SubjectKey, atOnce?: boolean): number
  /** The subject is being looked at anyway, for something that does not wait. */
  looked(key: SubjectKey): void
  /** Resolves when no look that was put off lies ahead. */
  idle(): Promise<void>
}

export function createBursts(clock: Clock): Bursts {
  /** When each subject was last looked at, or is about to be. */
  const lastMs = new Map<SubjectKey, number>()
  let latestMs = 0
  const remember = (key: SubjectKey, atMs: number) => {
    if (lastMs.size >= mostSubjects && !lastMs.has(key)) lastMs.clear()
    lastMs.set(key, atMs)
  }
  return {
    delayMs(key, atOnce = true) {
      const nowMs = clock.nowMs()
      const last = lastMs.get(key) ?? Number.NEGATIVE_INFINITY
      // A look that lies ahead is joined; its key is queued again, in case that one was taken by an earlier round.
      const next = last > nowMs ? last : Math.max(atOnce ? last : nowMs, last) + burstMs
      const atMs = Math.max(nowMs, next)
      remember(key, atMs)
      if (atMs > nowMs) latestMs = Math.max(latestMs, atMs)
      return atMs - nowMs
    },
    looked: (key) => remember(key, clock.nowMs()),
    async idle() {
      for (let leftMs = latestMs - clock.nowMs(); leftMs > -queueTickMs; leftMs = latestMs - clock.nowMs())
        await clock.sleep(leftMs + queueTickMs)
    },
  }
}
