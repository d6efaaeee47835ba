/** A child process that appends facts and says which the ledger acknowledged, until it is killed. */
import { systemClock } from '../../../src/adapters/clock.ts'
import { openLedger } from '../../../src/adapters/ledger/open.ts'
import { silentLog } from '../../../src/adapters/log.ts'

const [dataDir, template] = process.argv.slice(2)
if (!dataDir || !template) throw new Error('usage: appender.ts DATA_DIR TEMPLATE')
const ledger = await openLedger({ dataDir, template }, { clock: systemClock, log: silentLog })
const mostFacts = 100_000
for (let number = 0; number < mostFacts; number++) {
  await ledger.append(`pull:octo/repo#${(number % 3) + 1}`, [
    { actor: null, body: { kind: 'incident', sentence: `${number}` } },
  ])
  process.stdout.write(`${number}\n`)
}
