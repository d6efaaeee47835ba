/** Opening the ledger: PostgreSQL by URL, PGlite in a locked folder, or PGlite in memory. */
import type { Clock, Ledger, Log } from '../../core/ports.ts'
import { reaching } from './database.ts'
import { createLedger } from './ledger.ts'
import { openFolder, openMemory } from './pglite.ts'
import { openPostgres } from './postgres.ts'
import { tablesIn } from './tables.ts'

export type LedgerPlace =
  /** One process at a time. `template` is a cache file that makes a first start fast; see openFolder. */
  | { dataDir: string; template?: string }
  | { databaseUrl: string; schema?: string; connections?: number }
  /** Gone when closed; ledgers in memory share one PGlite a process. */
  | { memory: true; template?: string }

const defaultSchema = 'countersign'

/**
 * Open the ledger and bring its structure up to date.
 *
 * @throws RetryLater when PostgreSQL does not answer; Error with a sentence when the data folder is in use, or when a
 *   newer version wrote it.
 */
export async function openLedger(
  place: LedgerPlace,
  { clock, log }: { clock: Clock; log: Log },
): Promise<Ledger> {
  if ('memory' in place) {
    const database = await openMemory(place.template)
    return createLedger(database, tablesIn(database.schemaName), clock)
  }
  if ('dataDir' in place) {
    const database = await openFolder(place.dataDir, defaultSchema, clock.nowMs(), place.template)
    return createLedger(database, tablesIn(defaultSchema), clock)
  }
  const schema = place.schema ?? defaultSchema
  const database = await reaching(() => openPostgres(place.databaseUrl, schema, log, place.connections))
  return createLedger(database, tablesIn(schema), clock)
}
