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
  const forms = new Map<string, string[]>()
  for (const secret of lasting) forms.set(secret, formsOf(secret))
  const without = (text: string, shortest: number) => {
    let cleaned = text
    for (const [secret, written] of forms) {
      if (secret.length < shortest) continue
      // Looking first costs a fifth of replacing what is seldom there.
      for (const form of written) if (cleaned.includes(form)) cleaned = cleaned.replaceAll(form, '[redacted]')
    }
    return cleaned
  }
  return {
    add(secret) {
      if (lasting.has(secret)) return
      learned.delete(secret)
      learned.add(secret)
      if (!forms.has(secret)) forms.set(secret, formsOf(secret))
      const [oldest] = learned
      if (learned.size <= maximumLearned || oldest === undefined) return
      learned.delete(oldest)
      forms.delete(oldest)
    },
    clean: (text) => without(text, shortestSecret),
    outgoing: (text) => without(text, shortestOutgoing),
  }
}

/** A secret as it may be written. */
function formsOf(secret: string): string[] {
  return [
    ...new Set([
      secret,
      // JSON text has newlines escaped: a PEM key would otherwise slip through.
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    ]),
  ]
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
