/** What GitHub's refusals mean: wait and try again, or a refusal with its status and a sentence for people. */
import { z } from 'zod'
import { RetryLater, Terminal } from '../../core/errors.ts'
import type { Found } from '../../core/ports.ts'

/** GitHub said no, and asking again will not help. The port methods catch the statuses that are answers to them. */
export class GitHubRefusal extends Terminal {
  readonly status: number
  /** GitHub's own words. */
  readonly words: string
  constructor(status: number, words: string, forUser: string, options?: ErrorOptions) {
    super(`GitHub answered ${status}: ${words}`, forUser, options)
    this.status = status
    this.words = words
  }
}

/** The request library's error, as far as we read it. `response` is absent when the connection broke. */
const HttpError = z.object({
  name: z.literal('HttpError'),
  status: z.number(),
  message: z.string(),
  response: z
    .object({
      headers: z.record(z.string(), z.union([z.string(), z.number(), z.undefined()])),
      data: z.unknown(),
    })
    .optional(),
})
type HttpError = z.infer<typeof HttpError>

/** Wait after a secondary limit that names no time (GitHub asks for at least a minute). */
const secondaryWaitMs = 60_000
/** Wait after a 5xx or a broken connection. */
const outageWaitMs = 10_000
/** Longest wait that is believed: the primary limit renews within an hour. */
const maximumWaitMs = 3_600_000

export type Failure =
  | { kind: 'limited'; waitMs: number; sentence: string }
  | { kind: 'outage'; waitMs: number; sentence: string }
  | { kind: 'credentials'; words: string }
  | { kind: 'refused'; status: number; words: string }

/**
 * Sort an error of the request library.
 *
 * @param nowMs used for the primary limit's reset time only when the answer carries no `date` header: GitHub's clock
 *   and ours need not agree.
 * @returns null when the error did not come from a request.
 */
export function failureOf(error: unknown, nowMs: number): Failure | null {
  const parsed = HttpError.safeParse(error)
  if (!parsed.success) return null
  const { status, response } = parsed.data
  const headers = response?.headers ?? {}
  const words = wordsOf(parsed.data)
  if (response === undefined || status >= 500) {
    const waitMs = retryAfterMs(headers['retry-after']) ?? outageWaitMs
    return { kind: 'outage', waitMs, sentence: `GitHub did not answer (${words})` }
  }
  if (status === 401) return { kind: 'credentials', words }
  if (status === 403 || status === 429) {
    const waitMs = limitWaitMs(status, headers, words, nowMs)
    if (waitMs !== null)
      return { kind: 'limited', waitMs, sentence: `GitHub's rate limit was reached (${words})` }
  }
  return { kind: 'refused', status, words }
}

function limitWaitMs(
  status: number,
  headers: Record<string, string | number | undefined>,
  words: string,
  nowMs: number,
): number | null {
  const told = retryAfterMs(headers['retry-after'])
  if (told !== null) return told
  if (String(headers['x-ratelimit-remaining']) === '0') {
    const githubNowMs = Date.parse(String(headers['date'] ?? '')) || nowMs
    const waitMs = Number(headers['x-ratelimit-reset']) * 1000 - githubNowMs
    return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 1000), maximumWaitMs) : secondaryWaitMs
  }
  return status === 429 || /secondary rate limit|abuse detection/i.test(words) ? secondaryWaitMs : null
}

/** `retry-after` in milliseconds; only seconds are used by GitHub. */
function retryAfterMs(header: string | number | undefined): number | null {
  const seconds = Number(header)
  if (header === undefined || !Number.isFinite(seconds) || seconds < 0) return null
  return Math.min(Math.max(seconds * 1000, 1000), maximumWaitMs)
}

/** GitHub's sentence without the URL that the library adds, with the first field errors, bounded. */
function wordsOf(error: HttpError): string {
  const data = error.response?.data
  const message =
    typeof data === 'object' && data !== null && 'message' in data ? String(data.message) : error.message
  const errors = typeof data === 'object' && data !== null && 'errors' in data ? data.errors : undefined
  const details = errors === undefined ? '' : ` ${JSON.stringify(errors)}`
  return `${message}${details}`.slice(0, 500)
}

/** The error to throw for a failure that no retry inside the adapter can mend. */
export function errorOf(failure: Failure, what: string, cause: unknown): RetryLater | GitHubRefusal {
  switch (failure.kind) {
    case 'limited':
    case 'outage':
      return new RetryLater(`${what}: ${failure.sentence}`, failure.waitMs, { cause })
    case 'credentials':
      return new GitHubRefusal(
        401,
        failure.words,
        `GitHub does not accept this App's key for "${what}": ${failure.words}. The operator must check APP_ID and ` +
          'PRIVATE_KEY, and the clock of the host.',
        { cause },
      )
    case 'refused':
      return new GitHubRefusal(failure.status, failure.words, refusalSentence(failure, what), { cause })
    default:
      return failure satisfies never
  }
}

function refusalSentence(failure: { status: number; words: string }, what: string): string {
  const remedy =
    failure.status === 403
      ? "An owner must grant the permission in the App's installation settings, or lift the rule that forbids it."
      : 'The operator finds the request in the log.'
  return `GitHub refused "${what}" with ${failure.status}: ${failure.words}. ${remedy}`
}

/** Turn a 404 (or 410, or 451) into "not found": GitHub does not tell missing from invisible (T44). */
export async function absentOn404<T>(answer: Promise<T>): Promise<Found<T>> {
  try {
    return { found: true, value: await answer }
  } catch (error) {
    if (error instanceof GitHubRefusal && [404, 410, 451].includes(error.status)) return { found: false }
    throw error
  }
}
