/** The embedded queue: one process, nothing kept; the ledger and the sweep bring keys back after a restart (T34). */
import { RetryLater } from '../../../core/errors.ts'
import type { SubjectKey } from '../../../core/ids.ts'
import type { Queue } from '../../../core/ports.ts'
import type { Acknowledgement, WorkItem } from '../../../core/work.ts'
import {
  acknowledgementKey,
  checkedAcknowledgement,
  checkedDelay,
  checkedKey,
  checkedWork,
  laneOf,
  type QueueTools,
  repositoryOf,
} from '../common.ts'
import { createLane } from './lane.ts'

/** A queue inside this process, on p-queue. */
export function inProcessQueue(tools: QueueTools): Queue {
  const rounds = createLane<SubjectKey>(
    { lane: 'reconcile', runsAgain: true, repositoryOf: () => '', describe: () => null },
    tools,
  )
  const acknowledgements = createLane<Acknowledgement>(
    { lane: 'acknowledge', runsAgain: false, repositoryOf: () => '', describe: (item) => item },
    tools,
  )
  const work = createLane<WorkItem>(
    { lane: 'work', runsAgain: false, repositoryOf, describe: (item) => item },
    tools,
  )
  const watch = createLane<WorkItem>(
    { lane: 'watch', runsAgain: false, repositoryOf, describe: (item) => item },
    tools,
  )
  const lanes = [rounds, acknowledgements, work, watch]
  let closed = false
  const refuseWhenClosed = () => {
    if (closed) throw new RetryLater('the queue is closed', 1000)
  }

  return {
    async reconcile(key, options = {}) {
      refuseWhenClosed()
      rounds.request(checkedKey(key), key, checkedDelay(options.delayMs))
    },
    async acknowledge(item) {
      refuseWhenClosed()
      acknowledgements.request(acknowledgementKey(item), checkedAcknowledgement(item), 0)
    },
    async work(key, item) {
      refuseWhenClosed()
      const lane = laneOf(item) === 'watch' ? watch : work
      lane.request(key, checkedWork(item), 0)
    },
    async start(handlers, concurrency) {
      rounds.start(handlers.reconcile, concurrency.reconcile)
      acknowledgements.start(handlers.acknowledge, concurrency.acknowledge)
      work.start(handlers.work, concurrency.work)
      watch.start(handlers.work, concurrency.watch)
    },
    async depths() {
      return {
        reconcile: rounds.depth(),
        acknowledge: acknowledgements.depth(),
        work: work.depth(),
        watch: watch.depth(),
      }
    },
    async ping() {
      refuseWhenClosed()
    },
    async idle() {
      // Work queues rounds and rounds queue work: idle is when all are at once.
      while (lanes.some((lane) => lane.depth() > 0)) await Promise.all(lanes.map((lane) => lane.idle()))
    },
    async close(graceMs = 5000) {
      await Promise.all(lanes.map((lane) => lane.close(graceMs)))
      closed = true
    },
  }
}
