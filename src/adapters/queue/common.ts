/** What both queues share: lanes, bounds, and what becomes of a job that failed. */
import { Bug, RetryLater, Terminal } from '../../core/errors.ts'
import { parseKey, type RepositoryName, type SubjectKey } from '../../core/ids.ts'
import type { Clock, Log } from '../../core/ports.ts'
import { Acknowledgement, WorkItem } from '../../core/work.ts'

export type Lane = 'reconcile' | 'acknowledge' | 'work' | 'watch'

/** A job that will not be tried again. `reason` is for the operator; a Terminal error also has its text for the user. */
export interface GivenUp {
  lane: Lane
  /** The subject's key, the work's idempotency key, or `on:commentId`. */
  key: string
  item: WorkItem | Acknowledgement | null
  error: unknown
  reason: string
}

export interface QueueTools {
  clock: Clock
  log: Log
  /** Told once for each job that is dropped; must not throw. */
  onGiveUp?: (given: GivenUp) => void
  retry?: Partial<RetryPolicy>
}

export interface RetryPolicy {
  /** Tries of one job before it is given up; RetryLater does not count. */
  attempts: number
  /** Pause after the first failure, in milliseconds; it doubles each time. */
  backoffMs: number
}

export const defaultRetry: RetryPolicy = { attempts: 5, backoffMs: 1000 }

/** Bounds: beyond them the caller gets RetryLater (the webhook is answered with 503) or a Bug. */
export const maximumWaiting = 100_000
const maximumItemBytes = 4_000_000
const longestDelayMs = 30 * 24 * 3600 * 1000
const shortestLaterMs = 50
const longestBackoffMs = 60_000
/** How long a job that was aborted may take to notice. */
const endingBoundMs = 3000

/** What to do about a rejected handler. */
export type Outcome = { kind: 'later' | 'retry'; afterMs: number } | { kind: 'giveUp'; reason: string }

/** @param attempt 1 for the first try. */
export function outcomeOf(error: unknown, attempt: number, retry: RetryPolicy): Outcome {
  if (error instanceof RetryLater) {
    return { kind: 'later', afterMs: Math.min(Math.max(error.retryAfterMs, shortestLaterMs), longestDelayMs) }
  }
  const text = error instanceof Error ? error.message : String(error)
  if (error instanceof Terminal) return { kind: 'giveUp', reason: text }
  if (attempt >= retry.attempts)
    return { kind: 'giveUp', reason: `failed ${attempt} times, last with: ${text}` }
  return { kind: 'retry', afterMs: Math.min(retry.backoffMs * 2 ** (attempt - 1), longestBackoffMs) }
}

/** A key as given, or a Bug. */
export function checkedKey(key: SubjectKey): SubjectKey {
  if (!parseKey(key)) throw new Bug(`not a subject key: ${JSON.stringify(key.slice(0, 400))}`)
  return key
}

/** A delay in milliseconds, 0 when none was asked for. */
export function checkedDelay(delayMs: number | undefined): number {
  return Math.min(Math.max(delayMs ?? 0, 0), longestDelayMs)
}

/** What looks after a deployment is brief and must not wait behind model sessions (R3, R4). */
export function laneOf(item: WorkItem): 'work' | 'watch' {
  if (item.kind === 'alert') return 'watch'
  const measures = item.kind === 'collect' && ['sample', 'baseline', 'probes'].includes(item.request.kind)
  return measures ? 'watch' : 'work'
}

/** Work that fits its schema and its bound; a Bug otherwise, since only our own code makes it. */
export function checkedWork(item: WorkItem): WorkItem {
  const parsed = WorkItem.safeParse(item)
  if (!parsed.success) throw new Bug(`not a work item: ${parsed.error.message}`, { cause: parsed.error })
  if (JSON.stringify(item).length > maximumItemBytes)
    throw new Bug(`a work item over ${maximumItemBytes} characters`)
  return parsed.data
}

export function checkedAcknowledgement(item: Acknowledgement): Acknowledgement {
  return Acknowledgement.parse(item)
}

export function acknowledgementKey(item: Acknowledgement): string {
  return `${item.on}-${item.commentId}`
}

/** The repository whose turn a work item takes. */
export function repositoryOf(item: WorkItem): RepositoryName {
  return item.kind === 'collect' ? item.repository : (parseKey(item.subject)?.repository ?? item.subject)
}

/**
 * Resolves when the jobs of a closing lane have ended, at the latest a moment after they were told to. One that does not
 * listen is left behind, as a crash would leave it: every job can be run again (S7). That is a defect, and the log says so.
 */
export async function endsWithin(
  ended: Promise<unknown>,
  graceMs: number,
  lane: Lane,
  log: Log,
): Promise<void> {
  let bound: NodeJS.Timeout | undefined
  const leaving = new Promise<'left'>((resolve) => {
    bound = setTimeout(() => resolve('left'), graceMs + endingBoundMs)
  })
  if ((await Promise.race([ended, leaving])) === 'left')
    log.error({ lane }, 'a job did not end when it was told to, and is left behind')
  clearTimeout(bound)
}

/** Log and tell that a job is dropped. */
export function giveUp({ log, onGiveUp }: QueueTools, given: GivenUp): void {
  log.error({ lane: given.lane, key: given.key, error: given.error }, `job given up: ${given.reason}`)
  onGiveUp?.(given)
}
