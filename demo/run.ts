/** `npm run demo`: the main journey on 127.0.0.1, every part real but GitHub and the model, which are stand-ins. */
import { readOptions, usage } from './options.ts'
import { play } from './play.ts'

/** A second Ctrl-C ends at once; npm and its launcher pass the first one on, so that it arrives more than once. */
const patienceMs = 1000

async function main(): Promise<number> {
  const reading = readOptions(process.argv.slice(2), process.env['ANTHROPIC_API_KEY'])
  if (reading.kind === 'help') {
    process.stdout.write(usage)
    return 0
  }
  if (reading.kind === 'wrong') {
    process.stderr.write(`${reading.why}\n\n${usage}`)
    return 2
  }
  const interrupt = new AbortController()
  let firstMs: number | undefined
  const stop = () => {
    firstMs ??= Date.now()
    interrupt.abort()
    if (Date.now() - firstMs > patienceMs) process.exit(130)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  const code = await play(reading.options, {
    out: process.stdout,
    err: process.stderr,
    colour: process.stdout.isTTY === true && !process.env['NO_COLOR'],
    signal: interrupt.signal,
  })
  // The interrupted step still waits for what will never come.
  if (interrupt.signal.aborted) process.exit(code)
  return code
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`The demo could not be played: ${error instanceof Error ? error.message : error}\n`)
  return 1
})
