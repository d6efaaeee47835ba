/** `npm start`: refuses with one message, opens the set-up page, or runs the App until it is told to stop. */
import { openSetUp } from './adapters/setUp.ts'
import { start } from './connect.ts'
import { readEnvironment } from './environment.ts'

async function main(): Promise<void> {
  const reading = readEnvironment(process.env)
  switch (reading.kind) {
    case 'refused':
      process.stderr.write(`${reading.message}\n`)
      process.exitCode = 1
      return
    case 'setUp':
      // Webhooks must not pass through a relay of a third party.
      process.env['NO_SMEE_SETUP'] = 'true'
      await openSetUp(process.env)
      return
    case 'ready': {
      const running = await start(reading.environment)
      const stop = () => {
        // BullMQ's own timers outlive its close; nothing of ours is left to do.
        running.stop().then(
          () => process.exit(0),
          (error: unknown) => {
            process.stderr.write(`Countersign did not stop cleanly: ${error}\n`)
            process.exit(1)
          },
        )
      }
      process.once('SIGINT', stop)
      process.once('SIGTERM', stop)
    }
  }
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    process.stderr.write(`Countersign does not start: ${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  })
}
