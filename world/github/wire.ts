/** The last step before the socket: faults that answer in the handler's place, caching headers, JSON in and out. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { GitHubError } from './errors.ts'
import type { RestFault } from './faults.ts'
import type { Reply } from './router.ts'
import type { Site } from './site.ts'

const BODY_LIMIT_BYTES = 30 * 1024 * 1024

/** The path as the description has it. Signing in belongs to the website, and is not found below /api/v3. */
export const apiPath = (pathname: string): string =>
  pathname.replace(/^\/api\/v3(?=\/(?!login\/)|$)/, '').replace(/^\/api\/graphql$/, '/graphql') || '/'

/** The body as the wire shows it: undefined members are gone. */
export const toJson = (body: unknown): unknown =>
  body === undefined ? undefined : JSON.parse(JSON.stringify(body))

/** What a fault answers before the request is looked at; null lets it through. */
export async function playBefore(site: Site, fault: RestFault | null): Promise<Reply | null> {
  switch (fault?.kind) {
    case 'error':
      return {
        status: fault.status,
        body: new GitHubError(fault.status, fault.message ?? 'Server Error').body(),
        headers: fault.headers ?? {},
      }
    case 'secondary-limit': {
      const body = new GitHubError(
        fault.status,
        'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
      ).body()
      return {
        status: fault.status,
        body,
        headers: fault.retryAfterS === undefined ? {} : { 'retry-after': String(fault.retryAfterS) },
      }
    }
    case 'primary-limit': {
      const reset = String(Math.ceil(site.clock.now() / 1000) + fault.resetInS)
      return {
        status: 403,
        body: new GitHubError(403, 'API rate limit exceeded').body(),
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset },
      }
    }
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, fault.ms))
      return null
    case 'cut':
      return { status: 0 }
    default:
      return null
  }
}

/** Sends a reply, with an ETag for reads and 304 when the caller has that version. */
export function write(
  req: IncomingMessage,
  res: ServerResponse,
  reply: Reply,
  extra: Record<string, string>,
): void {
  const headers: Record<string, string> = {
    'content-type': 'application/json; charset=utf-8',
    ...extra,
    ...reply.headers,
  }
  if (reply.raw === undefined && reply.body === undefined) {
    delete headers['content-type']
    res.writeHead(reply.status, headers).end()
    return
  }
  const bytes = reply.raw ?? JSON.stringify(reply.body)
  if (req.method === 'GET' && reply.status === 200) {
    headers.etag ??= `W/"${createHash('sha256').update(bytes).digest('hex')}"`
    if (req.headers['if-none-match'] === headers.etag) {
      res.writeHead(304, headers).end()
      return
    }
  }
  res.writeHead(reply.status, headers).end(bytes)
}

/** The parsed body, null without one; 400 for what is no JSON. Signing in takes the fields of a form as well. */
export async function readBody(req: IncomingMessage, path: string): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT_BYTES) throw new GitHubError(413, 'Request body too large')
    chunks.push(chunk)
  }
  if (size === 0) return null
  const text = Buffer.concat(chunks).toString('utf8')
  const form = (req.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
  if (form && path.startsWith('/login/')) return Object.fromEntries(new URLSearchParams(text))
  try {
    return JSON.parse(text)
  } catch {
    throw new GitHubError(400, 'Problems parsing JSON')
  }
}

/** Headers with repeated ones joined. */
export const flat = (req: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(req.headers).map(([k, v]) => [k, Array.isArray(v) ? v.join(', ') : (v ?? '')]),
  )
