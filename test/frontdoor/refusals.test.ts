/** What the front door refuses, and how it answers: over real HTTP. */
import { createConnection } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../src/adapters/clock.ts'
import { maximumBodyBytes } from '../../src/adapters/http/body.ts'
import { webhookPath } from '../../src/adapters/http/server.ts'
import { sign } from '../../src/adapters/http/signature.ts'
import { silentLog } from '../../src/adapters/log.ts'
import { inProcessQueue } from '../../src/adapters/queue/inProcess/queue.ts'
import { ada, type Delivering, type Door, issue, openDoor, repository, secret } from './door.ts'

let door: Door
beforeAll(async () => {
  door = await openDoor()
})
afterAll(() => door.close())

const labelled = { action: 'labeled', repository, issue: issue(), label: { name: 'agent' }, sender: ada }
const noSignature = { 'x-hub-signature-256': undefined }

const refusals: [string, Delivering, number, RegExp][] = [
  ['T33: no signature', { headers: noSignature }, 401, /set the secret/],
  ['T33: a signature of another form', { headers: { 'x-hub-signature-256': 'sha1=00' } }, 401, /64 hex/],
  [
    'T33: a wrong signature',
    { headers: { 'x-hub-signature-256': sign('wrong', 'x') } },
    401,
    /WEBHOOK_SECRET must be/,
  ],
  [
    "T33: signed with Probot's default secret",
    { headers: { 'x-hub-signature-256': sign('development', JSON.stringify(labelled)) } },
    401,
    /does not fit the body/,
  ],
  [
    'T33: a changed body',
    { body: '{}', headers: { 'x-hub-signature-256': sign(secret, '{ }') } },
    401,
    /does not fit/,
  ],
  ['not JSON', { body: 'payload=%7B%7D' }, 400, /application\/json/],
  ['cut JSON', { body: '{"action":' }, 400, /not JSON/],
  ['an empty body', { body: '' }, 400, /not JSON/],
  ['no event', { headers: { 'x-github-event': undefined } }, 400, /X-GitHub-Event/],
  ['an odd event', { headers: { 'x-github-event': '../x' } }, 400, /X-GitHub-Event/],
  ['no delivery', { headers: { 'x-github-delivery': undefined } }, 400, /X-GitHub-Delivery/],
  ['another method', { method: 'GET' }, 405, /POST/],
]
test.each(refusals)('%s is refused and changes nothing', async (_, options, status, text) => {
  const answer = await door.deliver('issues', labelled, options)
  expect(answer).toMatchObject({ status, text: expect.stringMatching(text) })
  expect(await door.ledger.subjects()).toEqual([])
})

describe('size', () => {
  /** Send raw bytes and collect the answer, without a client that waits for its upload to be read. */
  const raw = (head: string[], body: (write: (chunk: Buffer) => boolean) => void) =>
    new Promise<{ answer: string; sent: number }>((resolve) => {
      let answer = ''
      let sent = 0
      const socket = createConnection(door.server.port, '127.0.0.1', () => {
        socket.write(`POST ${webhookPath} HTTP/1.1\r\nhost: x\r\n${head.join('\r\n')}\r\n\r\n`)
        body((chunk) => {
          if (socket.destroyed) return false
          sent += chunk.length
          return socket.write(chunk)
        })
      })
      socket.on('data', (chunk: Buffer) => {
        answer += chunk.toString()
      })
      // The server ends the connection while we still send.
      socket.on('error', () => undefined)
      socket.on('close', () => resolve({ answer, sent }))
    })
  const headers = [
    'x-github-event: issues',
    'x-github-delivery: g',
    `x-hub-signature-256: ${sign(secret, 'x')}`,
  ]

  test('a body that says it is over 25 MB is answered with 413 before any of it is read', async () => {
    const { answer } = await raw([...headers, `content-length: ${maximumBodyBytes + 1}`], () => undefined)
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*over 26214400 bytes/s)
  })

  test('an endless body without a length is cut at the bound', async () => {
    const { answer, sent } = await raw([...headers, 'transfer-encoding: chunked'], (write) => {
      const chunk = Buffer.concat([
        Buffer.from('100000\r\n'),
        Buffer.alloc(0x100000, 32),
        Buffer.from('\r\n'),
      ])
      const more = (left: number) => {
        if (left > 0 && (write(chunk) || true)) setTimeout(more, 2, left - 1)
      }
      more(200)
    })
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(sent).toBeLessThan(60 * 1024 * 1024)
  })

  test('an unsigned upload is refused at its head', async () => {
    const { answer } = await raw(['content-length: 20000000'], () => undefined)
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
  })

  test('a signed body just under the bound is read', async () => {
    const body = JSON.stringify({ action: 'opened', filler: 'x'.repeat(maximumBodyBytes - 100) })
    expect(await door.deliver('issues', null, { body })).toMatchObject({
      status: 202,
      text: expect.stringContaining('cannot read'),
    })
  })
})

describe('O5', () => {
  const get = async (path: string) => {
    const response = await fetch(`${door.server.url}${path}`)
    return { status: response.status, text: await response.text() }
  }
  test('T25: to anybody who asks, readiness tells no host, user or path of an error', async () => {
    const queue = inProcessQueue({ clock: systemClock, log: silentLog })
    const ping = () =>
      Promise.reject(new Error('password authentication failed for user "ledger" at 10.1.2.3'))
    const other = await openDoor({ queue: { ...queue, ping } })
    const answer = await fetch(`${other.server.url}/readyz`)
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { ready: false, ledger: 'ok', queue: 'does not answer' },
    ])
    await other.close()
  })

  test('health, readiness and metrics answer; other paths do not', async () => {
    expect(await get('/healthz')).toEqual({ status: 200, text: '{"status":"alive"}\n' })
    expect(await get('/readyz')).toMatchObject({
      status: 200,
      text: '{"ready":true,"ledger":"ok","queue":"ok"}\n',
    })
    await door.deliver('issues', labelled, { headers: noSignature })
    expect((await get('/metrics')).text).toMatch(
      /countersign_webhooks_total\{event="refused",status="401"\} [1-9]/,
    )
    expect(await get('/etc/passwd')).toMatchObject({ status: 404 })
  })
})
