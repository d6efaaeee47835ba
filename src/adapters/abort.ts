/** The end of the job under way, known to whatever the edge does for it: no git process, request or pause outlives its job. */
import { AsyncLocalStorage } from 'node:async_hooks'

const jobs = new AsyncLocalStorage<AbortSignal>()
const endless = new AbortController().signal

/**
 * Run a job. What adapters begin within it (git, requests to GitHub, pauses) ends when the signal aborts.
 *
 * The signal travels beside the ports, which stay free of it: an abort of this kind is the end of the host's process or
 * of its claim on the job, never a decision, and every job can be run again (S7).
 */
export function asJob<T>(signal: AbortSignal, job: () => T): T {
  return jobs.run(signal, job)
}

/** The signal of the job under way; outside of jobs one that never aborts. */
export function jobSignal(): AbortSignal {
  return jobs.getStore() ?? endless
}

/** A signal that aborts with the job under way, and after `ms` at the latest. Throws when the job has ended already. */
export function jobSignalWithin(ms: number): AbortSignal {
  const signal = jobSignal()
  signal.throwIfAborted()
  return AbortSignal.any([signal, AbortSignal.timeout(ms)])
}

/** Bind a function to the job that hands it over, for schedulers that run it on another job's turn. */
export const boundToJob: <F extends (...args: never[]) => unknown>(run: F) => F = AsyncLocalStorage.bind
