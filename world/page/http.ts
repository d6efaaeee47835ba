/** How the pages take forms and send themselves. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Notice, Visit } from './layout.ts'
import { policy } from './style.ts'

const BODY_LIMIT_BYTES = 300_000

export const foreignForm: Notice = {
  kind: 'refused',
  text: 'This form did not come from this site, or is too large.',
}

/** The fields of a URL-encoded form; null when it is something else, too large, or another site's. */
export async function formOf({ world }: Visit, req: IncomingMessage): Promise<URLSearchParams | null> {
  const { origin } = req.headers
  // Another site's page must not press in a person's name.
  if (origin !== undefined && origin !== world.url) return null
  if (!(req.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) return null
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT_BYTES) return null
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

/** @param formsTo origins beside this site to which a form of the page may lead. */
export function send(res: ServerResponse, status: number, page: string, formsTo: string[] = []): void {
  res
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy(formsTo),
      'x-content-type-options': 'nosniff',
      // Not `no-referrer`: browsers would then send forms with the origin `null`.
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    })
    .end(page)
}
