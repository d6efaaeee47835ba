/**
 * Suites that need a real Redis, PostgreSQL, bubblewrap, Chromium or Prometheus: they run where it is present, are skipped with the reason
 * where it is not, and fail where COUNTERSIGN_REQUIRE names it, as CI does.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { Redis } from 'ioredis'
import pg from 'pg'
import { findProgram, type Server, startPostgres, startRedis } from './servers.ts'

export type Backend = 'redis' | 'postgres' | 'bwrap' | 'chromium' | 'prometheus'

/** Backends that must be present: COUNTERSIGN_REQUIRE is a comma-separated list. */
const required = new Set((process.env['COUNTERSIGN_REQUIRE'] ?? '').split(',').map((name) => name.trim()))

/** Why each backend cannot be used here; undefined when it can. */
const absence: Readonly<Record<Backend, () => string | undefined>> = {
  redis: () => serverAbsence('COUNTERSIGN_TEST_REDIS_URL', 'redis-server'),
  postgres: () => serverAbsence('COUNTERSIGN_TEST_DATABASE_URL', 'postgres'),
  bwrap: bubblewrapAbsence,
  chromium: () =>
    chromiumPath() ? undefined : 'no chromium on the path, and COUNTERSIGN_TEST_CHROMIUM is not set',
  prometheus: () => (findProgram('prometheus') ? undefined : 'no prometheus is installed'),
}

/** `describe` for a suite that needs a backend. */
export function describeWith(backend: Backend, name: string, suite: () => void): void {
  const reason = absence[backend]()
  if (reason === undefined) describe(name, suite)
  else if (required.has(backend)) {
    test(`${name} needs ${backend}`, () => {
      throw new Error(`COUNTERSIGN_REQUIRE names ${backend}, but ${reason}`)
    })
  } else describe.skip(`${name} (skipped: ${reason})`, suite)
}

/** The browser for playwright-core's `executablePath`. */
export function chromiumPath(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  return process.env['COUNTERSIGN_TEST_CHROMIUM'] ?? names.map(findProgram).find((path) => path !== undefined)
}

/**
 * A Redis database of its own for the surrounding `describe`: empty before the first test, emptied after the last.
 * `url` may be read from `beforeAll` on. To stop and restart a server, use startRedis instead.
 */
export function withRedis(): { readonly url: string } {
  let server: Server | undefined
  let reserved: { url: string; release(): Promise<void> } | undefined
  beforeAll(async () => {
    const shared = process.env['COUNTERSIGN_TEST_REDIS_URL']
    if (!shared) server = await startRedis()
    reserved = await reserveRedisDatabase(shared ?? server?.url ?? '')
  })
  afterAll(async () => {
    await reserved?.release()
    await server?.stop()
  })
  return {
    get url() {
      return ready(reserved?.url, 'withRedis')
    },
  }
}

/** A PostgreSQL database of its own for the surrounding `describe`: new before the first test, dropped after the last. */
export function withPostgres(): { readonly url: string } {
  let server: Server | undefined
  let database: { url: string; drop(): Promise<void> } | undefined
  beforeAll(async () => {
    const shared = process.env['COUNTERSIGN_TEST_DATABASE_URL']
    if (!shared) server = await startPostgres()
    database = await createDatabase(shared ?? server?.url ?? '')
  })
  afterAll(async () => {
    await database?.drop()
    await server?.stop()
  })
  return {
    get url() {
      return ready(database?.url, 'withPostgres')
    },
  }
}

function serverAbsence(variable: string, program: string): string | undefined {
  if (process.env[variable] || findProgram(program)) return undefined
  return `no ${program} is installed and ${variable} is not set`
}

/** Installed is not enough: containers often forbid the namespaces, and then the reason is what bubblewrap says. */
function bubblewrapAbsence(): string | undefined {
  const program = findProgram('bwrap')
  if (!program) return 'no bwrap is installed'
  // Never as root, as the sandbox itself.
  const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const trial = spawnSync(program, ['--unshare-all', '--unshare-user', '--ro-bind', '/', '/', 'true'], {
    ...account,
    encoding: 'utf8',
    env: {},
    timeout: 10_000,
  })
  return trial.status === 0
    ? undefined
    : `bubblewrap cannot start here: ${trial.error?.message ?? trial.stderr.trim()}`
}

/**
 * Test files run side by side on one server, so each takes a number from 1 to 15 under a key in database 0.
 * A run that was killed gives its number back after an hour.
 */
async function reserveRedisDatabase(server: string): Promise<{ url: string; release(): Promise<void> }> {
  const registry = new Redis(server)
  for (let number = 1; number <= 15; number++) {
    const key = `countersign-test-database:${number}`
    if ((await registry.set(key, `${process.pid}`, 'EX', 3_600, 'NX')) !== 'OK') continue
    const url = new URL(server)
    url.pathname = `/${number}`
    const empty = async () => {
      const client = new Redis(url.href)
      await client.flushdb()
      await client.quit()
    }
    await empty()
    const release = async () => {
      await empty()
      await registry.del(key)
      await registry.quit()
    }
    return { url: url.href, release }
  }
  await registry.quit()
  throw new Error(
    `all 15 test databases of ${server} are taken; delete its keys countersign-test-database:* if no test runs`,
  )
}

async function createDatabase(server: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `countersign_test_${randomBytes(6).toString('hex')}`
  const command = async (sql: string) => {
    const client = new pg.Client({ connectionString: server })
    await client.connect()
    await client.query(sql)
    await client.end()
  }
  await command(`CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  // FORCE ends connections that a test left open.
  return { url: url.href, drop: () => command(`DROP DATABASE ${name} WITH (FORCE)`) }
}

function ready(url: string | undefined, helper: string): string {
  if (url === undefined)
    throw new Error(`${helper}().url exists from beforeAll on; read it inside a test or a hook`)
  return url
}
