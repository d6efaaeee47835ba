/** The queue on Redis by BullMQ: several processes, at least once; jobs carry keys and work items only (T34). */
import { createHash } from 'node:crypto'
import {
  Queue as BullQueue,
  DelayedError,
  type Job,
  type JobsOptions,
  UnrecoverableError,
  Worker,
} from 'bullmq'
import type { Redis } from 'ioredis'
import type { Queue, QueueHandlers } from '../../../core/ports.ts'
import { Acknowledgement, WorkItem } from '../../../core/work.ts'
import { asJob } from '../../abort.ts'
import {
  acknowledgementKey,
  checkedAcknowledgement,
  checkedDelay,
  checkedKey,
  checkedWork,
  defaultRetry,
  endsWithin,
  giveUp,
  type Lane,
  laneOf,
  outcomeOf,
  type QueueTools,
  repositoryOf,
} from '../common.ts'
import { connectProducer, connectWorker, reaching } from './connection.ts'
import { createTurns } from './turns.ts'
import { createWakes } from './wakes.ts'

export interface BullOptions {
  /** `redis://` or `rediss://`. The server must run with noeviction, and with AOF to keep waiting work over its restart. */
  redisUrl: string
  /** Before every key, so that several installations can share a server. */
  prefix: string
  /** How long a job of a dead process is left alone before another takes it, in milliseconds. */
  stalledAfterMs?: number
}

interface JobData {
  key: string
  item?: WorkItem | Acknowledgement
}

const lanes = ['reconcile', 'acknowledge', 'work', 'watch'] as const
const pollIdleMs = 25
const closingBoundMs = 3000
/** A lock that is renewed at half this time survives pauses of the event loop of that length. */
const defaultStalledMs = 30_000

/**
 * Connect the queue.
 *
 * @throws RetryLater when Redis does not answer within 0.6 s; later every method rejects likewise while it is away.
 */
export async function bullQueue(options: BullOptions, tools: QueueTools): Promise<Queue> {
  const { prefix, redisUrl } = options
  const producer = await connectProducer(redisUrl, tools.log)
  const queueOf = (lane: Lane) => {
    const queue = new BullQueue(lane, { connection: producer, prefix, skipWaitingForReady: true })
    queue.on('error', (error) => tools.log.warn({ lane, error: String(error) }, 'queue error'))
    return queue
  }
  const queues = {
    reconcile: queueOf('reconcile'),
    acknowledge: queueOf('acknowledge'),
    work: queueOf('work'),
    watch: queueOf('watch'),
  }
  const wakes = createWakes(producer, `${prefix}:wakes`, tools.clock, tools.log)
  const turns = createTurns(producer, `${prefix}:turns`)
  const retry = { ...defaultRetry, ...tools.retry }
  const stopping = new AbortController()
  const workers: { worker: Worker; connection: Redis }[] = []

  const jobOptions: JobsOptions = {
    attempts: retry.attempts,
    backoff: { type: 'exponential', delay: retry.backoffMs },
    removeOnComplete: true,
    removeOnFail: true,
  }
  const queueKey = async (key: string) => {
    // Waiting: dropped. Running: kept and run afterwards. Pausing after a failure: replaced by this one, now.
    const deduplication = { id: digest(key), keepLastIfActive: true, replace: true }
    await queues.reconcile.add('round', { key }, { ...jobOptions, deduplication })
  }

  const runWorker = (
    lane: Lane,
    concurrency: number,
    handle: (job: Job, signal: AbortSignal) => Promise<void>,
  ) => {
    const stalledMs = options.stalledAfterMs ?? defaultStalledMs
    const connection = connectWorker(redisUrl, tools.log, stopping.signal)
    const running = new Map<string, AbortController>()
    const worker = new Worker(
      lane,
      async (job, token) => {
        const own = new AbortController()
        running.set(job.id ?? '', own)
        try {
          const signal = AbortSignal.any([own.signal, stopping.signal])
          await asJob(signal, () => handle(job, signal))
        } catch (error) {
          await failed(lane, job, token, error)
        } finally {
          running.delete(job.id ?? '')
        }
      },
      {
        connection,
        prefix,
        concurrency,
        lockDuration: stalledMs,
        stalledInterval: Math.max(250, Math.round(stalledMs / 4)),
        // A killed worker is no fault of the job; what kills workers every time is given up in the end.
        maxStalledCount: 10,
      },
    )
    worker.on('error', (error) => tools.log.warn({ lane, error: String(error) }, 'worker error'))
    // Another process may run it from now on, so this one must stop.
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) running.get(id)?.abort(new Error('the lock of this job was lost'))
    })
    worker.on('failed', (job, error) => {
      // Other failures were judged in the processor; this one happens to a job whose workers died again and again.
      if (!job || !/stalled more than/.test(error.message)) return
      const { key, item } = job.data as JobData
      giveUp(tools, { lane, key, item: item ?? null, error, reason: 'its worker process died ten times' })
    })
    workers.push({ worker, connection })
  }

  /** Ends by throwing what BullMQ understands, or normally when the job is done with. */
  const failed = async (lane: Lane, job: Job, token: string | undefined, error: unknown): Promise<void> => {
    const outcome = outcomeOf(error, job.attemptsMade + 1, retry)
    const { key, item } = job.data as JobData
    if (stopping.signal.aborted) {
      await job.moveToDelayed(Date.now(), token)
      throw new DelayedError()
    }
    if (outcome.kind === 'giveUp') {
      giveUp(tools, { lane, key, item: item ?? null, error, reason: outcome.reason })
      throw new UnrecoverableError(outcome.reason)
    }
    tools.log.warn({ lane, key, error, afterMs: outcome.afterMs }, 'job failed and will be tried again')
    if (outcome.kind === 'retry') throw error
    if (lane === 'reconcile') return wakes.add(key, tools.clock.nowMs() + outcome.afterMs)
    await job.moveToDelayed(Date.now() + outcome.afterMs, token)
    throw new DelayedError()
  }

  const start = async (handlers: QueueHandlers, concurrency: Record<Lane, number>) => {
    runWorker('reconcile', concurrency.reconcile, async (job, signal) => {
      const { key } = job.data as JobData
      await wakes.forget(key)
      await handlers.reconcile(checkedKey(key), signal)
    })
    runWorker('acknowledge', concurrency.acknowledge, (job, signal) =>
      handlers.acknowledge(Acknowledgement.parse(job.data.item), signal),
    )
    runWorker('work', concurrency.work, async (job, signal) => {
      await turns.started(job.priority)
      await handlers.work(WorkItem.parse(job.data.item), signal)
    })
    runWorker('watch', concurrency.watch, (job, signal) =>
      handlers.work(WorkItem.parse(job.data.item), signal),
    )
    wakes.startPolling(queueKey)
    await Promise.all(workers.map(({ worker }) => worker.waitUntilReady()))
  }

  const depth = async (lane: Lane) => {
    const counts = await queues[lane].getJobCounts('waiting', 'prioritized', 'active')
    return Object.values(counts).reduce((sum, count) => sum + count, 0)
  }
  const depths = () =>
    reaching(async () => {
      const [reconcile = 0, acknowledge = 0, work = 0, watch = 0] = await Promise.all(lanes.map(depth))
      return { reconcile, acknowledge, work, watch }
    })

  return {
    reconcile: (key, { delayMs } = {}) => {
      const delay = checkedDelay(delayMs)
      return reaching(() =>
        delay > 0 ? wakes.add(checkedKey(key), tools.clock.nowMs() + delay) : queueKey(checkedKey(key)),
      )
    },
    acknowledge: async (item) => {
      const key = acknowledgementKey(checkedAcknowledgement(item))
      await reaching(() =>
        queues.acknowledge.add('acknowledge', { key, item }, { ...jobOptions, jobId: `a-${key}` }),
      )
    },
    work: async (key, item) => {
      checkedWork(item)
      await reaching(async () => {
        const jobId = `w-${digest(key)}`
        const lane = laneOf(item)
        if (await queues[lane].getJob(jobId)) return
        const turn = lane === 'work' ? { priority: await turns.take(repositoryOf(item)) } : {}
        await queues[lane].add(lane, { key, item }, { ...jobOptions, jobId, ...turn })
      })
    },
    start,
    depths,
    ping: () => reaching(async () => void (await producer.ping())),
    async idle() {
      for (;;) {
        const now = await depths()
        if (Object.values(now).every((depth) => depth === 0)) return
        await new Promise((resolve) => setTimeout(resolve, pollIdleMs))
      }
    },
    async close(graceMs = 5000) {
      wakes.stop()
      const grace = setTimeout(() => stopping.abort(new Error('the queue is closing')), graceMs)
      // A Redis that is away must not keep the process from ending; jobs that still run are found stalled when it is back.
      const away = producer.status !== 'ready'
      if (away) stopping.abort(new Error('the queue is closing'))
      await Promise.all(
        workers.map(({ worker }) => endsWithin(worker.close(away), graceMs, worker.name as Lane, tools.log)),
      )
      clearTimeout(grace)
      stopping.abort(new Error('the queue is closed'))
      const bound = new Promise((resolve) => setTimeout(resolve, closingBoundMs).unref())
      await Promise.race([Promise.all(lanes.map((lane) => queues[lane].close())), bound])
      for (const { connection } of workers) connection.disconnect()
      producer.disconnect()
    },
  }
}

/** A name without ":" for keys that have them. */
function digest(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 40)
}
