/** `countersign ledger verify`: recomputes every hash chain and says what it found (O1). */
import { join, resolve } from 'node:path'
import { systemClock } from '../adapters/clock.ts'
import { openLedger } from '../adapters/ledger/open.ts'
import { silentLog } from '../adapters/log.ts'

/** Where the App keeps its ledger by the same settings: `DATABASE_URL`, or a folder below `COUNTERSIGN_DATA_DIR`. */
export function ledgerPlace(
  settings: Record<string, string | undefined>,
): { databaseUrl: string } | { dataDir: string } {
  const databaseUrl = settings['DATABASE_URL']
  const dataDir = settings['COUNTERSIGN_DATA_DIR'] || '.countersign'
  return databaseUrl ? { databaseUrl } : { dataDir: join(resolve(dataDir), 'facts') }
}

/**
 * Verify the ledger that the settings name.
 *
 * @param settings as in the environment; `DATABASE_URL` wins over `COUNTERSIGN_DATA_DIR`.
 * @param subject one chain only, by its key.
 * @returns exit code: 0 when every link holds, 1 when one does not, 2 when the ledger cannot be opened.
 */
export async function ledgerVerify(
  settings: Record<string, string | undefined>,
  subject: string | undefined,
  print: (text: string) => void,
): Promise<number> {
  try {
    const ledger = await openLedger(ledgerPlace(settings), { clock: systemClock, log: silentLog })
    try {
      const result = await ledger.verify(subject)
      if (!result.broken) {
        print(`The ledger holds: ${result.facts} facts in ${result.subjects} chains.\n`)
        return 0
      }
      const { subject: where, seq, reason } = result.broken
      print(`The ledger does NOT hold: ${where}, fact ${seq}: ${reason}\n`)
      return 1
    } finally {
      await ledger.close()
    }
  } catch (error) {
    print(`The ledger cannot be opened: ${error instanceof Error ? error.message : error}\n`)
    return 2
  }
}
