/** Starts Redis and PostgreSQL for a whole CI run, writes their addresses to the file it is given, and stops both on SIGTERM. */
import { renameSync, writeFileSync } from 'node:fs'
import { startPostgres, startRedis } from '../test/support/servers.ts'

const file = process.argv[2]
if (!file) throw new Error('usage: node .ci/servers.ts FILE')

const redis = await startRedis()
const postgres = await startPostgres()
process.once('SIGTERM', async () => {
  await Promise.all([redis.stop(), postgres.stop()])
  process.exit(0)
})
// Renamed into place, so that whoever waits for the file never reads half of it.
writeFileSync(
  `${file}.part`,
  `COUNTERSIGN_TEST_REDIS_URL=${redis.url}\nCOUNTERSIGN_TEST_DATABASE_URL=${postgres.url}\n`,
)
renameSync(`${file}.part`, file)
setInterval(() => undefined, 60_000)
