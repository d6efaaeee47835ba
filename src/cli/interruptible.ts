/** Commands that leave something on disk while they run, and must take it along when somebody ends them. */
import { asJob } from '../adapters/abort.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/**
 * Run as one job that Ctrl-C ends: its git processes and requests end, and its clean-up runs.
 *
 * @returns what it returns, or the exit code that a shell expects of a program ended by that signal.
 */
export async function interruptible(
  run: () => Promise<number>,
  err: (text: string) => void,
): Promise<number> {
  const ended = new AbortController()
  let by: (typeof signals)[number] | null = null
  const end = (signal: NodeJS.Signals) => {
    by = signals.find((one) => one === signal) ?? 'SIGTERM'
    ended.abort()
  }
  for (const signal of signals) process.on(signal, end)
  try {
    return await asJob(ended.signal, run)
  } catch (error) {
    if (by === null) throw error
    err('It was ended before it was done; nothing is left behind.\n')
    return exitCodes[by]
  } finally {
    for (const signal of signals) process.off(signal, end)
  }
}
