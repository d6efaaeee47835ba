/** What a failed request is to the caller, and for how long its account asks nothing more. */
import type { Clock } from '../../core/ports.ts'
import { jobSignal } from '../abort.ts'
import { errorOf, failureOf } from './failures.ts'
import type { Pacing } from './pacing.ts'

/** The error to throw in place of the request library's; one that did not come from a request is given back as it is. */
export type Failing = (account: string, what: string, error: unknown) => unknown

export function createFailing(clock: Clock, pacing: Pacing): Failing {
  return (account, what, error) => {
    // A request that its own job cut short says nothing about GitHub.
    if (jobSignal().aborted) return jobSignal().reason
    const failure = failureOf(error, clock.nowMs())
    if (failure === null) return error
    if (failure.kind === 'limited') pacing.block(account, failure.waitMs, `${what}: ${failure.sentence}`)
    return errorOf(failure, what, error)
  }
}
