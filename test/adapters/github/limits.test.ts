/** How the adapter waits: rate limits, outages, conditional reads, pacing of writes, and failed deliveries. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createPacing } from '../../../src/adapters/github/pacing.ts'
import { RetryLater } from '../../../src/core/errors.ts'
import { type Bench, createTestClock, openChange, startBench } from './support.ts'

let bench: Bench
beforeEach(async () => {
  bench = await startBench()
  await bench.forge.repository(bench.name)
})
afterEach(() => bench.close())

const onRef = ({ path }: { path: string }) => path.includes('/git/ref/')
const tip = () => bench.forge.branchTip(bench.name, 'main')

async function waitOf(promise: Promise<unknown>): Promise<number> {
  try {
    await promise
  } catch (error) {
    if (error instanceof RetryLater) return error.retryAfterMs
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('limits', () => {
  test('waits as long as retry-after says, and asks nothing meanwhile', async () => {
    bench.world.faults.rest({ kind: 'secondary-limit', status: 403, retryAfterS: 42, when: onRef })
    expect(await waitOf(tip())).toBe(42_000)
    bench.counts.take()
    bench.clock.advance(2000)
    expect(await waitOf(tip())).toBe(40_000)
    expect(bench.counts.take()).toEqual({})
    bench.clock.advance(40_000)
    expect(await tip()).toMatchObject({ found: true })
  })

  test('waits a minute for a limit that names no time', async () => {
    bench.world.faults.rest({ kind: 'secondary-limit', status: 429, when: onRef })
    expect(await waitOf(tip())).toBe(60_000)
  })

  test('waits for the reset of the primary limit, by GitHub’s clock', async () => {
    bench.world.faults.rest({ kind: 'primary-limit', resetInS: 600, when: onRef })
    const waitMs = await waitOf(tip())
    expect(waitMs).toBeGreaterThan(598_000)
    expect(waitMs).toBeLessThanOrEqual(601_000)
  })

  test('reads once more after an outage, then comes back later', async () => {
    bench.world.faults.rest({ kind: 'cut', when: onRef })
    expect(await tip()).toMatchObject({ found: true })
    bench.world.faults.rest({ kind: 'error', status: 503, count: 2, when: onRef })
    expect(await waitOf(tip())).toBe(10_000)
  })

  test('S7: a write that met an outage is not repeated blindly', async () => {
    const { world, forge, name } = bench
    const issue = await world.as('lin').openIssue(name, { title: 'T' })
    world.faults.rest({
      kind: 'error',
      status: 502,
      count: 9,
      when: ({ method, path }) => method === 'POST' && path.endsWith('/comments'),
    })
    await expect(forge.upsertComment(name, issue.number, 'm', 'b', null)).rejects.toBeInstanceOf(RetryLater)
    expect(world.requests.filter((one) => one.fault === 'error')).toHaveLength(1)
  })

  test('a permission that is missing is said, with who can grant it', async () => {
    bench.world.faults.rest({
      kind: 'error',
      status: 403,
      message: 'Resource not accessible by integration',
      when: onRef,
    })
    await expect(tip()).rejects.toMatchObject({
      name: 'Terminal',
      forUser: expect.stringContaining('An owner must grant'),
    })
  })
})

describe('conditional reads', () => {
  test('an unchanged answer is not sent again, a changed one is', async () => {
    await tip()
    bench.counts.take()
    const before = await tip()
    expect(bench.counts.take()).toEqual({ conditional: 1 })
    const pushed = await bench.world.as('ada').push(bench.name, 'main', { files: { 'x.txt': 'x' } })
    expect(before).not.toEqual({ found: true, value: pushed })
    expect(await tip()).toEqual({ found: true, value: pushed })
    expect(bench.counts.take()).toEqual({ read: 1 })
  })
})

describe('pacing', () => {
  test('writes stay under 80 a minute and 500 an hour', async () => {
    const clock = createTestClock()
    const pacing = createPacing(clock)
    const begunMs = clock.nowMs()
    const atMs: number[] = []
    let sentBack = 0
    const write = async (): Promise<unknown> => {
      try {
        return await pacing.write('acme', async () => atMs.push(clock.nowMs()))
      } catch (error) {
        // Nobody is held up for a minute: the queue comes back when it is due.
        if (!(error instanceof RetryLater)) throw error
        sentBack += 1
        await clock.sleep(error.retryAfterMs)
        return write()
      }
    }
    for (let count = 0; count < 500; count++) await write()
    expect(sentBack).toBe(6)
    expect(clock.nowMs() - begunMs).toBe(6 * 60_000)
    for (const [index, at] of atMs.entries())
      expect(at - (atMs[index - 80] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(60_000)
    await expect(pacing.write('acme', async () => undefined)).rejects.toBeInstanceOf(RetryLater)
    await expect(pacing.write('other', async () => undefined)).resolves.toBeUndefined()
    // R4: our own bound holds no rollback back; GitHub's word does.
    await expect(pacing.urgent('acme', async () => 'done')).resolves.toBe('done')
    pacing.block('acme', 1000, 'GitHub says so')
    await expect(pacing.urgent('acme', async () => 'done')).rejects.toBeInstanceOf(RetryLater)
  })

  test('O6: signs that people were heard leave the last writes of an hour to what has to be said', async () => {
    const clock = createTestClock()
    const pacing = createPacing(clock)
    const acknowledge = () => pacing.acknowledge('acme', async () => undefined)
    for (let minute = 0; minute < 5; minute++) {
      for (let count = 0; count < 80; count++) await acknowledge()
      clock.advance(60_000)
    }
    await expect(acknowledge()).rejects.toThrow(
      "acme has used 400 of GitHub's 500 content writes of this hour",
    )
    await expect(pacing.write('acme', async () => 'done')).resolves.toBe('done')
    clock.advance(55 * 60_000)
    await expect(acknowledge()).resolves.toBeUndefined()
  })
})

describe('deliveries', () => {
  test('T12: failed deliveries are listed once each and can be asked for again', async () => {
    const { world, forge, clock } = bench
    world.setWebhookUrl('http://127.0.0.1:9/') // nobody listens
    const sinceMs = clock.nowMs() - 1000
    await openChange(bench, 'lin', 'topic')
    await world.idle()
    const failed = await forge.deliveries.failedSince(sinceMs)
    expect(failed.length).toBeGreaterThan(0)
    expect(new Set(failed.map((one) => one.guid)).size).toBe(failed.length)
    await forge.deliveries.redeliver(failed[0]?.id ?? 0)
    await world.idle()
    const again = await forge.deliveries.failedSince(sinceMs)
    expect(again.filter((one) => one.guid === failed[0]?.guid)).toHaveLength(1)
    expect(await forge.deliveries.failedSince(clock.nowMs() + 60_000)).toEqual([])
  })
})
