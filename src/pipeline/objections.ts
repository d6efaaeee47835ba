/** What stood against the attempts of a phase: how the resumed session reads it, and when it has come back (P3). */
import { digestOf } from '../core/digest.ts'
import type { Attempt } from './attempts.ts'

/** Who objected: the deterministic checks, the validator, the review session, a person, or the session's own end. */
export type Objector = 'code' | 'validator' | 'review' | 'person' | 'session'

export interface Objection {
  by: Objector
  text: string
}

/** Each objector in a sentence that begins with `From`. */
export const objectorNames: Record<Objector, string> = {
  code: 'the checks that code runs',
  validator: 'the session that validates',
  review: 'the session that reviews the finished change',
  person: 'a person',
  session: 'how the session ended',
}

/** What stood against an attempt: why its session failed, and what was objected to its deliverable. */
export function objectionsTo(attempt: Attempt): Objection[] {
  const outcome = attempt.ended?.outcome
  return outcome?.kind === 'failed'
    ? [{ by: 'session', text: outcome.reason }, ...attempt.objections]
    : attempt.objections
}

/** Characters for the newest attempt's objections together and for those of all others: a fenced input holds both. */
const newestTogether = 36_000
const olderTogether = 16_000

/**
 * Every objection so far, numbered and quoted, as the resumed session reads it. The newest attempt comes first and
 * whole; what is older stands in full further up in the same conversation and is shortened here.
 */
export function objectionsText(attempts: readonly Attempt[]): string {
  const told = attempts.map((one) => ({ attempt: one.attempt, all: objectionsTo(one) })).reverse()
  const [newest, ...rest] = told.filter(({ all }) => all.length > 0)
  const older = rest.reduce((sum, { all }) => sum + all.length, 0)
  let number = 0
  const lines = [...(newest ? [newest] : []), ...rest].flatMap(({ attempt, all }, index) => {
    const most =
      index === 0
        ? share(newestTogether, all.length, { least: 600, most: 4000 })
        : share(olderTogether, older, { least: 200, most: 1000 })
    return [
      '',
      `Attempt ${attempt}`,
      ...all.flatMap(({ by, text }) => {
        number += 1
        return [`${number}. From ${objectorNames[by]}:`, quoted(text, most)]
      }),
    ]
  })
  return [
    'Your deliverable was not accepted. These are the objections to all attempts so far, the newest attempt first; settle every one and hand in again.',
    ...lines,
  ].join('\n')
}

function share(together: number, count: number, { least, most }: { least: number; most: number }): number {
  return Math.max(least, Math.min(most, Math.floor(together / Math.max(1, count))))
}

function quoted(text: string, most: number): string {
  const cut = text.length > most ? `${text.slice(0, most)} (cut)` : text
  return cut
    .split('\n')
    .map((line) => `   > ${line}`)
    .join('\n')
}

/** Why another attempt would not help: what was objected to the last one was all objected before (also A, B, A). */
export function cameBack(tried: readonly Attempt[]): boolean {
  const prints = tried.map((one) => digestOf(objectionsTo(one).map(fingerprint).sort()))
  const last = prints.at(-1)
  return last !== undefined && prints.slice(0, -1).includes(last)
}

/** What differs between two runs of the same failure: times, durations, addresses, temporary names, white space. */
const volatile: readonly RegExp[] = [
  /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g,
  /\b\d\d:\d\d:\d\d(?:\.\d+)?\b/g,
  /\bduration(?:_ms)?\b["']?[:= ]*\d+(?:\.\d+)?/gi,
  /\b\d+(?:\.\d+)?\s*(?:ms|µs|us|ns|s|sec|seconds?|minutes?)\b/gi,
  /\b0x[0-9a-f]+\b/gi,
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
  /\/tmp\/[^\s'")]*/g,
  /\bpid[:= ]*\d+/gi,
]

function fingerprint({ text }: Objection): string {
  return volatile
    .reduce((rest, pattern) => rest.replace(pattern, '#'), text)
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase()
}
