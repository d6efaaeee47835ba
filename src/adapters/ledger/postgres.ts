/** PostgreSQL for the ledger: a pool with short timeouts, so that a server that is down is noticed within a second. */
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { Log } from '../../core/ports.ts'
import type { Database } from './database.ts'
import { migrate, quoteIdentifier } from './migrations.ts'

/** Any number; it only has to be the same in every process that migrates. */
const migrationLock = 7_261_946

/**
 * Connect and bring the schema up to date.
 *
 * @param databaseUrl `postgres://user:password@host:port/database`; `?sslmode=` works as in libpq.
 * @param connections upper bound of this process's connections.
 */
export async function openPostgres(
  databaseUrl: string,
  schemaName: string,
  log: Log,
  connections = 10,
): Promise<Database> {
  quoteIdentifier(schemaName)
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: connections,
    connectionTimeoutMillis: 600,
    // A server that accepts and then says nothing must not hold a webhook or a round for ever.
    query_timeout: 10_000,
    application_name: 'countersign',
  })
  // An idle connection that breaks reports here; the next query opens another one.
  pool.on('error', (error) => log.warn({ error }, 'an idle connection to the ledger database broke'))
  try {
    await migrateLocked(pool, schemaName)
  } catch (error) {
    await pool.end()
    throw error
  }
  return {
    db: drizzle({ client: pool }),
    async ping() {
      await pool.query('SELECT 1')
    },
    close: () => pool.end(),
  }
}

async function migrateLocked(pool: pg.Pool, schemaName: string): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock])
    await migrate(
      {
        async run(statements) {
          await client.query(statements)
        },
        async numbers(query) {
          const { rows } = await client.query<{ number: number }>(query)
          return rows.map((row) => row.number)
        },
      },
      schemaName,
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}
