/** What a viewer may see: GitHub's own answer to the viewer's own token, remembered for less than a minute (T36). */
import { createHash } from 'node:crypto'
import type { RepositoryName } from '../core/ids.ts'
import type { Clock, Viewers } from '../core/ports.ts'

/** Who has lost access is shut out within this time. */
export const rememberedMs = 30_000
/** Answers that are remembered at once; the oldest goes first. */
const mostRemembered = 5000

export interface Access {
  mayRead(token: string, repository: RepositoryName): Promise<'yes' | 'no' | 'gone'>
  /** Null when the token no longer counts. */
  repositories(token: string): Promise<RepositoryName[] | null>
  forget(token: string): void
}

/** @throws RetryLater when GitHub does not answer: what could not be asked is not shown (S9). */
export function createAccess(viewers: Viewers, clock: Clock): Access {
  const kept = new Map<string, { untilMs: number; answer: Promise<unknown> }>()
  const remember = <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const known = kept.get(key)
    if (known && known.untilMs > clock.nowMs()) return known.answer as Promise<T>
    const answer = ask()
    kept.delete(key)
    const [oldest] = kept.keys()
    if (kept.size >= mostRemembered && oldest !== undefined) kept.delete(oldest)
    kept.set(key, { untilMs: clock.nowMs() + rememberedMs, answer })
    // A failure is no answer: the next one asks again.
    answer.catch(() => kept.get(key)?.answer === answer && kept.delete(key))
    return answer
  }
  // Tokens are no keys: a dump of memory, or of this map, shows none.
  const of = (token: string) => createHash('sha256').update(token).digest('base64')
  return {
    mayRead: (token, repository) =>
      remember(`${of(token)} ${repository.toLowerCase()}`, () => viewers.mayRead(token, repository)),
    repositories: (token) => remember(of(token), () => viewers.repositories(token)),
    forget(token) {
      const key = of(token)
      for (const one of kept.keys()) if (one.startsWith(key)) kept.delete(one)
    },
  }
}
