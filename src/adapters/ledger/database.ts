/** A database as the ledger needs it: Drizzle over PGlite or over a pool of PostgreSQL connections, with errors classified. */
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { Bug, RetryLater, Terminal } from '../../core/errors.ts'

export interface Database {
  /** Drizzle's common ground of both drivers. */
  db: PgDatabase<PgQueryResultHKT>
  ping(): Promise<void>
  close(): Promise<void>
}

const retryAfterMs = 1000

/** Class 08 is a lost connection, 57P0x a server that stops or starts, 53 a server out of resources, 40 a deadlock or the like. */
const passingStates = /^(08|57P0|53|40|25006)/
const passingCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
])

/** Run database work; a backend that is away becomes RetryLater, so that the front door answers 503 and rounds run again. */
export async function reaching<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RetryLater || error instanceof Terminal || error instanceof Bug) throw error
    const passing = awayBy(error)
    if (passing) {
      throw new RetryLater(
        `the ledger's database does not answer: ${passing.message || passing.code}`,
        retryAfterMs,
        {
          cause: error,
        },
      )
    }
    throw error
  }
}

/** What says that the backend is away or out of breath, rather than that it refuses this very statement. */
export const awayBy = (error: unknown): Cause | undefined => causesOf(error).find(isPassing)

/** What of an error matters here. Told by shape: errors of Node's core may come from another realm than ours. */
interface Cause {
  code: string
  message: string
}

/** Drizzle wraps the driver's error; a connection tried over IPv4 and IPv6 comes as an AggregateError. */
function causesOf(error: unknown): Cause[] {
  const causes: Cause[] = []
  const waiting = [error]
  while (waiting.length > 0 && causes.length < 10) {
    const at = waiting.shift()
    if (typeof at !== 'object' || at === null) continue
    const { code, message, cause, errors } = at as Record<string, unknown>
    causes.push({
      code: typeof code === 'string' ? code : '',
      message: typeof message === 'string' ? message : '',
    })
    waiting.push(cause, ...(Array.isArray(errors) ? errors : []))
  }
  return causes
}

function isPassing({ code, message }: Cause): boolean {
  if (passingStates.test(code) || passingCodes.has(code)) return true
  // The pg package has no codes for these.
  return /timeout|connection terminated|connection ended|not queryable|PGlite is clos|pool after calling end/i.test(
    message,
  )
}
