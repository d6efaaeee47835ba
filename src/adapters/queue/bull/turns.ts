/** Fair turns between repositories on Redis: a job's priority is the number of the turn at which its repository comes (O6). */
import type { Redis } from 'ioredis'
import type { RepositoryName } from '../../../core/ids.ts'

/** BullMQ's priorities end at 2^21; past this counting starts anew, and what waits then runs after the newcomers. */
const lastTurn = 2_000_000

/**
 * A repository's next job comes one turn after its last one, but never before the turn that runs now: a newcomer does
 * not wait behind a long line of another repository, and nobody overtakes for ever.
 */
const takeTurn = `
  local now = tonumber(redis.call('HGET', KEYS[1], '') or '0')
  local last = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
  local turn = math.max(now, last) + 1
  if turn > tonumber(ARGV[2]) then
    redis.call('DEL', KEYS[1])
    turn = 1
  end
  redis.call('HSET', KEYS[1], ARGV[1], turn)
  return turn`

const turnStarted = `
  local now = tonumber(redis.call('HGET', KEYS[1], '') or '0')
  if tonumber(ARGV[1]) > now then redis.call('HSET', KEYS[1], '', ARGV[1]) end`

export interface Turns {
  take(repository: RepositoryName): Promise<number>
  started(turn: number): Promise<void>
}

export function createTurns(redis: Redis, name: string): Turns {
  return {
    take: async (repository) => Number(await redis.eval(takeTurn, 1, name, repository, lastTurn)),
    async started(turn) {
      await redis.eval(turnStarted, 1, name, turn)
    },
  }
}
