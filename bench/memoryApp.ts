/** The App of the memory bench, in a process of its own, so that the stand-ins' memory is not counted as the App's. */
import { setTimeout as sleep } from 'node:timers/promises'
import { silentLog } from '../src/adapters/log.ts'
import { start } from '../src/connect.ts'
import { readEnvironment } from '../src/environment.ts'
import type { Memory } from './memory.ts'

const reading = readEnvironment(process.env)
if (reading.kind !== 'ready') throw new Error(reading.kind === 'refused' ? reading.message : 'no credentials')
const app = await start(reading.environment, { log: silentLog })
process.send?.(app.url)
process.on('message', async () => {
  // Twice with a pause: finalizers of the first collection free what the second finds.
  for (let time = 0; time < 2; time++) {
    globalThis.gc?.()
    await sleep(200)
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  const memory: Memory = { rss, heapUsed, external }
  process.send?.(memory)
})
