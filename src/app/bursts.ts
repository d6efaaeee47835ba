/** Bursts: CI tells of one push in half a dozen events, and one look a second later sees what all of them have told. */
import type { SubjectKey } from '../core/ids.ts'
import type { Clock } from '../core/ports.ts'

/** From the first hint of a burst to the look that all of them share, in milliseconds of the App's clock. */
export const burstMs = 1000
/** Subjects remembered; beyond it all are forgotten, which costs a look each. */
const mostSubjects = 10_000
/** A queue notices within this time that a delay is over. */
const queueTickMs = 150

export interface Bursts {
  /** Milliseconds until this hint's look is due, the one that the next hints join. */
  delayMs(key: SubjectKey): number
  /** Resolves when no look that was put off lies ahead. */
  idle(): Promise<void>
}

export function createBursts(clock: Clock): Bursts {
  /** When the last look at each subject was due, or is. */
  const dueMs = new Map<SubjectKey, number>()
  let latestMs = 0
  const remember = (key: SubjectKey, atMs: number) => {
    if (dueMs.size >= mostSubjects && !dueMs.has(key)) dueMs.clear()
    dueMs.set(key, atMs)
  }
  return {
    delayMs(key) {
      const nowMs = clock.nowMs()
      const due = dueMs.get(key) ?? Number.NEGATIVE_INFINITY
      // A look that lies ahead is joined; its key is queued again, in case that one was taken by an earlier round.
      const atMs = due > nowMs ? due : nowMs + burstMs
      remember(key, atMs)
      latestMs = Math.max(latestMs, atMs)
      return atMs - nowMs
    },
    async idle() {
      for (let leftMs = latestMs - clock.nowMs(); leftMs > -queueTickMs; leftMs = latestMs - clock.nowMs())
        await clock.sleep(leftMs + queueTickMs)
    },
  }
}
