/** Monitors on a real Prometheus that scrapes a real service, while its versions become ill one after the other. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { behaviours } from '../../../demo/deploying.ts'
import { type Load, startLoad } from '../../../demo/load.ts'
import { createMonitors } from '../../../src/adapters/monitors/monitors.ts'
import { createOutbound } from '../../../src/adapters/outbound/outbound.ts'
import type { MonitorReading } from '../../../src/core/monitoring.ts'
import { describeWith } from '../../support/require.ts'
import { type Server, startPrometheus } from '../../support/servers.ts'
import { type Service, startService } from '../../support/service.ts'

const outbound = createOutbound({ allow: [{ kind: 'range', address: '127.0.0.0', prefix: 8 }] })
const monitors = createMonitors({ outbound, tokens: [], timeoutMs: 30_000 })
const { signal } = new AbortController()

/** As an operator would write them; `or vector(0)` since nothing that failed has no series. */
const queries = {
  errorRatio:
    '(sum(rate(http_requests_total{status=~"5.."}[10s])) or vector(0)) / sum(rate(http_requests_total[10s]))',
  p95: 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[10s])))',
  memory: 'process_resident_memory_bytes / service_memory_limit_bytes',
  requests: 'sum(increase(http_requests_total[10s]))',
}

describeWith('prometheus', 'R3: a real Prometheus', () => {
  let service: Service
  let load: Load
  let prometheus: Server
  const source = (query: string) => ({ kind: 'prometheus' as const, url: prometheus.url, query })
  const sample = (query: string, atMs = Date.now()) => monitors.sample(source(query), atMs, signal)
  const when = new Map<string, number>()

  /** Waits until a figure is as it should be; says what it was at last. */
  async function until(query: string, is: (value: number) => boolean): Promise<number> {
    let last: MonitorReading | undefined
    for (const deadline = Date.now() + 120_000; Date.now() < deadline; ) {
      last = await sample(query)
      if (last.ok && is(last.value)) return last.value
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
    throw new Error(`waited in vain; ${query} was last read as ${JSON.stringify(last)}`)
  }

  beforeAll(async () => {
    service = await startService()
    const url = await service.deploy('v1', behaviours.healthy)
    prometheus = await startPrometheus(new URL(url).host)
    load = startLoad(url)
  }, 120_000)
  afterAll(async () => {
    await load.stop()
    await prometheus.stop()
    await service.close()
  }, 60_000)

  test('a service that was never scraped has no series, which is no zero', async () => {
    const yesterday = Date.now() - 24 * 3600 * 1000
    for (const query of [queries.p95, queries.memory])
      expect(await sample(query, yesterday)).toEqual({
        ok: false,
        reason: expect.stringContaining('has no series for the query'),
      })
    expect(await monitors.past(source(queries.memory), yesterday, yesterday + 60_000, signal)).toMatchObject({
      ok: false,
    })
  })

  test('healthy: no error, quick, and within its memory', async () => {
    await until(queries.requests, (value) => value > 100)
    expect(await sample(queries.errorRatio)).toEqual({ ok: true, value: 0 })
    await until(queries.p95, (value) => value > 0 && value < 0.5)
    await until(queries.memory, (value) => value > 0 && value < 0.85)
    when.set('healthy', Date.now())
  }, 150_000)

  test('failing: the share of errors is read as it is', async () => {
    await service.deploy('v2', behaviours.failing)
    const ratio = await until(queries.errorRatio, (value) => value > 0.15)
    expect(ratio).toBeLessThan(0.3)
    when.set('failing', Date.now())
  }, 150_000)

  test('slow: the 95th percentile goes over half a second', async () => {
    await service.deploy('v3', behaviours.slow)
    await until(queries.p95, (value) => value > 0.5)
  }, 150_000)

  test('leaking: memory goes over 85 % of its limit', async () => {
    await service.deploy('v4', behaviours.leaking)
    await until(queries.memory, (value) => value > 0.85)
  }, 150_000)

  test('the past is still there: a moment, and the mean of a time', async () => {
    const [healthy = 0, failing = 0] = [when.get('healthy'), when.get('failing')]
    expect(await sample(queries.errorRatio, healthy)).toEqual({ ok: true, value: 0 })
    const moment = await sample(queries.errorRatio, failing)
    expect(moment.ok && moment.value).toBeGreaterThan(0.15)
    const mean = await monitors.past(source(queries.errorRatio), healthy, failing, signal)
    expect(mean.ok && mean.value).toBeGreaterThan(0)
    expect(mean.ok && mean.value).toBeLessThan(moment.ok ? moment.value : 0)
  })

  test.each<[what: string, query: string, reading: number | string]>([
    ['a number', '1 + 1', 2],
    ['not a number', 'vector(0) / vector(0)', 'is `NaN`'],
    ['infinite', '1 / 0', 'is `+Inf`'],
    ['several series', 'http_request_duration_seconds_bucket', 'series for the query, and one is needed'],
    ['nothing', 'no_such_metric', 'has no series'],
    ['a text', '"text"', 'answered with a text'],
    ['no query at all', 'sum(', 'refused the query: `'],
    ['what has no value yet', 'rate(up[1ms])', 'has no series'],
  ])('%s', async (_what, query, reading) => {
    expect(await sample(query)).toEqual(
      typeof reading === 'number'
        ? { ok: true, value: reading }
        : { ok: false, reason: expect.stringContaining(reading) },
    )
  })

  test('a service that is gone has no series soon; a Prometheus that is gone is a sentence', async () => {
    await service.close()
    await until('up', (value) => value === 0)
    expect(await sample(queries.memory)).toMatchObject({ reason: expect.stringContaining('has no series') })
    await prometheus.stop()
    expect(await sample(queries.memory)).toMatchObject({
      reason: expect.stringContaining('refused the connection'),
    })
  }, 150_000)
})
