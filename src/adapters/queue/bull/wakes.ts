/** Delayed keys on Redis: a sorted set by due time, so that the earlier of two wishes wins, and a poller that queues them. */
import type { Redis } from 'ioredis'
import type { SubjectKey } from '../../../core/ids.ts'
import type { Clock, Log } from '../../../core/ports.ts'

/** How often the set is looked at, in real milliseconds: the precision of a delay. */
const lookEveryMs = 100
const most = 200

export interface Wakes {
  /** Remember a key until `atMs` of the clock; an earlier time that stands is kept. */
  add(key: SubjectKey, atMs: number): Promise<void>
  /** A round is about to run, and will say anew when it wants to be woken. */
  forget(key: SubjectKey): Promise<void>
  stop(): void
  startPolling(queue: (key: SubjectKey) => Promise<void>): void
}

export function createWakes(redis: Redis, name: string, clock: Clock, log: Log): Wakes {
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  /** Queued first, forgotten after: a crash in between wakes twice, which is harmless, and never not at all. */
  const look = async (queue: (key: SubjectKey) => Promise<void>) => {
    const nowMs = clock.nowMs()
    const due = await redis.zrangebyscore(name, '-inf', nowMs, 'LIMIT', 0, most)
    for (const key of due) {
      await queue(key)
      // Only this wish: a later one made meanwhile has a higher score and stays.
      await redis.eval(
        `local at = redis.call('ZSCORE', KEYS[1], ARGV[1])
         if at and tonumber(at) <= tonumber(ARGV[2]) then redis.call('ZREM', KEYS[1], ARGV[1]) end`,
        1,
        name,
        key,
        nowMs,
      )
    }
  }

  return {
    async add(key, atMs) {
      // LT replaces a later time only; an absent key is added.
      await redis.zadd(name, 'LT', atMs, key)
    },
    async forget(key) {
      await redis.zrem(name, key)
    },
    startPolling(queue) {
      const again = () => {
        if (stopped) return
        look(queue)
          // Redis is away: the keys are still in the set when it is back.
          .catch((error: unknown) =>
            log.warn({ error: String(error) }, 'delayed keys could not be looked at'),
          )
          .finally(() => {
            if (!stopped) timer = setTimeout(again, lookEveryMs)
          })
      }
      again()
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
