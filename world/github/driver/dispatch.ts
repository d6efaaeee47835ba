/** Runs a REST operation for a person without HTTP: the website's forms use the same rules as the API. */
import { notFound } from '../errors.ts'
import { runRoute, type ServerParts } from '../server.ts'
import type { Actor } from '../site.ts'

/** The response's body; refusals are thrown as GitHubError. */
export async function dispatchAs(
  parts: ServerParts,
  actor: Actor,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const url = new URL(path, parts.site.url)
  const found = parts.router.match(method, url.pathname)
  if (found === null) throw notFound()
  const request = { method, path: url.pathname, query: url.searchParams, body: body ?? null, headers: {} }
  const reply = await runRoute(parts, actor, found.route, found.params, request)
  // As on the wire: a copy without undefined members.
  return reply.body === undefined ? null : JSON.parse(JSON.stringify(reply.body))
}
