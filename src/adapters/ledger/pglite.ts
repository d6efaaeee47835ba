/** PGlite for the ledger: PostgreSQL inside this process, in memory or in a data folder of which we hold the lock. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import type { Database } from './database.ts'
import { lockFolder } from './lock.ts'
import { migrate } from './migrations.ts'

/**
 * Open the ledger in a folder, which is created when absent.
 *
 * @param template a tarball of a freshly initialised database, written when absent: a new folder then opens in about
 *   0.6 s instead of 4 s. It must lie where only this user can write.
 * @throws Error with a sentence that names the holder when another process has the folder.
 */
export async function openFolder(
  dataDir: string,
  schemaName: string,
  startedMs: number,
  template?: string,
): Promise<Database> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const unlock = lockFolder(dataDir, startedMs)
  try {
    const folder = join(dataDir, 'ledger')
    const isNew = !existsSync(join(folder, 'PG_VERSION'))
    const client = await (isNew ? fresh(template, folder) : started(new PGlite(folder)))
    await migrateExclusively(client, schemaName)
    return databaseOf(client, async () => {
      await client.close()
      unlock()
    })
  } catch (error) {
    unlock()
    throw error
  }
}

/** One in-memory server a process is shared by all ledgers in memory, each in a schema of its own: the second opens in milliseconds. */
let shared: { client: Promise<PGlite>; users: number } | undefined

/** A ledger that is gone when it is closed. `template` as in openFolder. */
export async function openMemory(template?: string): Promise<Database & { schemaName: string }> {
  shared ??= { client: fresh(template), users: 0 }
  const mine = shared
  mine.users += 1
  const schemaName = `memory_${randomBytes(8).toString('hex')}`
  const client = await mine.client
  await migrateExclusively(client, schemaName)
  const database = databaseOf(client, async () => {
    mine.users -= 1
    if (mine.users > 0) {
      await client.exec(`DROP SCHEMA "${schemaName}" CASCADE`)
      return
    }
    if (shared === mine) shared = undefined
    await client.close()
  })
  return { ...database, schemaName }
}

function databaseOf(client: PGlite, close: () => Promise<void>): Database {
  let closing: Promise<void> | undefined
  return {
    db: drizzle({ client }),
    async ping() {
      await client.query('SELECT 1')
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}

async function started(client: PGlite): Promise<PGlite> {
  await client.waitReady
  return client
}

/** A new, empty database, from the template if there is one. */
async function fresh(template: string | undefined, folder?: string): Promise<PGlite> {
  if (template === undefined) return started(folder === undefined ? new PGlite() : new PGlite(folder))
  if (!existsSync(template)) await writeTemplate(template)
  const loadDataDir = new Blob([readFileSync(template)])
  return started(folder === undefined ? new PGlite({ loadDataDir }) : new PGlite(folder, { loadDataDir }))
}

/** Written aside and renamed, so that no process ever reads half a template. */
async function writeTemplate(template: string): Promise<void> {
  const client = await started(new PGlite())
  const tarball = await client.dumpDataDir('gzip')
  await client.close()
  mkdirSync(dirname(template), { recursive: true })
  const aside = `${template}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(aside, Buffer.from(await tarball.arrayBuffer()))
  renameSync(aside, template)
}

/** PGlite is one connection; a transaction keeps other ledgers in memory out meanwhile. */
async function migrateExclusively(client: PGlite, schemaName: string): Promise<void> {
  await client.transaction(async (transaction) => {
    await migrate(
      {
        async run(statements) {
          await transaction.exec(statements)
        },
        async numbers(query) {
          const { rows } = await transaction.query<{ number: number }>(query)
          return rows.map((row) => row.number)
        },
      },
      schemaName,
    )
  })
}
