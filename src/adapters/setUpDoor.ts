/**
 * The door of the set-up page: only whoever read the terminal comes in, and only the App that was asked for here is taken.
 * Whose credentials are written decides whom the operator then gives access to all repositories.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const cookie = 'countersign-set-up'
/** What the page itself answers with is a few kilobytes; a key that is entered has fewer. */
const mostBytes = 100_000
const shut =
  'This page opens only by the whole address that Countersign has printed at its terminal, with the key in it.\n'
const foreign = 'That App was not asked for on this page, and nothing was written. Begin again on the page.\n'

export interface Door {
  url: string
  /** Whether somebody who came in is handing in credentials at this moment. */
  admitted(): boolean
  stop(): Promise<void>
}

/** @param inner the port of the page itself on 127.0.0.1. */
export async function openDoor(at: { host: string; port: number }, inner: number): Promise<Door> {
  const [key, state] = [randomBytes(24).toString('base64url'), randomBytes(24).toString('base64url')]
  let handingIn = 0

  const refuse = (response: ServerResponse, why: string) =>
    response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(why)

  const server = createServer((request, response) => {
    const address = URL.canParse(request.url ?? '', 'http://page.invalid')
      ? new URL(request.url ?? '', 'http://page.invalid')
      : null
    if (address && request.method === 'GET' && same(address.searchParams.get('key'), key)) {
      // Lax: the way back from GitHub begins on GitHub. What it brings is bound to this page by `state`.
      const kept = `${cookie}=${key}; HttpOnly; SameSite=Lax; Path=/`
      response
        .writeHead(302, { location: '/probot', 'set-cookie': kept, 'referrer-policy': 'no-referrer' })
        .end()
      return
    }
    if (!address || !same(cookieOf(request), key)) return void refuse(response, shut)
    if (address.pathname === '/probot/setup' && !same(address.searchParams.get('state'), state))
      return void refuse(response, foreign)
    handingIn += 1
    response.once('close', () => {
      handingIn -= 1
    })
    hand(request, response, inner, state)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      reject(taken ? new Error(`port ${at.port} on ${at.host} is taken: set PORT to another one`) : error)
    })
    server.listen(at.port, at.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const host = at.host.includes(':') ? `[${at.host}]` : at.host
  return {
    url: `http://${host}:${port}/?key=${key}`,
    admitted: () => handingIn > 0,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Hand a request on, and the answer back; GitHub is asked to bring `state` along. */
function hand(request: IncomingMessage, response: ServerResponse, inner: number, state: string): void {
  const { method, url: path, headers } = request
  const broken = () => (response.headersSent ? response.destroy() : refuseBroken(response))
  const passed = ask({ host: '127.0.0.1', port: inner, method, path, headers }, (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('error', broken)
    answer.on('end', () => {
      const body = Buffer.concat(chunks)
      const { 'content-length': _, 'transfer-encoding': __, ...rest } = answer.headers
      const isPage = /^text\/html/.test(String(rest['content-type'] ?? ''))
      const text = isPage
        ? body.toString('utf8').replace(/(action="[^"?]*\/settings\/apps\/new)"/, `$1?state=${state}"`)
        : body
      response.writeHead(answer.statusCode ?? 502, { ...rest, 'x-frame-options': 'DENY' }).end(text)
    })
  })
  passed.on('error', broken)
  let sent = 0
  request.on('data', (chunk: Buffer) => {
    sent += chunk.length
    if (sent <= mostBytes) return
    request.destroy()
    passed.destroy()
  })
  request.pipe(passed)
}

const refuseBroken = (response: ServerResponse) =>
  response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' }).end('The page does not answer.\n')

function cookieOf(request: IncomingMessage): string | null {
  const all = (request.headers.cookie ?? '').split(';').map((one) => one.trim())
  return all.find((one) => one.startsWith(`${cookie}=`))?.slice(cookie.length + 1) ?? null
}

function same(given: string | null, wanted: string): boolean {
  const [one, other] = [Buffer.from(given ?? ''), Buffer.from(wanted)]
  return one.length === other.length && timingSafeEqual(one, other)
}
