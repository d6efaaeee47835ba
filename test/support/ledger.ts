/** Ledgers for tests: in memory, fast after the first start on a machine thanks to a cached template. */
import { join } from 'node:path'
import { systemClock } from '../../src/adapters/clock.ts'
import { openLedger } from '../../src/adapters/ledger/open.ts'
import { silentLog } from '../../src/adapters/log.ts'
import type { Clock, Ledger } from '../../src/core/ports.ts'

/** Inside node_modules, because nobody else can write there, and `npm ci` clears it. */
export const ledgerTemplate = join(
  import.meta.dirname,
  '../../node_modules/.cache/countersign/pglite-template.tgz',
)

/** A new, empty ledger in memory. Close it at the end of the test. */
export function openTestLedger(clock: Clock = systemClock): Promise<Ledger> {
  return openLedger({ memory: true, template: ledgerTemplate }, { clock, log: silentLog })
}
