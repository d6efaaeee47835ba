/** The ledger's contract on PGlite in memory, PGlite in a folder, and PostgreSQL; and what each must survive. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { systemClock } from '../../../src/adapters/clock.ts'
import { openLedger } from '../../../src/adapters/ledger/open.ts'
import { silentLog } from '../../../src/adapters/log.ts'
import { RetryLater } from '../../../src/core/errors.ts'
import type { Ledger } from '../../../src/core/ports.ts'
import { ledgerTemplate as template } from '../../support/ledger.ts'
import { describeWith, withPostgres } from '../../support/require.ts'
import { freePort } from '../../support/servers.ts'
import { ledgerContract } from './contract.ts'

const tools = { clock: systemClock, log: silentLog }
const folders: string[] = []
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'countersign-ledger-'))
  folders.push(made)
  return made
}
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true })
})
const incident = (sentence: string) => ({ actor: null, body: { kind: 'incident' as const, sentence } })

describe('PGlite in memory', () => {
  ledgerContract((clock) => openLedger({ memory: true, template }, { ...tools, clock }))

  test('the second ledger of a process opens in under 700 ms and shares nothing', async () => {
    const first = await openLedger({ memory: true, template }, tools)
    await first.append('pull:octo/repo#1', [incident('x')])
    const began = performance.now()
    const second = await openLedger({ memory: true, template }, tools)
    expect(performance.now() - began).toBeLessThan(700)
    expect(await second.facts('pull:octo/repo#1')).toEqual([])
    await Promise.all([first.close(), second.close()])
  })
})

describe('PGlite in a folder', () => {
  ledgerContract((clock) => openLedger({ dataDir: folder(), template }, { ...tools, clock }))

  test('O1: facts are there after closing and opening again', async () => {
    const dataDir = folder()
    const first = await openLedger({ dataDir, template }, tools)
    await first.append('pull:octo/repo#1', [incident('kept')])
    await first.close()
    const second = await openLedger({ dataDir }, tools)
    expect((await second.facts('pull:octo/repo#1')).map(({ body }) => body)).toEqual([incident('kept').body])
    await second.close()
  })

  test('O1: kill -9 of a process that appends loses no acknowledged fact and leaves the chains whole', async () => {
    const dataDir = folder()
    const child = spawn(process.execPath, [join(import.meta.dirname, 'appender.ts'), dataDir, template], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    let acknowledged = -1
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line)
      if (acknowledged === 60) child.kill('SIGKILL')
    }
    await ended
    expect(acknowledged).toBeGreaterThanOrEqual(60)

    const ledger = await openLedger({ dataDir }, tools)
    const facts = (await Promise.all([1, 2, 3].map((n) => ledger.facts(`pull:octo/repo#${n}`)))).flat()
    const kept = new Set(facts.map(({ body }) => body.kind === 'incident' && Number(body.sentence)))
    for (let number = 0; number <= acknowledged; number++) expect(kept).toContain(number)
    expect(await ledger.verify()).toMatchObject({ ok: true, subjects: 3 })
    await ledger.close()
  })

  test('a second process is refused with who holds the folder', async () => {
    const dataDir = folder()
    const ledger = await openLedger({ dataDir, template }, tools)
    const child = spawn(process.execPath, [join(import.meta.dirname, 'appender.ts'), dataDir, template], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let printed = ''
    child.stderr.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
    const [code] = await once(child, 'close')
    expect(code).not.toBe(0)
    expect(printed).toContain(`in use by process ${process.pid} on ${hostname()}, since 20`)
    await expect(openLedger({ dataDir }, tools)).rejects.toThrow('in use by process')
    await ledger.close()
  })

  test('the lock of a dead process is taken over, one of another host or unreadable is not', async () => {
    const dataDir = folder()
    const lock = join(dataDir, 'countersign.lock')
    const dead = spawn(process.execPath, ['-e', ''])
    await once(dead, 'exit')
    const holder = { pid: dead.pid, host: hostname(), started: '2026-01-01T00:00:00.000Z', ticks: null }

    writeFileSync(lock, JSON.stringify({ ...holder, host: 'elsewhere' }))
    await expect(openLedger({ dataDir, template }, tools)).rejects.toThrow(
      /on elsewhere.*delete .*countersign\.lock/,
    )
    writeFileSync(lock, '{')
    await expect(openLedger({ dataDir, template }, tools)).rejects.toThrow('does not name')
    // The number lives again, in a process that started at another time.
    writeFileSync(lock, JSON.stringify({ ...holder, pid: process.ppid, ticks: '1' }))
    await (await openLedger({ dataDir, template }, tools)).close()
    writeFileSync(lock, JSON.stringify(holder))
    const ledger = await openLedger({ dataDir }, tools)
    expect(JSON.parse(readFileSync(lock, 'utf8'))).toMatchObject({ pid: process.pid })
    await ledger.close()
  })
})

describeWith('postgres', 'PostgreSQL', () => {
  const database = withPostgres()
  ledgerContract((clock) => openLedger({ databaseUrl: database.url }, { ...tools, clock }))

  const withClient = async (schema: string, use: (client: pg.Client, ledger: Ledger) => Promise<void>) => {
    const ledger = await openLedger({ databaseUrl: database.url, schema }, tools)
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await client.query(`SET search_path TO ${schema}`)
    try {
      await use(client, ledger)
    } finally {
      await client.end()
      await ledger.close()
    }
  }

  test('O1: the database itself refuses to change or remove a fact', () =>
    withClient('append_only', async (client, ledger) => {
      await ledger.append('pull:octo/repo#1', [incident('x')])
      await expect(client.query(`UPDATE facts SET body = '{}'`)).rejects.toThrow(
        'append-only: UPDATE was refused',
      )
      await expect(client.query('DELETE FROM facts')).rejects.toThrow('append-only: DELETE was refused')
      await expect(client.query('TRUNCATE facts')).rejects.toThrow('append-only: TRUNCATE was refused')
    }))

  test('S7: an append that the database refuses fails alone, whatever it was sent with', () =>
    withClient('refusing', async (client, ledger) => {
      await client.query(`ALTER TABLE facts ADD CHECK (body NOT LIKE '%poison%')`)
      const words = Array.from({ length: 40 }, (_, index) => (index % 10 === 7 ? 'poison' : `word ${index}`))
      const outcomes = await Promise.allSettled(
        words.map((word, index) => ledger.append(`pull:octo/repo#${index + 1}`, [incident(word)])),
      )
      expect(outcomes.map(({ status }) => status)).toEqual(
        words.map((word) => (word === 'poison' ? 'rejected' : 'fulfilled')),
      )
      expect(await ledger.verify()).toMatchObject({ ok: true, facts: 36, subjects: 36 })
    }))

  const tampering: [string, string, { seq: number; reason: RegExp }][] = [
    [
      'a changed body',
      `UPDATE facts SET body = replace(body, '1', '9') WHERE seq = 1`,
      { seq: 1, reason: /changed/ },
    ],
    ['a changed actor', `UPDATE facts SET actor = '{"id":1}' WHERE seq = 2`, { seq: 2, reason: /changed/ }],
    ['a removed fact', 'DELETE FROM facts WHERE seq = 1', { seq: 1, reason: /fact 1 is missing/ }],
    ['a removed last fact', 'DELETE FROM facts WHERE seq = 3', { seq: 3, reason: /1 fact\(s\) at the end/ }],
    ['a removed head', 'DELETE FROM subjects', { seq: 4, reason: /no head row/ }],
    [
      'a rewritten hash',
      `UPDATE facts SET hash = encode(sha256('x'), 'hex') WHERE seq = 2`,
      { seq: 2, reason: /changed/ },
    ],
  ]
  test.each(tampering)(
    'O1: verify names the first broken link after %s',
    (what, statement, { seq, reason }) =>
      withClient(`tamper_${tampering.findIndex(([name]) => name === what)}`, async (client, ledger) => {
        for (const word of ['0', '1', '2', '3']) await ledger.append('pull:octo/repo#1', [incident(word)])
        await client.query(`ALTER TABLE facts DISABLE TRIGGER USER; ${statement}`)
        expect(await ledger.verify()).toMatchObject({
          ok: false,
          broken: { subject: 'pull:octo/repo#1', seq, reason: expect.stringMatching(reason) },
        })
      }),
  )

  test('a ledger that a newer version wrote is refused', () =>
    withClient('newer', async (client) => {
      await client.query('INSERT INTO migrations VALUES (999)')
      await expect(openLedger({ databaseUrl: database.url, schema: 'newer' }, tools)).rejects.toThrow(
        'structure 999',
      )
    }))

  test('ten processes that start at once migrate once', async () => {
    const opened = await Promise.all(
      Array.from({ length: 10 }, () =>
        openLedger({ databaseUrl: database.url, schema: 'together', connections: 2 }, tools),
      ),
    )
    await Promise.all(opened.map((ledger) => ledger.ping()))
    await Promise.all(opened.map((ledger) => ledger.close()))
  })

  test('a server that is not there is RetryLater, within a second', async () => {
    const began = performance.now()
    const url = `postgres://nobody@127.0.0.1:${await freePort()}/none`
    await expect(openLedger({ databaseUrl: url }, tools)).rejects.toThrow(RetryLater)
    expect(performance.now() - began).toBeLessThan(1000)
  })
})
