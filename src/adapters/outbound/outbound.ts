/** One guarded HTTP request to a place that policy, a deployment or the operator named: the only way out beside GitHub and models (T35). */
import { lookup } from 'node:dns/promises'
import http from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { code } from '../../core/sentences.ts'
import { type Allowance, type Allowed, allowanceOf, bareHost, specialKind } from './addresses.ts'
import { failureSentence } from './failures.ts'

/** A figure, a health page, a chat's answer: none needs more. */
const mostBytes = 1024 ** 2

export interface OutboundRequest {
  url: string
  method: 'GET' | 'HEAD' | 'POST'
  headers?: Record<string, string>
  body?: string
  /** From the look-up of the name to the last byte. */
  timeoutMs: number
  signal: AbortSignal
}

export type OutboundAnswer =
  /** Whatever the status: a redirect is an answer and is never followed. `text` is UTF-8. */
  | { kind: 'answered'; status: number; contentType: string; text: string }
  /** Nothing was sent: the address is one that this service may not reach. */
  | { kind: 'refused'; reason: string }
  /** No whole answer came. */
  | { kind: 'failed'; reason: string }

export interface Outbound {
  /** Rejects on abort only, with the signal's reason. Reasons are sentences that may be published: no address stands in them. */
  ask(request: OutboundRequest): Promise<OutboundAnswer>
}

export interface Address {
  address: string
  family: number
}

export interface OutboundOptions {
  allow: readonly Allowed[]
  /** All addresses of a name; the system's resolver by default. */
  resolve?: (host: string) => Promise<Address[]>
}

export function createOutbound({ allow, resolve = resolveBySystem }: OutboundOptions): Outbound {
  const allowance = allowanceOf(allow)
  return {
    async ask(request) {
      const { signal } = request
      signal.throwIfAborted()
      const url = readUrl(request.url)
      if (typeof url === 'string') return { kind: 'refused', reason: url }
      const deadline = AbortSignal.timeout(request.timeoutMs)
      const either = AbortSignal.any([signal, deadline])
      try {
        const host = bareHost(url)
        const found = isIP(host)
          ? [{ address: host, family: isIP(host) }]
          : await abortable(resolve(host), either)
        const reason = refusal(url, found, allowance)
        if (reason !== null) return { kind: 'refused', reason }
        return await exchange(url, found, request, either)
      } catch (error) {
        signal.throwIfAborted()
        const seconds = request.timeoutMs / 1000
        const reason = deadline.aborted ? `gave no whole answer within ${seconds} s` : failureSentence(error)
        return { kind: 'failed', reason: `${code(url.host)} ${reason}` }
      }
    },
  }
}

/** The URL, or the sentence why it is none to ask. */
function readUrl(text: string): URL | string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) return `${code(text)} is no URL`
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return `${code(url.protocol)} is not asked: only http and https are`
  if (url.username !== '' || url.password !== '')
    return `${code(url.host)} was not asked: its URL carries a user or password, and credentials belong in the operator's settings`
  return url
}

/** Every address must be allowed: a name that also leads inside is not one to follow anywhere. */
function refusal(url: URL, found: readonly Address[], allowance: Allowance): string | null {
  if (found.length === 0) return `${code(url.host)} has no address`
  if (allowance.host(url)) return null
  const inside = found.find(({ address }) => specialKind(address) !== null && !allowance.address(address))
  if (inside === undefined) return null
  const is = isIP(bareHost(url)) ? 'it is' : 'it leads to'
  return (
    `${code(url.host)} was not asked: ${is} ${specialKind(inside.address)} address. Whoever runs Countersign can name the host ` +
    'or its range in OUTBOUND_ALLOW'
  )
}

/** Connects to one of the addresses that were looked at, whatever the name resolves to by now. */
async function exchange(
  url: URL,
  found: readonly Address[],
  { method, headers = {}, body }: OutboundRequest,
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  const looked: LookupFunction = (_host, options, done) => {
    const [first] = found
    if (options.all) done(null, [...found])
    else done(null, first?.address ?? '', first?.family)
  }
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const sent = (url.protocol === 'https:' ? https : http).request(url, {
      method,
      headers: {
        'user-agent': 'countersign',
        accept: 'application/json',
        'accept-encoding': 'identity',
        ...headers,
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      // A connection of its own, for this request and these addresses.
      agent: false,
      lookup: looked,
      signal,
    })
    sent.once('response', resolve)
    sent.on('error', reject)
    sent.end(body)
  })
  const chunks: Buffer[] = []
  let size = 0
  // Leaving the loop destroys the response and with it the connection.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBytes) return { kind: 'failed', reason: `${code(url.host)} answered with more than 1 MB` }
    chunks.push(chunk)
  }
  return {
    kind: 'answered',
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    text: Buffer.concat(chunks).toString('utf8'),
  }
}

const resolveBySystem = (host: string) => lookup(host, { all: true })

/** A look-up cannot be ended, so it is left behind. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
