/** Structured logs by pino, with every known secret replaced by its value wherever it appears (O5). */
import { type DestinationStream, type Logger, pino } from 'pino'
import type { Log } from '../core/ports.ts'

/** Secrets learned while running (installation tokens) are added; the oldest go first, tokens live one hour. */
const maximumSecrets = 500
/** Shorter values are words, and would blank out ordinary text. */
const shortestSecret = 8

export interface Redactor {
  /** Remember a value that must never be printed. */
  add(secret: string): void
  /** The text with each known secret replaced. */
  clean(text: string): string
}

/** Redaction by known value: new token formats have no fixed length, so patterns alone would miss them (github-facts). */
export function createRedactor(initial: string[] = []): Redactor {
  const secrets = new Set<string>()
  const add = (secret: string) => {
    if (secret.length < shortestSecret) return
    secrets.delete(secret)
    secrets.add(secret)
    // JSON text has newlines escaped: a PEM key would otherwise slip through.
    const escaped = JSON.stringify(secret).slice(1, -1)
    if (escaped !== secret) secrets.add(escaped)
    for (const oldest of secrets) {
      if (secrets.size <= maximumSecrets) break
      secrets.delete(oldest)
    }
  }
  initial.forEach(add)
  return {
    add,
    clean(text) {
      let cleaned = text
      for (const secret of secrets) cleaned = cleaned.replaceAll(secret, '[redacted]')
      return cleaned
    },
  }
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
