/** Structured logs by pino, with every known secret replaced by its value wherever it appears (O5). */
import { type DestinationStream, type Logger, pino } from 'pino'
import type { Log } from '../core/ports.ts'

/**
 * Secrets learned while running (installation tokens, tokens of viewers) that are remembered: as many as tokens are kept
 * (`tokensKept`). The oldest go first, since they live for hours only; the operator's own secrets never go.
 */
const maximumLearned = 5000
/** Shorter values are words, and would blank out ordinary text. */
const shortestSecret = 8
/** In what goes to GitHub a blanked word would rename checks and markers, and a key such as `lm-studio` is none. */
const shortestOutgoing = 16

export interface Redactor {
  /** Remember a value that must never be printed. */
  add(secret: string): void
  /** The text with each known secret replaced, also where it is percent-encoded or in base64. */
  clean(text: string): string
  /** The same for a text that is about to leave (T28): only of what is too long to be a word. */
  outgoing(text: string): string
}

/**
 * Redaction by known value: new token formats have no fixed length, so patterns alone would miss them (github-facts).
 *
 * @param own secrets that hold for as long as the process runs, whatever others make it learn.
 */
export function createRedactor(own: readonly string[] = []): Redactor {
  const lasting = new Set(own)
  const learned = new Set<string>()
  /** By how they begin, so that a text is read once however many secrets are known. */
  const byStart = new Map<string, Map<string, Form>>()
  const remember = (secret: string) => {
    for (const form of formsOf(secret)) {
      const start = form.written.slice(0, shortestSecret)
      const alike = byStart.get(start) ?? new Map<string, Form>()
      byStart.set(start, alike.set(form.written, form))
    }
  }
  const forget = (secret: string) => {
    for (const { written } of formsOf(secret)) {
      const start = written.slice(0, shortestSecret)
      const alike = byStart.get(start)
      alike?.delete(written)
      if (alike?.size === 0) byStart.delete(start)
    }
  }
  lasting.forEach(remember)
  const without = (text: string, shortest: number) => {
    let cleaned = ''
    let from = 0
    for (let at = 0; at + shortestSecret <= text.length; at++) {
      const alike = byStart.get(text.slice(at, at + shortestSecret))
      const longest = Math.max(0, ...lengthsAt(text, at, alike, shortest))
      if (longest === 0) continue
      cleaned += `${text.slice(from, at)}[redacted]`
      from = at + longest
      at = from - 1
    }
    return cleaned + text.slice(from)
  }
  return {
    add(secret) {
      if (secret.length < shortestSecret || lasting.has(secret)) return
      if (!learned.delete(secret)) remember(secret)
      learned.add(secret)
      const [oldest] = learned
      if (learned.size <= maximumLearned || oldest === undefined) return
      learned.delete(oldest)
      forget(oldest)
    },
    clean: (text) => without(text, shortestSecret),
    outgoing: (text) => without(text, shortestOutgoing),
  }
}

/** One way in which a secret of this length may be written. */
interface Form {
  written: string
  length: number
}

/** How long each form is that stands at this place. */
function lengthsAt(text: string, at: number, forms: Map<string, Form> | undefined, shortest: number) {
  return [...(forms?.values() ?? [])]
    .filter(({ written, length }) => length >= shortest && text.startsWith(written, at))
    .map(({ written }) => written.length)
}

/** A secret as it may be written; a word has no forms. */
function formsOf(secret: string): Form[] {
  if (secret.length < shortestSecret) return []
  const written = [
    secret,
    // JSON text has newlines escaped: a PEM key would otherwise slip through.
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  ]
  return [...new Set(written)].map((form) => ({ written: form, length: secret.length }))
}

/** An Error under `error` is written with its message, stack and cause; pino does so only for `err`. */
const serializers = {
  error: (value: unknown) => (value instanceof Error ? pino.stdSerializers.err(value) : value),
}

/** A log that writes one JSON object a line to `destination` (standard output by default). */
export function createLog(
  level: string,
  redactor: Redactor,
  destination: DestinationStream = process.stdout,
): Log {
  const cleaning: DestinationStream = { write: (line) => destination.write(redactor.clean(line)) }
  return wrap(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers }, cleaning))
}

function wrap(logger: Logger): Log {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (bindings) => wrap(logger.child(bindings)),
  }
}

/** A log that keeps nothing, for tests that look at the world instead. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
}
