// Bytes in, bytes out: bounded bodies, replies, and the faults that replace or cut them.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { errorBody } from './answer.ts'
import type { Fault } from './script.ts'

/** Anthropic's own bound. */
const MAX_BODY_BYTES = 32 * 1024 * 1024

/** What goes over the wire. `cut` ends the connection in the middle of the body. */
export interface Reply {
  status: number
  body: string | string[]
  headers?: Record<string, string>
  cut?: boolean
}

/** Faults that replace the answer; null for those that only bend it. */
export function refusalFor(fault: Fault, requestId: string): Reply | null {
  switch (fault.kind) {
    case 'rate_limited': {
      const headers = fault.retryAfterS === null ? {} : { 'retry-after': String(fault.retryAfterS) }
      return { ...failure(429, 'rate_limit_error', 'too many requests', requestId), headers }
    }
    case 'overloaded':
      return failure(529, 'overloaded_error', 'Overloaded', requestId)
    case 'server_error':
      return failure(500, 'api_error', 'Internal server error', requestId)
    case 'html':
      return {
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: '<html><body>Please sign in</body></html>',
      }
    case 'truncated':
    case 'slow':
      return null
    default:
      return fault satisfies never
  }
}

export function failure(status: number, type: string, message: string, requestId: string): Reply {
  return { status, body: errorBody(type, message, requestId) }
}

export function send(
  response: ServerResponse,
  requestId: string,
  { status, headers, body, cut }: Reply,
): void {
  if (response.destroyed) return
  const type = Array.isArray(body) ? 'text/event-stream; charset=utf-8' : 'application/json'
  const whole = Array.isArray(body) ? body.join('') : body
  response.writeHead(status, {
    'content-type': type,
    'request-id': requestId,
    // A stream has no length, so that the cut is only seen by who waits for its end.
    ...(Array.isArray(body) ? {} : { 'content-length': Buffer.byteLength(whole) }),
    ...headers,
  })
  if (!cut) {
    response.end(whole)
    return
  }
  response.write(whole.slice(0, Math.floor(whole.length / 2)), () => response.destroy())
}

/** The body as text, or null when it is too large; the rest is then drained so that the answer can be read. */
export async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  return bytes <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString('utf8') : null
}

/**
 * Anthropic's SDK 1.x sends `apiKey` as a bearer token (see `ClientOptions.apiKey`), plain HTTP clients as
 * `x-api-key`. Either will do, but whatever is sent must be right: a stray second credential is a mistake.
 */
export function hasKey(headers: IncomingHttpHeaders, apiKey: string): boolean {
  const { authorization, 'x-api-key': plain } = headers
  if (authorization === undefined && plain === undefined) return false
  return (authorization ?? `Bearer ${apiKey}`) === `Bearer ${apiKey}` && (plain ?? apiKey) === apiKey
}
