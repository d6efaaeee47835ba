/** A ledger in a data folder as the App leaves it behind, and the command line run over it in this process. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/adapters/clock.ts'
import { openLedger } from '../../src/adapters/ledger/open.ts'
import { silentLog } from '../../src/adapters/log.ts'
import type { NewFact } from '../../src/core/ports.ts'
import { ledgerTemplate } from '../support/ledger.ts'

const made: string[] = []

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'countersign-cli-'))
  made.push(path)
  return path
}

export function removeFolders(): void {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true })
}

/** Where the App keeps the ledger's files in its data folder. */
export const ledgerFolder = (dataDir: string) => join(dataDir, 'facts')

/** A data folder with these facts, by subject. @returns the settings that name it. */
export async function dataFolder(
  facts: Readonly<Record<string, NewFact[]>>,
): Promise<{ COUNTERSIGN_DATA_DIR: string }> {
  const dataDir = folder()
  const ledger = await openLedger(
    { dataDir: ledgerFolder(dataDir), template: ledgerTemplate },
    { clock: systemClock, log: silentLog },
  )
  try {
    for (const [subject, list] of Object.entries(facts)) await ledger.append(subject, list)
  } finally {
    await ledger.close()
  }
  return { COUNTERSIGN_DATA_DIR: dataDir }
}

/** What a command printed. */
export function printed() {
  const text = { out: '', err: '' }
  return {
    text,
    output: {
      out: (more: string) => {
        text.out += more
      },
      err: (more: string) => {
        text.err += more
      },
    },
  }
}
