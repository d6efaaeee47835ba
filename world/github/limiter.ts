/** The primary rate limit: so many requests an hour for each installation or person. */
import { GitHubError } from './errors.ts'
import { type Actor, actorName, type Site } from './site.ts'

const HOUR_MS = 3_600_000

export type Limiter = { take(actor: Actor): void; headers(actor: Actor): Record<string, string> }

/** Counts from the first request of each hour; over the limit a request is 403. */
export function createLimiter(site: Site, rateLimit: number): Limiter {
  const used = new Map<string, { count: number; resetMs: number }>()
  const bucket = (actor: Actor) => {
    const key = actor.kind === 'installation' ? `installation ${actor.installation.id}` : actorName(actor)
    const old = used.get(key)
    if (old !== undefined && old.resetMs > site.clock.now()) return old
    const fresh = { count: 0, resetMs: site.clock.now() + HOUR_MS }
    used.set(key, fresh)
    return fresh
  }
  const headers = (actor: Actor) => {
    const { count, resetMs } = bucket(actor)
    return {
      'x-ratelimit-limit': String(rateLimit),
      'x-ratelimit-remaining': String(Math.max(0, rateLimit - count)),
      'x-ratelimit-used': String(count),
      'x-ratelimit-reset': String(Math.ceil(resetMs / 1000)),
      'x-ratelimit-resource': 'core',
    }
  }
  return {
    headers,
    take(actor) {
      const b = bucket(actor)
      if (b.count >= rateLimit)
        throw new GitHubError(
          403,
          `API rate limit exceeded for ${actorName(actor)}.`,
          undefined,
          headers(actor),
        )
      b.count += 1
    },
  }
}
