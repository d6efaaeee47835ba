/** A worker process that starts every job and ends none, to be killed. */
import { systemClock } from '../../../src/adapters/clock.ts'
import { silentLog } from '../../../src/adapters/log.ts'
import { bullQueue } from '../../../src/adapters/queue/bull/queue.ts'

const [redisUrl, prefix] = process.argv.slice(2)
if (!redisUrl || !prefix) throw new Error('usage: worker.ts REDIS_URL PREFIX')
const queue = await bullQueue(
  { redisUrl, prefix, stalledAfterMs: 1000 },
  { clock: systemClock, log: silentLog },
)
const begin = (name: string) => {
  process.stdout.write(`${name}\n`)
  return new Promise<void>(() => undefined)
}
await queue.start(
  {
    reconcile: (key) => begin(key),
    acknowledge: (item) => begin(`comment ${item.commentId}`),
    work: (item) => begin(item.kind),
  },
  { reconcile: 2, acknowledge: 1, work: 1, watch: 1 },
)
