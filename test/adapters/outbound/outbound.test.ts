/** The guarded client against real servers: where it does not go, what it does not swallow, and that it always ends. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import type { Allowed } from '../../../src/adapters/outbound/addresses.ts'
import {
  createOutbound,
  type OutboundOptions,
  type OutboundRequest,
} from '../../../src/adapters/outbound/outbound.ts'
import { freePort } from '../../support/servers.ts'
import { always, certificateFile, says, startSource } from './source.ts'

const loopback: Allowed = { kind: 'range', address: '127.0.0.0', prefix: 8 }
const inside: Allowed[] = [loopback]

const ask = (
  url: string,
  more: Partial<OutboundRequest> = {},
  options: OutboundOptions = { allow: inside },
) => createOutbound(options).ask({ url, method: 'GET', timeoutMs: 30_000, signal: always, ...more })

describe('T35: where it does not go', () => {
  test.each([
    'http://127.0.0.1:PORT/',
    'http://localhost:PORT/',
    'http://localhost.:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f.0.0.1:PORT/',
    'http://0177.1:PORT/',
    'http://127.1:PORT/',
    'http://0:PORT/',
    'http://[::1]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[0:0:0:0:0:ffff:7f00:1]:PORT/',
    'http://[64:ff9b::7f00:1]:PORT/',
    'http://１２７.０.０.１:PORT/',
    'http://169.254.169.254/latest/meta-data/',
  ])('%s without an allow list', async (template) => {
    const { port, asked } = await startSource(says('{}'))
    const answer = await ask(template.replace('PORT', `${port}`), {}, { allow: [] })
    expect(answer).toEqual({
      kind: 'refused',
      reason: expect.stringMatching(
        /was not asked: (it is|it leads to) an? \S+ address\. .* in OUTBOUND_ALLOW$/,
      ),
    })
    expect(asked).toEqual([])
  })

  test('a name with one address outside and one inside', async () => {
    const { port, asked } = await startSource(says('{}'))
    const resolve = async () => [
      { address: '93.184.216.34', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]
    expect(await ask(`http://two.example:${port}/`, {}, { allow: [], resolve })).toMatchObject({
      kind: 'refused',
    })
    expect(asked).toEqual([])
  })

  test('a name that changes its mind: it is resolved once, and what was checked is connected to', async () => {
    const [checked, other] = [await startSource(says('"checked"')), await startSource(says('"other"'))]
    let asked = 0
    // Both listen on loopback; the second look-up would lead to an address on which neither does.
    const resolve = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '127.9.9.9', family: 4 }]
    const options = { allow: inside, resolve }
    expect(await ask(`http://rebinding.example:${checked.port}/`, {}, options)).toMatchObject({
      kind: 'answered',
      text: '"checked"',
    })
    expect(asked).toBe(1)
    expect(checked.asked[0]?.headers.host).toBe(`rebinding.example:${checked.port}`)
    expect(other.asked).toEqual([])
  })

  test('a redirect, be it to a private address or to anywhere: it is an answer and is not followed', async () => {
    const secret = await startSource(says('"the secret"'))
    const { url } = await startSource((_request, response) => {
      response.writeHead(302, { location: `${secret.url}/` }).end('moved')
    })
    expect(await ask(url)).toMatchObject({ kind: 'answered', status: 302, text: 'moved' })
    expect(secret.asked).toEqual([])
  })

  test.each([
    ['file:///etc/passwd', 'only http and https are'],
    ['ftp://example.com/', 'only http and https are'],
    ['http://user:password@example.com/', 'user or password'],
    ['//example.com/', 'is no URL'],
    ['', 'is no URL'],
  ])('%s', async (url, reason) => {
    const answer = await ask(url)
    expect(answer).toMatchObject({ kind: 'refused', reason: expect.stringContaining(reason) })
    expect(JSON.stringify(answer)).not.toContain('user:password')
  })

  test('T28: a host in a sentence stays inside its code span, and no address is published', async () => {
    const resolve = async () => [{ address: '10.11.12.13', family: 4 }]
    const answer = await ask('http://a`b.example/', {}, { allow: [], resolve })
    expect(JSON.stringify(answer)).not.toContain('10.11.12.13')
    expect(answer.kind).toBe('refused')
    expect('reason' in answer && answer.reason.split('`')).toHaveLength(3)
  })
})

describe('T35: what the operator allows', () => {
  test('a host by its name and port, and no other port of it', async () => {
    const { port } = await startSource(says('1'))
    const allow: Allowed[] = [{ kind: 'host', host: 'localhost', port }]
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
    expect(await ask(`http://localhost:${port}/`, {}, { allow, resolve })).toMatchObject({ text: '1' })
    expect(await ask(`http://localhost:${port + 1}/`, {}, { allow, resolve })).toMatchObject({
      kind: 'refused',
    })
    expect(await ask(`http://127.0.0.1:${port}/`, {}, { allow, resolve })).toMatchObject({ kind: 'refused' })
  })

  test('sends what it was given, with no cookie and nothing of this process', async () => {
    const source = await startSource(says('{}'))
    await ask(`${source.url}/a?b=c`, {
      method: 'POST',
      body: 'späte',
      headers: { 'content-type': 'text/plain' },
    })
    expect(source.asked).toEqual([
      {
        method: 'POST',
        url: '/a?b=c',
        body: 'späte',
        headers: {
          host: `127.0.0.1:${source.port}`,
          'user-agent': 'countersign',
          accept: 'application/json',
          'accept-encoding': 'identity',
          'content-type': 'text/plain',
          'content-length': '6',
          connection: 'close',
        },
      },
    ])
  })
})

describe('T35: whatever a server does, there is an end', () => {
  test('100 MB end at the bound, long before they were sent', async () => {
    let written = 0
    const { url } = await startSource(async (_request, response) => {
      const closed = once(response, 'close')
      const part = Buffer.alloc(64 * 1024, 'x')
      for (; written < 100 * 1024 ** 2 && !response.destroyed; written += part.length)
        if (!response.write(part)) await Promise.race([once(response, 'drain'), closed])
      response.end()
    })
    expect(await ask(url)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('more than 1 MB'),
    })
    expect(written).toBeLessThan(50 * 1024 ** 2)
  })

  test.each<[string, number | null]>([
    ['silence after the connection', null],
    ['silence after half an answer', 10],
  ])('%s ends with the time that was given', async (_what, half) => {
    const { url } = await startSource((_request, response) => {
      if (half !== null) response.writeHead(200, { 'content-length': 100 }).write('x'.repeat(half))
    })
    expect(await ask(url, { timeoutMs: 200 })).toEqual({
      kind: 'failed',
      reason: expect.stringContaining('gave no whole answer within 0.2 s'),
    })
  })

  test('a look-up that never ends is left behind', async () => {
    const resolve = () => new Promise<never>(() => undefined)
    const answer = await ask('http://slow.example/', { timeoutMs: 100 }, { allow: [], resolve })
    expect(answer).toMatchObject({ kind: 'failed', reason: expect.stringContaining('within 0.1 s') })
  })

  test('an abort rejects with its reason, before and during the request', async () => {
    const reason = new Error('stopped')
    await expect(ask('http://127.0.0.1:1/', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const stopping = new AbortController()
    const { url } = await startSource(() => stopping.abort(reason))
    await expect(ask(url, { signal: stopping.signal })).rejects.toBe(reason)
  })

  test('half an answer, no HTTP, no listener, no such name: each has its sentence', async () => {
    const { url } = await startSource((_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"a":')
      response.socket?.end()
    })
    expect(await ask(url)).toMatchObject({ reason: expect.stringContaining('before its answer was whole') })

    const gibberish = createServer((socket) => socket.resume().end('220 mail.example ESMTP\r\n'))
    await new Promise<void>((ready) => gibberish.listen(0, '127.0.0.1', ready))
    const address = gibberish.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    expect(await ask(`http://127.0.0.1:${port}/`)).toMatchObject({
      reason: expect.stringContaining('did not answer in HTTP (HPE_'),
    })
    expect(await ask(`https://127.0.0.1:${port}/`)).toMatchObject({
      reason: expect.stringMatching(/did not answer in TLS|closed the connection/),
    })
    await new Promise((closed) => gibberish.close(closed))

    expect(await ask(`http://127.0.0.1:${await freePort()}/`)).toMatchObject({
      reason: expect.stringContaining('refused the connection'),
    })
    const resolve = () => Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }))
    expect(await ask('http://nowhere.example/', {}, { allow: [], resolve })).toMatchObject({
      reason: '`nowhere.example` has no address (ENOTFOUND)',
    })
  })
})

describe('T35: TLS', () => {
  test('a certificate that nobody vouches for is refused before anything is sent', async () => {
    const source = await startSource(says('{}'), { tls: true })
    expect(await ask(source.url, { headers: { authorization: 'Bearer x' } })).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\).*NODE_EXTRA_CA_CERTS/),
    })
    expect(source.asked).toEqual([])
  })

  test('the operator adds an authority of their own by NODE_EXTRA_CA_CERTS; the name must still fit', async () => {
    const source = await startSource(says('"in private"'), { tls: true })
    const program = `
      const { createOutbound } = await import('./src/adapters/outbound/outbound.ts')
      const outbound = createOutbound({
        allow: [{ kind: 'range', address: '127.0.0.0', prefix: 8 }],
        resolve: async () => [{ address: '127.0.0.1', family: 4 }],
      })
      const signal = AbortSignal.timeout(30_000)
      for (const host of ['localhost', 'other.example']) {
        const answer = await outbound.ask({ url: 'https://' + host + ':${source.port}/', method: 'GET', timeoutMs: 20_000, signal })
        console.log(answer.text ?? answer.reason)
      }`
    const [stdout, stderr] = await new Promise<[string, string]>((done) => {
      const given = ['--input-type=module', '--eval', program]
      execFile(
        process.execPath,
        given,
        { env: { NODE_EXTRA_CA_CERTS: certificateFile } },
        (_error, ...said) => done(said),
      )
    })
    expect(stderr).toBe('')
    expect(stdout.split('\n')).toEqual([
      '"in private"',
      expect.stringContaining('not trusted (ERR_TLS_CERT_ALTNAME_INVALID)'),
      '',
    ])
  })
})
