/** Hints that need a look at GitHub before they become keys: resolved behind the webhook's answer, bounded, once each. */
import type { RepositoryName, Sha, SubjectKey } from '../core/ids.ts'
import type { Log } from '../core/ports.ts'

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

export interface Hints {
  /** Resolve in the background. The same name that waits already is not asked twice. */
  add(name: string, resolve: () => Promise<void>): void
  idle(): Promise<void>
}

/** One at a time, so that a burst of CI events is no burst on GitHub's limits. What does not fit is found by the sweep. */
export function createHints(log: Log): Hints {
  const waiting = new Map<string, () => Promise<void>>()
  let running: Promise<void> | null = null

  const run = async () => {
    for (;;) {
      const [next] = waiting
      if (!next) break
      const [name, resolve] = next
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
    add(name, resolve) {
      if (waiting.size >= mostWaiting && !waiting.has(name)) {
        log.warn({ hint: name }, 'too many hints wait; the sweep will visit its subjects')
        return
      }
      waiting.set(name, resolve)
      running ??= Promise.resolve().then(run)
    },
    async idle() {
      while (running !== null) await running
    },
  }
}
