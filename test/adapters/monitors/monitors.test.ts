/** Monitors against servers that answer badly: every answer is a reading, and only a finite number is a value. */
import type { RequestListener } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { createMonitors } from '../../../src/adapters/monitors/monitors.ts'
import { createOutbound } from '../../../src/adapters/outbound/outbound.ts'
import { MonitorReading, type MonitorSource } from '../../../src/core/monitoring.ts'
import { always, says, startSource } from '../outbound/source.ts'

const outbound = createOutbound({ allow: [{ kind: 'range', address: '127.0.0.0', prefix: 8 }] })
const monitors = createMonitors({ outbound, tokens: [], timeoutMs: 30_000 })
const at = Date.UTC(2026, 0, 2, 3, 4, 5)

const prometheus = (url: string): MonitorSource => ({ kind: 'prometheus', url, query: 'up' })
const json = (url: string, pointer = '/ratio'): MonitorSource => ({ kind: 'json', url, pointer })
const success = (resultType: string, result: unknown) =>
  JSON.stringify({ status: 'success', data: { resultType, result } })
const vector = (...values: unknown[]) =>
  success(
    'vector',
    values.map((value) => ({ metric: {}, value: [1, value] })),
  )
const matrix = (...series: unknown[][]) =>
  success(
    'matrix',
    series.map((values) => ({ metric: {}, values: values.map((value, index) => [index, value]) })),
  )

/** What a monitor makes of an answer; a reading is always one that its schema takes. */
async function sampled(answer: RequestListener, source: (url: string) => MonitorSource) {
  const { url } = await startSource(answer)
  return MonitorReading.parse(await monitors.sample(source(url), at, always))
}

describe('R3: Prometheus, one number', () => {
  test.each<[what: string, body: string, reading: number | string]>([
    ['a vector of one', vector('0.25'), 0.25],
    ['a scalar', success('scalar', [1, '42']), 42],
    ['small, as Go writes it', vector('1.5e-05'), 0.000015],
    ['negative: it is for the rollout to judge', vector('-3'), -3],
    ['NaN', vector('NaN'), 'its only point is `NaN`'],
    ['+Inf', vector('+Inf'), 'its only point is `+Inf`'],
    ['-Inf', vector('-Inf'), 'its only point is `-Inf`'],
    ['more than a number can hold', vector('1e999'), 'its only point is `1e999`'],
    ['an empty text', vector(''), 'its only point is ``'],
    ['hexadecimal', vector('0x10'), 'its only point is `0x10`'],
    ['a number that is none in this API', vector(7), "not as Prometheus' API does"],
    ['an empty vector', vector(), 'has no series'],
    ['several series', vector('1', '2', '3'), 'has 3 series for the query, and one is needed'],
    ['a matrix of one, its mean', matrix(['1', '3']), 2],
    ['a matrix of two', matrix(['1'], ['2']), 'has 2 series'],
    ['a text', success('string', [1, 'a']), 'answered with a text'],
    ['a histogram', success('vector', [{ metric: {}, histogram: [1, {}] }]), 'answered with a histogram'],
    ['an unknown kind', success('tensor', []), "not as Prometheus' API does"],
    ['another API', '{"ratio":0.5}', "not as Prometheus' API does"],
    ['HTML', '<!doctype html><title>Sign in</title>', "not as Prometheus' API does"],
    ['half an answer', vector('0.25').slice(0, 40), "not as Prometheus' API does"],
    ['nothing', '', "not as Prometheus' API does"],
    ['null', 'null', "not as Prometheus' API does"],
  ])('%s', async (_what, body, reading) => {
    expect(await sampled(says(body), prometheus)).toEqual(
      typeof reading === 'number'
        ? { ok: true, value: reading }
        : { ok: false, reason: expect.stringContaining(reading) },
    )
  })

  test.each([
    [400, '{"status":"error","errorType":"bad_data","error":"parse error: unexpected `)`"}', 'parse error'],
    [422, '{"status":"error","error":"query timed out"}', 'refused the query: `query timed out`'],
    [503, 'Service Unavailable', 'answered 503, not 200'],
    [502, vector('0'), 'answered 502, not 200'],
    [401, '{"message":"Unauthorized"}', 'answered 401, not 200'],
  ])('an error status %d is no value, whatever stands in it', async (status, body, reason) => {
    const reading = await sampled(says(body, { status }), prometheus)
    expect(reading).toEqual({ ok: false, reason: expect.stringContaining(reason) })
    // Whatever the server wrote stays inside its code span (T28).
    expect(!reading.ok && reading.reason.split('`').length % 2).toBe(1)
  })

  test('asks for the time that it was given, under the path of its server', async () => {
    const source = await startSource(says(vector('1')))
    const query = 'sum(rate(http_requests_total{status=~"5.."}[5m])) / 2'
    await monitors.sample({ kind: 'prometheus', url: `${source.url}/tenant/`, query }, at, always)
    expect(source.asked).toMatchObject([{ method: 'POST', url: '/tenant/api/v1/query' }])
    expect(Object.fromEntries(new URLSearchParams(source.asked[0]?.body))).toEqual({
      query,
      time: String(at / 1000),
    })
  })
})

describe('R3: what was before', () => {
  test.each<[what: string, body: string, reading: number | string]>([
    ['the mean of what is finite', matrix(['1', 'NaN', '+Inf', '3']), 2],
    ['figures whose sum nobody can count with', matrix(['1.5e308', '1.5e308']), 1.5e308],
    ['nothing finite', matrix(['NaN', 'NaN']), 'every point of the time that was asked for is `NaN`'],
    ['no points', matrix([]), 'is missing'],
    ['no series', matrix(), 'has no series'],
  ])('%s', async (_what, body, reading) => {
    const { url } = await startSource(says(body))
    expect(await monitors.past(prometheus(url), at, at + 60_000, always)).toEqual(
      typeof reading === 'number'
        ? { ok: true, value: reading }
        : { ok: false, reason: expect.stringContaining(reading) },
    )
  })

  test('asks for about a hundred points, however long the time', async () => {
    const source = await startSource(says(matrix(['1'])))
    for (const minutes of [1, 60, 7 * 24 * 60])
      await monitors.past(prometheus(source.url), at, at + minutes * 60_000, always)
    const steps = source.asked.map(({ body }) => Number(new URLSearchParams(body).get('step')))
    expect(steps).toEqual([1, 36, 6048])
    expect(source.asked[0]?.url).toBe('/api/v1/query_range')
  })

  test('a time that is empty, and a page that only knows now, have none', async () => {
    const source = await startSource(says(matrix(['1'])))
    expect(await monitors.past(prometheus(source.url), at, at, always)).toMatchObject({ ok: false })
    expect(await monitors.past(json(source.url), at, at + 1, always)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('no past'),
    })
    expect(source.asked).toEqual([])
  })
})

describe('R3: any JSON over HTTP', () => {
  const body = '{"ratio":0.5,"a/b":{"m~n":[1,{"x":-2}]},"text":"0.5","nothing":null,"yes":true,"big":1e999}'
  test.each<[pointer: string, reading: number | string]>([
    ['/ratio', 0.5],
    ['/a~1b/m~0n/0', 1],
    ['/a~1b/m~0n/1/x', -2],
    ['/a~1b/m~0n/length', 'has nothing at'],
    ['/a~1b/m~0n/00', 'has nothing at'],
    ['/ratio/toFixed', 'has nothing at'],
    ['/__proto__', 'has nothing at'],
    ['/constructor/length', 'has nothing at'],
    ['/absent', 'has nothing at `/absent`'],
    ['/text', 'has a text at `/text`, not a number'],
    ['/nothing', 'has null at'],
    ['/yes', 'has true or false at'],
    ['/a~1b', 'has an object at'],
    ['/a~1b/m~0n', 'has a list at'],
    ['/big', 'too large to count with'],
    ['', 'has an object at'],
  ])('%s', async (pointer, reading) => {
    expect(await sampled(says(body), (url) => json(url, pointer))).toEqual(
      typeof reading === 'number'
        ? { ok: true, value: reading }
        : { ok: false, reason: expect.stringContaining(reading) },
    )
  })

  test.each<[what: string, answer: RequestListener, reason: string]>([
    ['HTML', says('<html>', { type: 'text/html' }), 'not in JSON'],
    ['NaN, which is no JSON', says('{"ratio":NaN}'), 'not in JSON'],
    ['half of it', says('{"ratio":0.'), 'not in JSON'],
    ['an error', says('{"ratio":0}', { status: 500 }), 'answered 500, not 200'],
    ['no content', says('', { status: 204 }), 'answered 204, not 200'],
    [
      'elsewhere',
      (_request, response) =>
        response.writeHead(307, { location: 'http://169.254.169.254/' }).end('{"ratio":0}'),
      'answered 307, not 200; redirects are not followed',
    ],
    ['a megabyte of brackets', says('['.repeat(1_000_000)), 'not in JSON'],
  ])('%s is no value', async (_what, answer, reason) => {
    expect(await sampled(answer, json)).toEqual({ ok: false, reason: expect.stringContaining(reason) })
  })

  test('a long number at the top is one too', async () => {
    expect(await sampled(says('0.123456789'), (url) => json(url, ''))).toEqual({
      ok: true,
      value: 0.123456789,
    })
  })
})

describe('T35: tokens', () => {
  const withToken = (origin: string) =>
    createMonitors({ outbound, tokens: [{ origin, token: 'the-token-of-the-operator' }], timeoutMs: 30_000 })

  test('go to the origin that the operator bound them to, and to no other', async () => {
    const [mine, other] = [await startSource(says('{"ratio":1}')), await startSource(says('{"ratio":1}'))]
    const bound = withToken(mine.url)
    for (const source of [
      json(mine.url),
      prometheus(mine.url),
      json(other.url),
      json(`http://localhost:${mine.port}`),
    ])
      await bound.sample(source, at, always)
    const sent = (source: typeof mine) => source.asked.map(({ headers }) => headers.authorization)
    expect(sent(mine).slice(0, 2)).toEqual(Array(2).fill('Bearer the-token-of-the-operator'))
    // The last one leads to the same server by another name, where that has no IPv6 address that is not allowed here.
    expect(sent(mine).slice(2).filter(Boolean)).toEqual([])
    expect(sent(other)).toEqual([undefined])
  })

  test('are not sent along with a downgrade from https to http', async () => {
    const source = await startSource(says('{"ratio":1}'))
    const bound = withToken(`https://127.0.0.1:${source.port}`)
    expect(await bound.sample(json(source.url), at, always)).toEqual({ ok: true, value: 1 })
    expect(source.asked[0]?.headers.authorization).toBeUndefined()
  })
})

test('R3: an abort rejects; everything else is a reading', async () => {
  const reason = new Error('stopped')
  for (const source of [json('http://127.0.0.1:1/'), prometheus('http://127.0.0.1:1/')]) {
    await expect(monitors.sample(source, at, AbortSignal.abort(reason))).rejects.toBe(reason)
    await expect(monitors.past(source, at, at + 1, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(await monitors.sample(source, at, always)).toEqual({
      ok: false,
      reason: '`127.0.0.1:1` refused the connection',
    })
  }
})
