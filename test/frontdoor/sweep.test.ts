/** The sweep brings back what was lost: on a real ledger and queue, with a clock that the test moves. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { systemClock } from '../../src/adapters/clock.ts'
import { silentLog } from '../../src/adapters/log.ts'
import { createMetrics } from '../../src/adapters/metrics/prometheus.ts'
import { inProcessQueue } from '../../src/adapters/queue/inProcess/queue.ts'
import type { Clock, Deliveries, Ledger, Queue } from '../../src/core/ports.ts'
import {
  auditOnce,
  auditsASweep,
  redeliverOnce,
  runSweep,
  type SweepPorts,
  scanRepositories,
  sweepOnce,
} from '../../src/sweep.ts'
import { openTestLedger } from '../support/ledger.ts'

const day = 24 * 3600 * 1000
let ledger: Ledger
let queue: Queue
let rounds: string[]
let dropped: string[]
let nowMs: number
/** Repositories that the App is installed on, and those whose audit began or was looked at, in order. */
let installed: string[]
let begun: string[]
let looked: string[]
const clock: Clock = { nowMs: () => nowMs, sleep: systemClock.sleep }

/** GitHub's list of failed deliveries, which redelivering empties or not. */
let failed: { id: number; guid: string; deliveredAtMs: number }[]
let askedFor: number[]
let looksSince: number[]
const deliveries: Deliveries = {
  async failedSince(sinceMs) {
    looksSince.push(sinceMs)
    return failed.filter(({ deliveredAtMs }) => deliveredAtMs >= sinceMs)
  },
  async redeliver(id) {
    askedFor.push(id)
  },
}
const ports = (over: Partial<SweepPorts> = {}): SweepPorts => ({
  ledger,
  queue,
  readings: { drop: (repository) => void dropped.push(repository) },
  clock,
  log: silentLog,
  metrics: createMetrics(false),
  deliveries,
  forge: { installedRepositories: async () => installed },
  audit: {
    begin: async (repository) => void begun.push(repository),
    look: async (repository) => void looked.push(repository),
  },
  ...over,
})

beforeEach(async () => {
  nowMs = 100 * day
  ;[rounds, dropped, failed, askedFor, looksSince] = [[], [], [], [], []]
  ;[installed, begun, looked] = [[], [], []]
  ledger = await openTestLedger(clock)
  queue = inProcessQueue({ clock: systemClock, log: silentLog })
  await queue.start(
    {
      reconcile: async (key) => void rounds.push(key),
      acknowledge: async () => undefined,
      work: async () => undefined,
    },
    { reconcile: 2, acknowledge: 1, work: 1, watch: 1 },
  )
})
afterEach(() => Promise.all([ledger.close(), queue.close(0)]))

test('T12: open subjects get a round, closed ones do not', async () => {
  for (const number of [1, 2, 3]) await ledger.setOpen(`pull:octo/repo#${number}`, number !== 2)
  expect(await sweepOnce(ports())).toBe(2)
  await queue.idle()
  expect(rounds.sort()).toEqual(['pull:octo/repo#1', 'pull:octo/repo#3'])
  // Whatever was lost, a sweep sees it: its rounds read GitHub anew.
  expect(dropped).toEqual(['octo/repo'])
})

test('T12: the first look goes three days back, the next ones to the last look with an overlap', async () => {
  failed = [
    { id: 1, guid: 'old', deliveredAtMs: nowMs - 4 * day },
    { id: 2, guid: 'b', deliveredAtMs: nowMs - day },
  ]
  expect(await redeliverOnce(ports())).toBe(1)
  expect(askedFor).toEqual([2])
  const first = nowMs
  nowMs += day
  await redeliverOnce(ports())
  expect(looksSince).toEqual([first - 3 * day, first - 600_000])
})

test('T12: more failures than one sweep asks for are left to the next, oldest first', async () => {
  failed = Array.from({ length: 150 }, (_, id) => ({
    id,
    guid: `g${id}`,
    deliveredAtMs: nowMs - day + id * 60_000,
  }))
  expect(await redeliverOnce(ports())).toBe(100)
  failed = failed.filter(({ id }) => !askedFor.includes(id))
  expect(await redeliverOnce(ports())).toBe(50)
  expect([...askedFor].sort((a, b) => a - b)).toEqual(Array.from({ length: 150 }, (_, id) => id))
})

test('T12: when GitHub refuses in the middle, the look is not remembered', async () => {
  failed = [{ id: 1, guid: 'a', deliveredAtMs: nowMs - day }]
  const refusing = { ...deliveries, redeliver: () => Promise.reject(new Error('limit')) }
  await expect(redeliverOnce(ports({ deliveries: refusing }))).rejects.toThrow('limit')
  expect(await redeliverOnce(ports())).toBe(1)
})

test('T12: the sweep goes on when one part fails, and ends when aborted', async () => {
  await ledger.setOpen('pull:octo/repo#1', true)
  const broken = { ...deliveries, failedSince: () => Promise.reject(new Error('no such app')) }
  const stop = new AbortController()
  const running = runSweep(ports({ deliveries: broken }), 20, stop.signal)
  installed = ['octo/a']
  while (rounds.length < 3 || looked.length === 0) await systemClock.sleep(5)
  stop.abort()
  await running
  expect(new Set(rounds)).toEqual(new Set(['pull:octo/repo#1']))
})

const never = new AbortController().signal

test('T12, T20: each repository has its turn before any has another, whatever comes and goes', async () => {
  const many = auditsASweep + 50
  installed = Array.from({ length: many }, (_, at) => `octo/r${String(at).padStart(4, '0')}`).reverse()
  expect(await auditOnce(ports(), never)).toBe(auditsASweep)
  expect(looked).toEqual([...installed].sort().slice(0, auditsASweep))
  // The one at which the turn ended is gone, and a small installation has come.
  installed = ['acme/one', ...installed.filter((name) => name !== looked.at(-1))]
  looked = []
  expect(await auditOnce(ports(), never)).toBe(auditsASweep)
  expect(looked.slice(0, 50)).toEqual([...installed].sort().slice(auditsASweep, auditsASweep + 50))
  expect(looked.slice(50, 52)).toEqual(['acme/one', 'octo/r0000'])
})

test('T12, T20: where all fit into one sweep, all are looked at each time and nothing is remembered', async () => {
  installed = ['octo/b', 'acme/a']
  const refused = () => Promise.reject(new Error('nothing was to be written'))
  for (let sweep = 0; sweep < 2; sweep++)
    await auditOnce(ports({ ledger: { ...ledger, putSetting: refused } }), never)
  expect(looked).toEqual(['acme/a', 'octo/b', 'acme/a', 'octo/b'])
})

test('T20: a repository that cannot be read holds up no other', async () => {
  installed = ['octo/a', 'octo/broken', 'octo/c']
  const look = async (name: string) => {
    if (name === 'octo/broken') throw new Error('404')
    looked.push(name)
  }
  expect(await auditOnce(ports({ audit: { begin: look, look } }), never)).toBe(3)
  expect(looked).toEqual(['octo/a', 'octo/c'])
})

test('O6: a new installation is scanned at a pace, past a repository that fails, until aborted', async () => {
  const forge = {
    openPulls: async (name: string) => {
      if (name === 'octo/broken') throw new Error('404')
      return [1, 2]
    },
  }
  const went = new AbortController()
  const began = performance.now()
  const names = ['octo/a', 'octo/broken', 'octo/b']
  expect(await scanRepositories({ ...ports(), forge }, names, 30, went.signal)).toBe(4)
  expect(performance.now() - began).toBeGreaterThanOrEqual(110)
  await queue.idle()
  expect(begun).toEqual(names)
  expect(rounds).toEqual(
    ['pull:octo/a#1', 'pull:octo/a#2', 'pull:octo/b#1', 'pull:octo/b#2'].map((key) => key),
  )
  went.abort()
  expect(await scanRepositories({ ...ports(), forge }, names, 30, went.signal)).toBe(0)
})
