/** The operator's settings for what lies outside: what is refused at the start, and that they reach the ports. */
import { describe, expect, test } from '@jest/globals'
import { createClock } from '../../src/adapters/clock.ts'
import { createMetrics } from '../../src/adapters/metrics/prometheus.ts'
import { createOutside } from '../../src/connect/outside.ts'
import { ProbeCheck } from '../../src/core/monitoring.ts'
import { readEnvironment } from '../../src/environment.ts'
import { always, says, startSource } from '../adapters/outbound/source.ts'

const app = {
  APP_ID: '1',
  PRIVATE_KEY: '-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----',
  WEBHOOK_SECRET: 'a-secret-of-more-than-16',
}
const read = (settings: Record<string, string>) => readEnvironment({ ...app, ...settings })

describe('T35: what is refused at the start', () => {
  test.each([
    ['OUTBOUND_ALLOW', 'http://metrics.internal'],
    ['OUTBOUND_ALLOW', '*.internal'],
    ['OUTBOUND_ALLOW', '10.0.0.0/33'],
    ['OUTBOUND_ALLOW', '10.0.0/8'],
    ['OUTBOUND_ALLOW', 'fd00::/129'],
    ['OUTBOUND_ALLOW', 'metrics.internal:99999'],
    ['OUTBOUND_ALLOW', 'user@metrics.internal'],
    ['OUTBOUND_TOKENS', 'prometheus.example.com'],
    ['OUTBOUND_TOKENS', 'prometheus.example.com=WEBHOOK_SECRET'],
    ['OUTBOUND_TOKENS', 'prometheus.example.com/path=PROMETHEUS_TOKEN'],
    ['OUTBOUND_TOKENS', 'ftp://prometheus.example.com=PROMETHEUS_TOKEN'],
    ['OUTBOUND_TOKENS', '=PROMETHEUS_TOKEN'],
    ['ALERT_WEBHOOKS', 'https://hooks.example/the-secret'],
    ['ALERT_WEBHOOKS', 'ops=the-secret'],
    ['ALERT_WEBHOOKS', 'OPS=https://hooks.example/the-secret'],
    ['ALERT_WEBHOOKS', 'ops=https://user:the-secret@hooks.example/'],
  ])('%s=%s', (name, value) => {
    const reading = read({ [name]: value, PROMETHEUS_TOKEN: 'a-token-of-the-operator' })
    expect(reading).toEqual({ kind: 'refused', message: expect.stringContaining(`  - ${name} `) })
    expect(JSON.stringify(reading)).not.toContain('the-secret')
  })

  test('a token that is missing, or that no header carries', () => {
    const bound = { OUTBOUND_TOKENS: 'prometheus.example.com=PROMETHEUS_TOKEN' }
    expect(read(bound)).toMatchObject({ message: expect.stringContaining('PROMETHEUS_TOKEN is missing') })
    const split = read({ ...bound, PROMETHEUS_TOKEN: 'the-secret\r\nx-evil: 1' })
    expect(split).toMatchObject({ message: expect.stringContaining('PROMETHEUS_TOKEN is no token') })
    expect(JSON.stringify(split)).not.toContain('the-secret')
  })
})

test('T35: without settings nothing inside is reached; with them exactly what they name', async () => {
  const source = await startSource(says('{"ratio":0.5}'))
  const other = await startSource(says('{"ratio":0.5}'))
  const outside = (settings: Record<string, string>) => {
    const reading = read(settings)
    if (reading.kind !== 'ready') throw new Error(JSON.stringify(reading))
    const metrics = createMetrics(false)
    return { ...createOutside(reading.environment.outbound, { clock: createClock(1000), metrics }), metrics }
  }
  const json = ({ url }: { url: string }) => ({ kind: 'json' as const, url, pointer: '/ratio' })
  const health = ProbeCheck.parse({ name: 'health', path: '/', retries: 0 })
  const message = { episode: 'e', kind: 'raised' as const, title: 't', text: '', url: null }

  const closed = outside({})
  expect(await closed.monitors.sample(json(source), 0, always)).toMatchObject({ ok: false })
  expect(await closed.probes.probe(health, source.url, always)).toMatchObject({ ok: false })
  expect(await closed.alerts.send('ops', message, always)).toMatchObject({ ok: false })
  expect([...source.asked, ...other.asked]).toEqual([])

  const open = outside({
    OUTBOUND_ALLOW: `127.0.0.1:${source.port}, metrics.internal`,
    OUTBOUND_TOKENS: `http://127.0.0.1:${source.port}=MY_TOKEN`,
    MY_TOKEN: 'a-token-of-the-operator',
    // The operator names the webhook here, and needs not name it again.
    ALERT_WEBHOOKS: `team=${other.url}/a?b=1,2, ops=${other.url}/b`,
  })
  expect(await open.monitors.sample(json(source), 0, always)).toEqual({ ok: true, value: 0.5 })
  expect(await open.monitors.sample(json(other), 0, always)).toMatchObject({ ok: false })
  expect(await open.probes.probe(health, source.url, always)).toMatchObject({ ok: true })
  expect(await open.probes.probe(health, other.url, always)).toMatchObject({ ok: false })
  for (const channel of ['team', 'ops'])
    expect(await open.alerts.send(channel, message, always)).toEqual({ ok: true })
  expect(other.asked.map(({ url }) => url)).toEqual(['/a?b=1,2', '/b'])
  // The service that a deployment names gets no token, whatever its address is.
  expect(source.asked.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer a-token-of-the-operator',
    undefined,
  ])
  const counted = (await open.metrics.text())
    .split('\n')
    .filter((line) => line.startsWith('countersign_outbound'))
  expect(counted.sort()).toEqual([
    'countersign_outbound_requests_total{purpose="alert",outcome="success"} 2',
    'countersign_outbound_requests_total{purpose="monitor",outcome="refused"} 1',
    'countersign_outbound_requests_total{purpose="monitor",outcome="success"} 1',
    'countersign_outbound_requests_total{purpose="probe",outcome="refused"} 1',
    'countersign_outbound_requests_total{purpose="probe",outcome="success"} 1',
  ])
})
