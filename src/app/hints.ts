/** Hints that need a look at GitHub before they become keys: resolved behind the webhook's answer, bounded, once a burst. */
import type { RepositoryName, Sha, SubjectKey } from '../core/ids.ts'
import type { Clock, Log } from '../core/ports.ts'

/** Turns what a payload does not name into subjects. All are asked in the background; failures are left to the sweep. */
export interface HintResolvers {
  /** Open pull requests with this head, and merge-queue or deployment subjects, if any. */
  withHead(repository: RepositoryName, sha: Sha): Promise<SubjectKey[]>
  /** Open pull requests based on this branch. */
  onBase(repository: RepositoryName, ref: string): Promise<SubjectKey[]>
  /** Repositories that the App was just given. */
  onInstalled(repositories: RepositoryName[]): Promise<void>
}

const mostWaiting = 1000
const stepMs = 200

export interface Hints {
  /** Resolve in the background, `afterMs` from now on. The same name that waits already is not asked twice. */
  add(name: string, resolve: () => Promise<void>, afterMs?: number): void
  idle(): Promise<void>
}

/** One at a time, so that a burst of CI events is no burst on GitHub's limits. What does not fit is found by the sweep. */
export function createHints(clock: Clock, log: Log): Hints {
  const waiting = new Map<string, { resolve: () => Promise<void>; atMs: number }>()
  let running: Promise<void> | null = null

  const run = async () => {
    for (;;) {
      const [next] = [...waiting].sort(([, one], [, other]) => one.atMs - other.atMs)
      if (!next) break
      const [name, { resolve, atMs }] = next
      const leftMs = atMs - clock.nowMs()
      if (leftMs > 0) {
        // In small steps, since one that is due before may come meanwhile.
        await clock.sleep(Math.min(leftMs, stepMs))
        continue
      }
      // Taken out before it runs: what comes meanwhile is news.
      waiting.delete(name)
      try {
        await resolve()
      } catch (error) {
        log.warn({ hint: name, error }, 'a hint could not be resolved; the sweep will visit its subjects')
      }
    }
    running = null
  }

  return {
    add(name, resolve, afterMs = 0) {
      if (waiting.size >= mostWaiting && !waiting.has(name)) {
        log.warn({ hint: name }, 'too many hints wait; the sweep will visit its subjects')
        return
      }
      const atMs = Math.min(clock.nowMs() + afterMs, waiting.get(name)?.atMs ?? Number.POSITIVE_INFINITY)
      waiting.set(name, { resolve, atMs })
      running ??= Promise.resolve().then(run)
    },
    async idle() {
      while (running !== null) await running
    },
  }
}
