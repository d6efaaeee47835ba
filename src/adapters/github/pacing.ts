/** Pacing: how many requests are under way and how many content writes were made, per account (github-facts). */
import PQueue from 'p-queue'
import { RetryLater } from '../../core/errors.ts'
import type { Clock } from '../../core/ports.ts'
import { boundToJob, jobSignal } from '../abort.ts'

/** GitHub allows 100 at once for an App; two processes and git share them. */
const readsAtOnce = 20
const writesAtOnce = 4
/** Beside the writes of rounds: what tells a person that they were heard waits for none of them. */
const acknowledgementsAtOnce = 2
const minuteMs = 60_000
const hourMs = 3_600_000
/** GitHub's bounds on requests that create content. */
export const writesPerMinute = 80
export const writesPerHour = 500
/** Of these, kept for what has to be said: once no more are left, nobody gets a sign that they were heard. */
export const keptFromAcknowledgements = 100
/** Deployments and what is said of them: few, and never behind the writes that only inform. */
const urgentAtOnce = 4
/** Longer waits are left to the queue. */
const longestWaitMs = 2000
const accountsKept = 1000

export interface Pacing {
  read<T>(account: string, run: () => Promise<T>): Promise<T>
  /** Waits a moment for its turn; a longer wait is RetryLater, so that nobody holds a round, or the end of the process, up. */
  write<T>(account: string, run: () => Promise<T>): Promise<T>
  /**
   * A small write that says a person was heard: counted like any other, and queued behind none. It comes after all others when
   * the hour's writes run out, so that comments of outsiders cost no check run its verdict (O6).
   */
  acknowledge<T>(account: string, run: () => Promise<T>): Promise<T>
  /** A write that a rollback may depend on (R4): counted like any other, and held back by GitHub's own answer only. */
  urgent<T>(account: string, run: () => Promise<T>): Promise<T>
  /** Refuse everything of this account until then, without asking GitHub. */
  block(account: string, waitMs: number, why: string): void
}

interface Account {
  /** When each content write of the last hour was made, oldest first. */
  writesMs: number[]
  blockedUntilMs: number
  why: string
}

export function createPacing(clock: Clock): Pacing {
  const reads = new PQueue({ concurrency: readsAtOnce })
  const writes = new PQueue({ concurrency: writesAtOnce })
  const acknowledgements = new PQueue({ concurrency: acknowledgementsAtOnce })
  const urgent = new PQueue({ concurrency: urgentAtOnce })
  const accounts = new Map<string, Account>()

  function of(name: string): Account {
    const known = accounts.get(name)
    if (known) return known
    const account: Account = { writesMs: [], blockedUntilMs: 0, why: '' }
    accounts.set(name, account)
    if (accounts.size > accountsKept) accounts.delete(accounts.keys().next().value as string)
    return account
  }

  function refuseWhileBlocked(name: string): void {
    const account = of(name)
    const waitMs = account.blockedUntilMs - clock.nowMs()
    if (waitMs > 0) throw new RetryLater(account.why, waitMs)
  }

  /** Take a place in the window of the last minute. The place is taken before waiting, so two never share one. */
  async function takeTurn(name: string, ofHour: number): Promise<void> {
    const { writesMs } = of(name)
    const nowMs = clock.nowMs()
    while (writesMs.length > 0 && (writesMs[0] as number) <= nowMs - hourMs) writesMs.shift()
    if (writesMs.length >= ofHour) {
      const waitMs = (writesMs[0] as number) + hourMs - nowMs
      throw new RetryLater(
        `${name} has used ${ofHour} of GitHub's ${writesPerHour} content writes of this hour`,
        waitMs,
      )
    }
    const earlier = writesMs[writesMs.length - writesPerMinute]
    const turnMs = earlier === undefined ? nowMs : Math.max(nowMs, earlier + minuteMs)
    if (turnMs - nowMs > longestWaitMs)
      throw new RetryLater(
        `${name} has used GitHub's ${writesPerMinute} content writes of this minute`,
        turnMs - nowMs,
      )
    writesMs.push(turnMs)
    if (turnMs > nowMs) await clock.sleep(turnMs - nowMs, jobSignal())
  }

  async function inTurn<T>(name: string, run: () => Promise<T>, ofHour = writesPerHour): Promise<T> {
    refuseWhileBlocked(name)
    await takeTurn(name, ofHour)
    return run()
  }

  return {
    read: (name, run) =>
      reads.add(
        boundToJob(async () => {
          refuseWhileBlocked(name)
          return run()
        }),
      ),
    write: (name, run) => writes.add(boundToJob(() => inTurn(name, run))),
    acknowledge: (name, run) =>
      acknowledgements.add(boundToJob(() => inTurn(name, run, writesPerHour - keptFromAcknowledgements))),
    urgent: (name, run) =>
      urgent.add(
        boundToJob(async () => {
          refuseWhileBlocked(name)
          of(name).writesMs.push(clock.nowMs())
          return run()
        }),
      ),
    block(name, waitMs, why) {
      const account = of(name)
      account.blockedUntilMs = Math.max(account.blockedUntilMs, clock.nowMs() + waitMs)
      account.why = why
    },
  }
}
