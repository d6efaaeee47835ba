/** Shows that the real servers and programs that other suites ask for are real, isolated and gone afterwards. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import pg from 'pg'
import { chromiumPath, describeWith, withPostgres, withRedis } from '../support/require.ts'
import { startRedis } from '../support/servers.ts'

describeWith('redis', 'withRedis', () => {
  const first = withRedis()
  const second = withRedis()

  test('gives each suite a database of its own', async () => {
    const [one, two] = [new Redis(first.url), new Redis(second.url)]
    await one.set('key', 'value')
    expect(await two.get('key')).toBeNull()
    expect(await one.get('key')).toBe('value')
    await Promise.all([one.quit(), two.quit()])
  })

  test('a server of one’s own can be stopped and brought back on its port', async () => {
    const server = await startRedis()
    await server.stop()
    expect(() => process.kill(server.pid, 0)).toThrow()
    const again = await startRedis(Number(new URL(server.url).port))
    expect(again.url).toBe(server.url)
    await again.stop()
  })
})

describeWith('postgres', 'withPostgres', () => {
  const database = withPostgres()

  test('gives a new database that takes Unicode', async () => {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await client.query('CREATE TABLE words (word text)')
    await client.query('INSERT INTO words VALUES ($1)', ['gegengezeichnet ✓'])
    expect((await client.query('SELECT word FROM words')).rows).toEqual([{ word: 'gegengezeichnet ✓' }])
    await client.end()
  })
})

describeWith('chromium', 'chromiumPath', () => {
  test('is a browser that starts', () => {
    const { status, stdout } = spawnSync(chromiumPath() ?? '', ['--version'], { encoding: 'utf8' })
    expect(status).toBe(0)
    expect(stdout).toMatch(/chrom/i)
  })
})

describeWith('bwrap', 'bubblewrap', () => {
  test('starts here (describeWith has tried it)', () => {
    expect(spawnSync('bwrap', ['--version']).status).toBe(0)
  })
})

describe('COUNTERSIGN_REQUIRE', () => {
  test('turns an absent backend into a failure, not a skip', () => {
    const jest = [
      ...process.execArgv,
      'node_modules/jest/bin/jest.js',
      'test/project/backends.test.ts',
      '-t',
      'chromium',
    ]
    const { status, stderr } = spawnSync(process.execPath, jest, {
      encoding: 'utf8',
      env: { PATH: '/nowhere', COUNTERSIGN_REQUIRE: 'chromium' },
    })
    expect(status).not.toBe(0)
    expect(stderr).toContain('COUNTERSIGN_REQUIRE names chromium, but no chromium on the path')
  })
})
