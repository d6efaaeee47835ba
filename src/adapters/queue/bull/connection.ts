/** Connections to Redis: one that fails at once for those who put jobs in, patient ones for workers. */
import { Redis } from 'ioredis'
import { RetryLater } from '../../../core/errors.ts'
import type { Log } from '../../../core/ports.ts'

/** The webhook must be answered with 503 within a second, so a command gets less than that. */
const commandTimeoutMs = 600

/** A connection whose commands reject at once while Redis is away, and after 0.6 s when it is silent. */
export async function connectProducer(redisUrl: string, log: Log): Promise<Redis> {
  const client = new Redis(redisUrl, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: commandTimeoutMs,
    commandTimeout: commandTimeoutMs,
    retryStrategy: (times) => Math.min(50 * 2 ** times, 1000),
  })
  client.on('error', (error) => log.warn({ error: String(error) }, 'the connection to Redis is broken'))
  try {
    await client.connect()
    await client.ping()
  } catch (error) {
    client.disconnect()
    throw unreachable(error)
  }
  return client
}

/**
 * A connection for a worker: it waits for Redis to come back, until `closed` is aborted. BullMQ makes copies of it, which
 * nothing else would stop from trying while Redis is away.
 */
export function connectWorker(redisUrl: string, log: Log, closed: AbortSignal): Redis {
  const client = new Redis(redisUrl, {
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (closed.aborted ? null : Math.min(50 * 2 ** times, 1000)),
  })
  client.on('error', (error) => log.warn({ error: String(error) }, 'the connection to Redis is broken'))
  return client
}

/** Run a command; a Redis that is away, silent or still loading is RetryLater. */
export async function reaching<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw unreachable(error)
  }
}

function unreachable(error: unknown): RetryLater {
  const text = (error as { message?: unknown } | null)?.message
  return new RetryLater(`Redis does not answer: ${String(text || error)}`, 1000, { cause: error })
}
