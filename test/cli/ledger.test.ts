/** `countersign ledger verify` on data folders: whole, tampered behind the triggers' back, in use, and not there. */
import { PGlite } from '@electric-sql/pglite'
import { afterAll, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../src/adapters/clock.ts'
import { openLedger } from '../../src/adapters/ledger/open.ts'
import { silentLog } from '../../src/adapters/log.ts'
import { ledgerVerify } from '../../src/cli/ledger.ts'
import type { NewFact } from '../../src/core/ports.ts'
import { runProgram } from '../support/process.ts'
import { dataFolder, ledgerFolder, removeFolders } from './support.ts'

afterAll(removeFolders)

const fact = (sentence: string): NewFact => ({ actor: null, body: { kind: 'incident', sentence } })
const facts = {
  'task:acme/shop#1': [fact('one'), fact('two'), fact('three')],
  'task:acme/shop#2': [fact('four')],
}

async function verify(settings: Record<string, string>, subject?: string) {
  let text = ''
  const code = await ledgerVerify(settings, subject, (more) => {
    text += more
  })
  return { code, text }
}

/** Change a row as somebody with the database's files could: the trigger is dropped first. */
async function tamper(dataDir: string, statement: string): Promise<void> {
  const database = new PGlite(`${ledgerFolder(dataDir)}/ledger`)
  const { rows } = await database.query<{ table_schema: string }>(
    "select table_schema from information_schema.tables where table_name = 'facts'",
  )
  const schema = rows[0]?.table_schema ?? ''
  await database.exec(
    `set search_path to "${schema}"; alter table facts disable trigger all; ${statement}; alter table facts enable trigger all`,
  )
  await database.close()
}

describe('O1: ledger verify', () => {
  test('says how many facts hold, of all chains or of one', async () => {
    const settings = await dataFolder(facts)
    expect(await verify(settings)).toEqual({ code: 0, text: 'The ledger holds: 4 facts in 2 chains.\n' })
    expect(await verify(settings, 'task:acme/shop#2')).toMatchObject({ code: 0 })
  })

  test.each([
    [
      'a changed sentence',
      `update facts set body = replace(body::text, 'two', 'TWO')::jsonb where seq = 2 and subject like '%#1'`,
    ],
    ['a fact taken out', `delete from facts where seq = 2 and subject like '%#1'`],
    ['a changed time', `update facts set at_ms = at_ms + 1 where seq = 2 and subject like '%#1'`],
  ])('names the chain and the fact of %s', async (_what, statement) => {
    const settings = await dataFolder(facts)
    await tamper(settings.COUNTERSIGN_DATA_DIR, statement)
    const { code, text } = await verify(settings)
    expect(text).toMatch(/^The ledger does NOT hold: task:acme\/shop#1, fact [23]: /)
    expect(code).toBe(1)
    expect(await verify(settings, 'task:acme/shop#2')).toMatchObject({ code: 0 })
  })

  test('a ledger that another process has open is refused with who holds it', async () => {
    const settings = await dataFolder(facts)
    const ledger = await openLedger(
      { dataDir: ledgerFolder(settings.COUNTERSIGN_DATA_DIR) },
      { clock: systemClock, log: silentLog },
    )
    try {
      const { code, stdout } = await runProgram('src/cli/main.ts', ['ledger', 'verify'], {
        environment: settings,
      })
      expect(stdout).toMatch(new RegExp(`cannot be opened: .* in use by process ${process.pid} on `))
      expect(code).toBe(2)
    } finally {
      await ledger.close()
    }
  })

  test('a command that is mistyped is refused with the usage', async () => {
    for (const given of [['ledger', 'verfy'], ['ledgre']]) {
      const { code, stderr } = await runProgram('src/cli/main.ts', given)
      expect(stderr).toMatch(/is not a command\.[\s\S]*ledger verify \[subject\]/)
      expect(code).toBe(2)
    }
  })
})
