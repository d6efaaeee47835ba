/** One lane in this process: p-queue runs it; keys that wait are not queued twice, delays and retries are timers. */
import PQueue from 'p-queue'
import { RetryLater } from '../../../core/errors.ts'
import { asJob } from '../../abort.ts'
import {
  defaultRetry,
  endsWithin,
  giveUp,
  type Lane,
  maximumWaiting,
  outcomeOf,
  type QueueTools,
} from '../common.ts'
import { FairQueue, type Turn } from './fairQueue.ts'

/** What is known of one key. An entry exists while it waits, runs or is delayed. */
interface Entry<T> {
  item: T
  waiting: boolean
  running: boolean
  /** Asked for during its own round. */
  again: boolean
  /** Failures in a row. */
  failures: number
  delayed: { atMs: number; timer: AbortController } | null
}

export interface LaneOptions<T> {
  lane: Lane
  /** True: a key asked for while it runs runs again. False: it is the same job, and asking again changes nothing. */
  runsAgain: boolean
  repositoryOf: (item: T) => string
  describe: (item: T) => Parameters<typeof giveUp>[1]['item']
}

export type LaneHandler<T> = (item: T, signal: AbortSignal) => Promise<void>

export interface InProcessLane<T> {
  /** Once the lane closes, what is asked for is forgotten as in a crash: a lane that stands still would never be idle. */
  request(key: string, item: T, delayMs: number): void
  start(handler: LaneHandler<T>, concurrency: number): void
  /** Waiting and running; delayed ones aside. */
  depth(): number
  idle(): Promise<void>
  /** Take nothing new; abort what still runs after `graceMs`. */
  close(graceMs: number): Promise<void>
}

export function createLane<T>(options: LaneOptions<T>, tools: QueueTools): InProcessLane<T> {
  const { lane, runsAgain } = options
  const retry = { ...defaultRetry, ...tools.retry }
  const entries = new Map<string, Entry<T>>()
  const stopping = new AbortController()
  const queue = new PQueue<FairQueue, Turn>({ autoStart: false, queueClass: FairQueue })
  let handle: LaneHandler<T> | undefined
  let closing = false

  const enqueue = (key: string, entry: Entry<T>) => {
    if (closing) return
    entry.waiting = true
    queue
      .add(() => run(key, entry), { repository: options.repositoryOf(entry.item) })
      .catch((error: unknown) => tools.log.error({ lane, key, error }, 'a lane of the queue failed'))
  }

  const cancelDelay = (entry: Entry<T>) => {
    entry.delayed?.timer.abort()
    entry.delayed = null
  }

  const delay = (key: string, entry: Entry<T>, delayMs: number) => {
    if (closing) return
    const atMs = tools.clock.nowMs() + delayMs
    if (entry.waiting || entry.again || (entry.delayed && entry.delayed.atMs <= atMs)) return
    cancelDelay(entry)
    const timer = new AbortController()
    entry.delayed = { atMs, timer }
    tools.clock.sleep(delayMs, timer.signal).then(
      () => {
        entry.delayed = null
        immediately(key, entry)
      },
      // Superseded or closed; an abort is the only way a sleep rejects.
      () => undefined,
    )
  }

  const immediately = (key: string, entry: Entry<T>) => {
    if (entry.waiting) return
    cancelDelay(entry)
    if (!entry.running) enqueue(key, entry)
    else if (runsAgain) entry.again = true
  }

  const run = async (key: string, entry: Entry<T>): Promise<void> => {
    if (!handle || stopping.signal.aborted) return
    entry.waiting = false
    entry.running = true
    // A round decides anew when it wants to be woken.
    cancelDelay(entry)
    let pauseMs: number | null = null
    try {
      const job = handle
      await asJob(stopping.signal, () => job(entry.item, stopping.signal))
      entry.failures = 0
    } catch (error) {
      pauseMs = failed(key, entry, error)
    }
    entry.running = false
    if (entry.again) {
      entry.again = false
      enqueue(key, entry)
    } else if (pauseMs !== null) delay(key, entry, pauseMs)
    // p-queue may have begun the next round within enqueue.
    if (!entry.waiting && !entry.running && !entry.delayed) entries.delete(key)
  }

  /** How long to wait before the next try; null when there is none. */
  const failed = (key: string, entry: Entry<T>, error: unknown): number | null => {
    if (stopping.signal.aborted) return null
    const outcome = outcomeOf(error, entry.failures + 1, retry)
    if (outcome.kind === 'giveUp') {
      entry.failures = 0
      giveUp(tools, { lane, key, item: options.describe(entry.item), error, reason: outcome.reason })
      return null
    }
    if (outcome.kind === 'retry') entry.failures += 1
    tools.log.warn({ lane, key, error, afterMs: outcome.afterMs }, 'job failed and will be tried again')
    return outcome.afterMs
  }

  return {
    request(key, item, delayMs) {
      if (closing) return
      let entry = entries.get(key)
      if (!entry) {
        if (entries.size >= maximumWaiting)
          throw new RetryLater(`${maximumWaiting} jobs wait in ${lane}`, 5000)
        entry = { item, waiting: false, running: false, again: false, failures: 0, delayed: null }
        entries.set(key, entry)
      }
      if (delayMs > 0) delay(key, entry, delayMs)
      else immediately(key, entry)
    },
    start(handler, concurrency) {
      handle = handler
      queue.concurrency = concurrency
      queue.start()
    },
    depth: () => queue.size + queue.pending,
    idle: () => queue.onIdle(),
    async close(graceMs) {
      closing = true
      queue.pause()
      queue.clear()
      const grace = setTimeout(() => stopping.abort(new Error('the queue is closing')), graceMs)
      for (const entry of entries.values()) cancelDelay(entry)
      await endsWithin(queue.onIdle(), graceMs, lane, tools.log)
      clearTimeout(grace)
      stopping.abort(new Error('the queue is closed'))
      for (const entry of entries.values()) cancelDelay(entry)
      entries.clear()
    },
  }
}
