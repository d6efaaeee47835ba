/** Probes against real services: what is asked, what counts, and how often it is tried. */
import type { RequestListener } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { createClock } from '../../../src/adapters/clock.ts'
import { createOutbound } from '../../../src/adapters/outbound/outbound.ts'
import { createProbes } from '../../../src/adapters/probe/probe.ts'
import { ProbeCheck, ProbeResult } from '../../../src/core/monitoring.ts'
import { always, says, startSource } from '../outbound/source.ts'

const outbound = createOutbound({ allow: [{ kind: 'range', address: '127.0.0.0', prefix: 8 }] })
/** Pauses of seconds pass in milliseconds. */
const probes = createProbes({ outbound, clock: createClock(1000) })

const check = (parts: object = {}) =>
  ProbeCheck.parse({ name: 'health', path: '/health', retries: 0, ...parts })
async function probed(answer: RequestListener, parts: object = {}) {
  const source = await startSource(answer)
  const result = await probes.probe(check(parts), source.url, always)
  return { ...ProbeResult.parse(result), asked: source.asked.map(({ method, url }) => `${method} ${url}`) }
}

describe('R1: a probe', () => {
  test.each<[what: string, answer: RequestListener, parts: object, sentence: string | null]>([
    ['the status that is wanted', says(''), {}, null],
    ['another status', says('', { status: 503 }), {}, 'it answered 503, not 200'],
    ['a status that is no success, when wanted', says('', { status: 404 }), { status: 404 }, null],
    ['a redirect', says('', { status: 302 }), {}, 'it answered 302, not 200; redirects are not followed'],
    ['a redirect, when wanted', says('', { status: 302 }), { status: 302 }, null],
    ['a text', says('{"is":"up"}'), { assertions: [{ pointer: '/is', equals: 'up' }] }, null],
    [
      'another text',
      says('{"is":"do`wn"}'),
      { assertions: [{ pointer: '/is', equals: 'up' }] },
      '`/is` is `"do\u{fffd}wn"`, not `"up"`',
    ],
    [
      'a number instead of a text',
      says('{"is":1}'),
      { assertions: [{ pointer: '/is', equals: '1' }] },
      '`/is` is `1`, not `"1"`',
    ],
    ['null', says('{"is":null}'), { assertions: [{ pointer: '/is', equals: null }] }, null],
    [
      'absent, which is not null',
      says('{}'),
      { assertions: [{ pointer: '/is', equals: null }] },
      '`/is` is nothing, not `null`',
    ],
    [
      'an object',
      says('{"is":{"secret":"abc"}}'),
      { assertions: [{ pointer: '/is', equals: true }] },
      '`/is` is an object, not `true`',
    ],
    [
      'the second of two',
      says('{"a":1,"b":2}'),
      {
        assertions: [
          { pointer: '/a', equals: 1 },
          { pointer: '/b', equals: 1 },
        ],
      },
      '`/b` is `2`, not `1`',
    ],
    ['HTML', says('<html>'), { assertions: [{ pointer: '/a', equals: 1 }] }, 'but not in JSON'],
    ['no answer', () => undefined, { timeoutSeconds: 1 }, 'gave no whole answer within 1 s'],
  ])('%s', async (_what, answer, parts, sentence) => {
    const { ok, sentence: said, asked } = await probed(answer, parts)
    expect([ok, said]).toEqual([
      sentence === null,
      expect.stringContaining(sentence ?? 'GET `/health` answered'),
    ])
    expect(asked).toEqual(['GET /health'])
  })

  test('is tried again while the service warms up, and says at which attempt it came', async () => {
    let count = 0
    const warming: RequestListener = (_request, response) => {
      count += 1
      response.writeHead(count < 3 ? 503 : 200).end()
    }
    expect(await probed(warming, { retries: 2 })).toMatchObject({
      ok: true,
      sentence: 'GET `/health` answered 200 as it should at attempt 3',
      asked: Array(3).fill('GET /health'),
    })
  })

  test('ends after its attempts, and says how many there were', async () => {
    expect(await probed(says('', { status: 500 }), { retries: 2, method: 'POST' })).toMatchObject({
      ok: false,
      sentence: 'POST `/health`: it answered 500, not 200 (3 attempts)',
      asked: Array(3).fill('POST /health'),
    })
  })

  test('HEAD has no body and needs none', async () => {
    expect(await probed(says('{}'), { method: 'HEAD' })).toMatchObject({ ok: true, asked: ['HEAD /health'] })
  })

  test('an abort rejects, also between two attempts', async () => {
    const reason = new Error('stopped')
    const stopping = new AbortController()
    const { url } = await startSource((_request, response) => {
      response.writeHead(500).end()
      setTimeout(() => stopping.abort(reason), 5)
    })
    const patient = createProbes({ outbound, clock: createClock(1) })
    await expect(patient.probe(check({ retries: 5 }), url, stopping.signal)).rejects.toBe(reason)
  })
})

describe('T35: where a deployment says it is', () => {
  test.each([
    ['', '/health'],
    ['/', '/health'],
    ['/app', '/app/health'],
    ['/app/?preview=1#top', '/app/health'],
  ])('the path stands behind %s: %s', async (base, path) => {
    const source = await startSource(says(''))
    await probes.probe(check(), `${source.url}${base}`, always)
    expect(source.asked.map(({ url }) => url)).toEqual([path])
  })

  test.each(['', 'not a url', 'file:///etc', 'javascript:alert(1)', '//127.0.0.1/'])(
    '%s is no address',
    async (base) => {
      expect(await probes.probe(check(), base, always)).toMatchObject({
        ok: false,
        sentence: expect.stringContaining('which is no http or https URL'),
      })
    },
  )

  test('an address inside is not asked, and not asked again', async () => {
    const source = await startSource(says(''))
    const closed = createProbes({ outbound: createOutbound({ allow: [] }), clock: createClock(1) })
    expect(await closed.probe(check({ retries: 5 }), source.url, always)).toMatchObject({
      ok: false,
      sentence: expect.stringContaining('it is a loopback address'),
    })
    expect(source.asked).toEqual([])
  })

  test.each(['//evil.example/', '/\\evil.example', 'health', '/a b', '/a#b', 'http://evil.example/', ''])(
    'policy cannot write the path %s',
    (path) => {
      expect(ProbeCheck.safeParse({ name: 'x', path }).success).toBe(false)
    },
  )

  test('policy cannot look into the body of HEAD', () => {
    const look = { name: 'x', path: '/', method: 'HEAD', assertions: [{ pointer: '/a', equals: 1 }] }
    expect(ProbeCheck.safeParse(look).success).toBe(false)
  })
})
