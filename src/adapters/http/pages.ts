/** Mounts a fetch handler, such as the board, beside the webhook: bounded before anything of the request is read. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { ServerOptions } from './server.ts'

/** Pages take forms with no more than a button in them. */
const mostBytes = 10_000
const longestUrl = 2000

/** @param owns the paths that are the handler's; all others are left alone. */
export function mountPages(
  handler: (request: Request) => Response | Promise<Response>,
  owns: (path: string) => boolean,
): NonNullable<ServerOptions['pages']> {
  const listener = getRequestListener(handler, { overrideGlobalObjects: false })
  return async (request: IncomingMessage, response: ServerResponse) => {
    const url = request.url ?? ''
    if (!owns(url.split('?', 1)[0] ?? '')) return false
    const size = Number(request.headers['content-length'] ?? 0)
    // A body of unknown length is none that a form of ours sends.
    const unbounded = request.headers['transfer-encoding'] !== undefined
    if (url.length > longestUrl || unbounded || !(size <= mostBytes)) {
      response.writeHead(413, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
      response.end('too large for a page of the board\n')
      return true
    }
    await listener(request, response)
    return true
  }
}
