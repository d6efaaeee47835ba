/** The demo's service is as well or as ill as its commit says: measured from outside, under load, by our own monitors and probes. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { behaviours } from '../../demo/deploying.ts'
import { type Load, startLoad } from '../../demo/load.ts'
import type { Behaviour } from '../../demo/service/behaviour.ts'
import { systemClock } from '../../src/adapters/clock.ts'
import { createMonitors } from '../../src/adapters/monitors/monitors.ts'
import { createOutbound } from '../../src/adapters/outbound/outbound.ts'
import { createProbes } from '../../src/adapters/probe/probe.ts'
import { ProbeCheck } from '../../src/core/monitoring.ts'
import { type Service, startService } from '../support/service.ts'

const outbound = createOutbound({ allow: [{ kind: 'range', address: '127.0.0.0', prefix: 8 }] })
const monitors = createMonitors({ outbound, tokens: [] })
const probes = createProbes({ outbound, clock: systemClock })
const { signal } = new AbortController()
// Hundreds of requests take seconds, and on a busy machine many.
jest.setTimeout(240_000)

let service: Service
let load: Load | undefined
beforeAll(async () => {
  service = await startService({ windowSeconds: 600 })
})
afterAll(async () => {
  await load?.stop()
  await service.close()
})

/** Deploys a version, lets it answer some hundred requests, and reads what it tells of itself. */
async function under(version: string, behaviour: Partial<Behaviour>) {
  const url = await service.deploy(version, behaviour)
  load ??= startLoad(url)
  // The first answers may still be the old version's.
  await load.further(350)
  const read = async (pointer: string) => {
    const reading = await monitors.sample({ kind: 'json', url: `${url}/stats.json`, pointer }, 0, signal)
    return reading.ok ? reading.value : reading.reason
  }
  return {
    url,
    requests: await read('/requests'),
    errorRatio: await read('/errorRatio'),
    p95Ms: await read('/p95Ms'),
    memory: await read('/memory/ratio'),
  }
}
const health = (version: string) =>
  ProbeCheck.parse({
    name: 'health',
    path: '/health',
    retries: 0,
    assertions: [
      { pointer: '/status', equals: 'ok' },
      { pointer: '/version', equals: version },
    ],
  })

describe('R3: the demo service under load', () => {
  test('before anybody asked, it has no figures rather than good ones', async () => {
    const url = await service.deploy('v0', behaviours.healthy)
    for (const pointer of ['/errorRatio', '/p95Ms'])
      expect(await monitors.sample({ kind: 'json', url: `${url}/stats.json`, pointer }, 0, signal)).toEqual({
        ok: false,
        reason: expect.stringContaining(`has null at \`${pointer}\`, not a number`),
      })
    const invoice =
      '{"number":"1","customer":"Acme","lines":[{"description":"Work","quantity":1000,"unitPrice":1000}]}'
    const rendered = await fetch(`${url}/invoices`, { method: 'POST', body: invoice })
    expect(await rendered.text()).toMatch(
      /^Invoice 1 for Acme\nWork +10\.00\nNet +10\.00\nTax +2\.00\nTotal +12\.00$/,
    )
    const wrong = await fetch(`${url}/invoices`, { method: 'POST', body: '{}' })
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('invoice.lines')])
  })

  test('healthy', async () => {
    const { url, ...read } = await under('v1', behaviours.healthy)
    expect(read.requests).toBeGreaterThan(200)
    expect(read.errorRatio).toBe(0)
    expect(read.memory).toBeLessThan(0.85)
    expect(await probes.probe(health('v1'), url, signal)).toMatchObject({ ok: true })
    expect(await probes.probe(health('v0'), url, signal)).toMatchObject({ ok: false })
  })

  test('failing: a fifth of the requests', async () => {
    const { errorRatio } = await under('v2', behaviours.failing)
    expect(errorRatio).toBeGreaterThan(0.19)
    expect(errorRatio).toBeLessThan(0.21)
  })

  test('slow: over 500 ms at the 95th percentile, and nothing fails', async () => {
    const { p95Ms, errorRatio } = await under('v3', behaviours.slow)
    expect(p95Ms).toBeGreaterThan(690)
    expect(errorRatio).toBe(0)
  })

  test('leaking: over 85 % of its memory, and not without end', async () => {
    const { url, memory } = await under('v4', behaviours.leaking)
    expect(memory).toBeGreaterThan(0.85)
    // Where its limit is, it stops: the machine that runs this has other things to do.
    await load?.further(400)
    const after = await monitors.sample(
      { kind: 'json', url: `${url}/stats.json`, pointer: '/memory/ratio' },
      0,
      signal,
    )
    expect(after.ok && after.value).toBeLessThan(1.3)
  })

  test('unwell: it says so to a probe', async () => {
    const { url } = await under('v5', behaviours.unwell)
    expect(await probes.probe(health('v5'), url, signal)).toEqual({
      name: 'health',
      ok: false,
      sentence: 'GET `/health`: it answered 503, not 200 (1 attempt)',
    })
  })
})
