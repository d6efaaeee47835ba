/** The HTTP side: credentials, faults, the route registry, the contract, limits and caching headers. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { checkAccess, findRepo } from './access.ts'
import type { ContractChecker, Operation, RequestLogEntry, Violation } from './contract.ts'
import { GitHubError, notFound } from './errors.ts'
import type { Faults, RestFault } from './faults.ts'
import { GIT_PATH, serveGit } from './gitHttp.ts'
import { type Call, parseBody, type Reply, type Route, type Router, unauthenticated } from './router.ts'
import { type Actor, authorOf, type Site } from './site.ts'
import { actorFor } from './tokens.ts'

const BODY_LIMIT_BYTES = 30 * 1024 * 1024
const HOUR_MS = 3_600_000

export type ServerParts = {
  site: Site
  router: Router
  faults: Faults
  contract: ContractChecker | null
  violations: Violation[]
  requests: RequestLogEntry[]
  /** Real time for App JWTs, which their makers date by the real clock. */
  jwtNow: () => number
  rateLimit: number
  /** What is served beside the API: pages and downloads. Asked first; true means answered. */
  website: WebHandler[]
  background(work: Promise<unknown>): void
}

export type WebHandler = (req: IncomingMessage, res: ServerResponse, url: URL) => Promise<boolean>

export type Dispatch = (actor: Actor, method: string, path: string, body?: unknown) => Promise<Reply>

/** Runs one operation for an actor: route, access, handler. Used by the server and, without HTTP, by people's drivers. */
export async function runRoute(parts: ServerParts, actor: Actor, route: Route, params: Record<string, string>, request: {
  method: string
  path: string
  query: URLSearchParams
  body: unknown
  headers: Record<string, string>
}): Promise<Reply> {
  const { site } = parts
  const named = params.owner !== undefined && params.repo !== undefined
  const repo = named ? findRepo(site.state, params.owner ?? '', params.repo ?? '') : null
  if (named && repo === null) throw notFound()
  checkAccess(site, actor, route, repo)
  const call: Call = {
    site,
    actor,
    params,
    ...request,
    get repo() {
      if (repo === null) throw new Error(`route ${route.template} names no repository`)
      return repo
    },
    get author() {
      const account = authorOf(actor)
      if (account === null) throw unauthenticated()
      return account
    },
    id(name) {
      const raw = params[name] ?? ''
      if (!/^\d{1,15}$/.test(raw)) throw notFound()
      return Number(raw)
    },
    parse: (schema) => parseBody(schema, request.body),
  }
  return route.handler(call)
}

export function createApiServer(parts: ServerParts): Server {
  const limiter = createLimiter(parts)
  return createServer((req, res) => {
    const work = handle(parts, limiter, req, res).catch((error: unknown) => {
      parts.violations.push({ kind: 'server-error', where: `${req.method} ${req.url}`, message: String(error instanceof Error ? error.stack : error) })
      if (!res.headersSent) res.writeHead(500, { 'content-type': 'application/json' })
      res.end(JSON.stringify({ message: 'Server Error' }))
    })
    parts.background(work)
  })
}

const actorName = (actor: Actor) =>
  actor.kind === 'anonymous' ? 'anonymous' : actor.kind === 'app' ? `app/${actor.app.slug}` : actor.account.login

async function handle(parts: ServerParts, limiter: Limiter, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { site } = parts
  const started = Date.now()
  const url = new URL(req.url ?? '/', site.url)
  const method = req.method ?? 'GET'
  for (const page of parts.website) if (await page(req, res, url)) return
  const entry: RequestLogEntry = {
    id: `STAND:${site.nextId()}`,
    at: site.now(),
    method,
    path: url.pathname + url.search,
    template: null,
    actor: 'anonymous',
    appId: null,
    token: null,
    body: null,
    status: 0,
    durationMs: 0,
    fault: null,
  }
  parts.requests.push(entry)
  let fault: RestFault | null = null
  let reply: Reply
  let actor: Actor = { kind: 'anonymous' }
  try {
    actor = actorFor(site, req.headers.authorization, parts.jwtNow())
    describe(entry, actor)
    if (GIT_PATH.test(url.pathname)) {
      entry.status = await serveGit(site, actor, req, res, url)
      entry.durationMs = Date.now() - started
      return
    }
    const path = url.pathname.replace(/^\/api\/v3(?=\/|$)/, '').replace(/^\/api\/graphql$/, '/graphql') || '/'
    const body = await readJson(req)
    entry.body = body
    const found = parts.router.match(method, path)
    entry.template = found?.route.template ?? null
    fault = parts.faults.takeRest({ method, path, template: entry.template, body, actor })
    entry.fault = fault?.kind ?? null
    reply = (await playBefore(parts, fault)) ?? (await answer(parts, limiter, actor, found, { method, path, query: url.searchParams, body, headers: flat(req) }))
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error
    reply = { status: error.status, body: error.body(), headers: { ...error.headers } }
    if (error.status === 401 && GIT_PATH.test(url.pathname)) reply.headers = { 'www-authenticate': 'Basic realm="GitHub"' }
  }
  entry.status = reply.status
  entry.durationMs = Date.now() - started
  if (fault?.kind === 'applied-but-lost' || fault?.kind === 'cut') {
    req.socket.destroy()
    return
  }
  write(req, res, reply, { ...limiter.headers(actor), 'x-github-request-id': entry.id, 'x-github-media-type': 'github.v3; format=json', date: new Date(site.clock.now()).toUTCString() })
}

function describe(entry: RequestLogEntry, actor: Actor): void {
  entry.actor = actorName(actor)
  if (actor.kind === 'app' || actor.kind === 'installation') entry.appId = actor.app.id
  if (actor.kind === 'installation') entry.token = { repositoryIds: actor.repositoryIds, permissions: actor.permissions }
}

async function answer(
  parts: ServerParts,
  limiter: Limiter,
  actor: Actor,
  found: { route: Route; params: Record<string, string> } | null,
  request: { method: string; path: string; query: URLSearchParams; body: unknown; headers: Record<string, string> },
): Promise<Reply> {
  if (found === null) {
    parts.violations.push({ kind: 'unknown-route', where: `${request.method} ${request.path}`, message: 'The stand-in has no such route.' })
    return { status: 404, body: notFound().body(), headers: { 'x-world-violation': 'unknown-route' } }
  }
  limiter.take(actor)
  const { route, params } = found
  const op: Operation = { ...request, template: route.template, params, query: Object.fromEntries(request.query) }
  const where = `${request.method} ${route.template}`
  const note = (kind: 'request' | 'response', messages: string[]) => {
    for (const message of messages) parts.violations.push({ kind, where, message })
  }
  // The description covers REST; GraphQL is checked against its own schema.
  const contract = route.template === '/graphql' ? null : parts.contract
  if (contract !== null) note('request', contract.request({ ...op, body: op.body ?? undefined }))
  let reply: Reply
  try {
    reply = await runRoute(parts, actor, route, params, request)
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error
    reply = { status: error.status, body: error.body(), headers: error.headers }
  }
  if (contract !== null && reply.raw === undefined) note('response', contract.response(op, reply.status, toJson(reply.body)))
  return reply
}

/** The body as the wire shows it: undefined members are gone. */
const toJson = (body: unknown): unknown => (body === undefined ? undefined : JSON.parse(JSON.stringify(body)))

async function playBefore(parts: ServerParts, fault: RestFault | null): Promise<Reply | null> {
  switch (fault?.kind) {
    case 'error':
      return { status: fault.status, body: new GitHubError(fault.status, fault.message ?? 'Server Error').body(), headers: fault.headers ?? {} }
    case 'secondary-limit': {
      const body = new GitHubError(fault.status, 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.').body()
      return { status: fault.status, body, headers: fault.retryAfterS === undefined ? {} : { 'retry-after': String(fault.retryAfterS) } }
    }
    case 'primary-limit': {
      const reset = String(Math.ceil(parts.site.clock.now() / 1000) + fault.resetInS)
      return { status: 403, body: new GitHubError(403, 'API rate limit exceeded').body(), headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset } }
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

function write(req: IncomingMessage, res: ServerResponse, reply: Reply, extra: Record<string, string>): void {
  const headers: Record<string, string> = { 'content-type': 'application/json; charset=utf-8', ...extra, ...reply.headers }
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

async function readJson(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT_BYTES) throw new GitHubError(413, 'Request body too large')
    chunks.push(chunk)
  }
  if (size === 0) return null
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new GitHubError(400, 'Problems parsing JSON')
  }
}

const flat = (req: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(req.headers).map(([k, v]) => [k, Array.isArray(v) ? v.join(', ') : (v ?? '')]))

type Limiter = { take(actor: Actor): void; headers(actor: Actor): Record<string, string> }

/** The primary limit: so many requests an hour for each installation or person. */
function createLimiter({ site, rateLimit }: ServerParts): Limiter {
  const used = new Map<string, { count: number; resetMs: number }>()
  const bucket = (actor: Actor) => {
    const key = actor.kind === 'installation' ? `installation ${actor.installation.id}` : actorName(actor)
    const old = used.get(key)
    if (old !== undefined && old.resetMs > site.clock.now()) return old
    const fresh = { count: 0, resetMs: site.clock.now() + HOUR_MS }
    used.set(key, fresh)
    return fresh
  }
  const headers = (actor: Actor) => {
    const { count, resetMs } = bucket(actor)
    return {
      'x-ratelimit-limit': String(rateLimit),
      'x-ratelimit-remaining': String(Math.max(0, rateLimit - count)),
      'x-ratelimit-used': String(count),
      'x-ratelimit-reset': String(Math.ceil(resetMs / 1000)),
      'x-ratelimit-resource': 'core',
    }
  }
  return {
    headers,
    take(actor) {
      const b = bucket(actor)
      if (b.count >= rateLimit) throw new GitHubError(403, `API rate limit exceeded for ${actorName(actor)}.`, undefined, headers(actor))
      b.count += 1
    },
  }
}
