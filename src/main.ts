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
    case 'setUp': {
      // The page hands out whatever is entered on it, so it never opens by itself where it might be reached by others.
      if (process.env['NODE_ENV'] === 'production')
        throw new Error(
          'no GitHub App is configured. Set APP_ID, PRIVATE_KEY (or PRIVATE_KEY_PATH) and WEBHOOK_SECRET; the set-up page ' +
            'that creates an App opens only without NODE_ENV=production.',
        )
      // Webhooks must not pass through a relay of a third party.
      process.env['NO_SMEE_SETUP'] = 'true'
      const page = await openSetUp(process.env)
      stopOnSignal(page.stop)
      return
    }
    case 'ready': {
      const running = await start(reading.environment)
      stopOnSignal(running.stop)
      // For the person at the terminal; the log says it in its own form.
      if (process.stdout.isTTY) process.stderr.write(`Countersign listens at ${running.url}\n`)
    }
  }
}

/** End once, and cleanly: the exit code says whether it was. */
function stopOnSignal(stop: () => Promise<void>): void {
  let stopping = false
  const end = () => {
    if (stopping) return
    stopping = true
    // BullMQ's own timers outlive its close; nothing of ours is left to do.
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`Countersign did not stop cleanly: ${error}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    process.stderr.write(`Countersign does not start: ${why}\n`)
    process.exit(1)
  })
}
