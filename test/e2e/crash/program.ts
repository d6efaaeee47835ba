/** The App as a process of its own on the clock of its stage: loaded at once, started when it is told its environment. */
import { createClock } from '../../../src/adapters/clock.ts'
import { start } from '../../../src/connect.ts'
import { readEnvironment } from '../../../src/environment.ts'
import { ledgerTemplate } from '../../support/ledger.ts'

/** What the App waits for passes ten times as fast. */
export const speed = 10

export interface Told {
  environment: Record<string, string>
  /** When the clock of the stage was started. */
  startedMs: number
}

process.once('message', async ({ environment, startedMs }: Told) => {
  const reading = readEnvironment(environment)
  if (reading.kind !== 'ready') throw new Error(`it is not ready to start: ${JSON.stringify(reading)}`)
  const running = await start(reading.environment, {
    clock: createClock(speed, startedMs),
    ledgerTemplate,
  })
  process.once('SIGTERM', () => void running.stop().then(() => process.exit(0)))
  process.send?.(running.url)
})
// Whoever forked it is gone.
process.once('disconnect', () => process.exit(1))
