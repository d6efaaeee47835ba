/** The App of the benches of memory and rollouts, in a process of its own, so that the stand-ins are not counted as the App's. */
import { setTimeout as sleep } from 'node:timers/promises'
import { silentLog } from '../src/adapters/log.ts'
import { start } from '../src/connect.ts'
import { type FactKind, factsOf } from '../src/core/facts.ts'
import { readEnvironment } from '../src/environment.ts'

/** What the App's process says about itself after a collection of garbage. */
export interface Memory {
  rss: number
  heapUsed: number
  external: number
  /** Processor time since the start, in microseconds. */
  cpuMicros: number
}

/** `measure` is answered with Memory; a kind of fact with the number of environments that have one. */
export type Question = 'measure' | FactKind

const reading = readEnvironment(process.env)
if (reading.kind !== 'ready') throw new Error(reading.kind === 'refused' ? reading.message : 'no credentials')
const app = await start(reading.environment, { log: silentLog })
process.send?.(app.url)
process.on(
  'message',
  async (question: Question) =>
    void process.send?.(question === 'measure' ? await measure() : await count(question)),
)

async function measure(): Promise<Memory> {
  const { user, system } = process.cpuUsage()
  // Twice with a pause: finalizers of the first collection free what the second finds.
  for (let time = 0; time < 2; time++) {
    globalThis.gc?.()
    await sleep(200)
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, heapUsed, external, cpuMicros: user + system }
}

async function count(kind: FactKind): Promise<number> {
  const keys = await app.ledger.subjects({ prefix: 'rollout:' })
  const all = await Promise.all(keys.map((key) => app.ledger.facts(key)))
  return all.filter((facts) => factsOf(facts, kind).length > 0).length
}
