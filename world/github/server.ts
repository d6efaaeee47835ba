/** The HTTP side: credentials, faults, the route registry, the contract, limits and caching headers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { StallPoint } from '../stall.ts'
import { checkAccess, findRepo } from './access.ts'
import type { ContractChecker, Operation, RequestLogEntry, Violation } from './contract.ts'
import { GitHubError, notFound } from './errors.ts'
import type { Faults, RequestFacts, RestFault } from './faults.ts'
import { GIT_PATH, serveGit } from './gitHttp.ts'
import { createLimiter, type Limiter } from './limiter.ts'
import { TOKEN_PATH } from './oauth.ts'
import { type Call, parseBody, type Reply, type Route, type Router, unauthenticated } from './router.ts'
import { type Actor, actorName, authorOf, type Site } from './site.ts'
import { actorFor } from './tokens.ts'
import { apiPath, flat, playBefore, readBody, toJson, write } from './wire.ts'

/** The description covers REST: GraphQL is checked against its own schema, and signing in has none. */
const UNDESCRIBED = new Set(['/graphql', TOKEN_PATH])

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

/** Runs one operation for an actor: route, access, handler. Used by the server and, without HTTP, by people's drivers. */
export async function runRoute(
  parts: ServerParts,
  actor: Actor,
  route: Route,
  params: Record<string, string>,
  request: {
    method: string
    path: string
    query: URLSearchParams
    body: unknown
    headers: Record<string, string>
  },
): Promise<Reply> {
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
  const limiter = createLimiter(parts.site, parts.rateLimit)
  return createServer((req, res) => {
    const work = handle(parts, limiter, req, res).catch((error: unknown) => {
      parts.violations.push({
        kind: 'server-error',
        where: `${req.method} ${req.url}`,
        message: String(error instanceof Error ? error.stack : error),
      })
      if (!res.headersSent) res.writeHead(500, { 'content-type': 'application/json' })
      res.end(JSON.stringify({ message: 'Server Error' }))
    })
    parts.background(work)
  })
}

async function handle(
  parts: ServerParts,
  limiter: Limiter,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
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
  let facts: RequestFacts | null = null
  const stalled = async (point: StallPoint) =>
    facts !== null && (await parts.faults.stalls.at(point, facts, req.socket))
  try {
    actor = actorFor(site, req.headers.authorization, parts.jwtNow())
    describe(entry, actor)
    if (GIT_PATH.test(url.pathname)) {
      await git(parts, actor, entry, req, res, url)
      entry.durationMs = Date.now() - started
      return
    }
    const path = apiPath(url.pathname)
    const body = await readBody(req, path)
    entry.body = body
    const found = parts.router.match(method, path)
    entry.template = found?.route.template ?? null
    facts = { method, path, template: entry.template, body, actor }
    if (await stalled('received')) return
    fault = parts.faults.takeRest(facts)
    entry.fault = fault?.kind ?? null
    reply =
      (await playBefore(site, fault)) ??
      (await answer(parts, limiter, actor, found, {
        method,
        path,
        query: url.searchParams,
        body,
        headers: flat(req),
      }))
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error
    reply = { status: error.status, body: error.body(), headers: { ...error.headers } }
    if (error.status === 401 && GIT_PATH.test(url.pathname))
      reply.headers = { 'www-authenticate': 'Basic realm="GitHub"' }
  }
  entry.status = reply.status
  entry.durationMs = Date.now() - started
  if (fault?.kind === 'applied-but-lost' || fault?.kind === 'cut') {
    req.socket.destroy()
    return
  }
  if (await stalled('applied')) return
  res.once('finish', () => void stalled('answered'))
  write(req, res, reply, {
    ...limiter.headers(actor),
    'x-github-request-id': entry.id,
    'x-github-media-type': 'github.v3; format=json',
    date: new Date(site.clock.now()).toUTCString(),
  })
  // A reply that the caller already has goes out as 304, and is counted as one.
  entry.status = res.statusCode
}

/** Clone, fetch and push, whose requests a test may take over as well. */
async function git(
  { site, faults }: ServerParts,
  actor: Actor,
  entry: RequestLogEntry,
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
): Promise<void> {
  const service = GIT_PATH.exec(url.pathname)?.[3] ?? ''
  const template = service === 'info/refs' ? `${service} ${url.searchParams.get('service')}` : service
  const facts = { method: entry.method, path: url.pathname, template, body: null, actor }
  if (await faults.stalls.at('received', facts, req.socket)) return
  const answer = await serveGit(site, actor, req, url)
  entry.status = answer.status
  if (await faults.stalls.at('applied', facts, req.socket)) return
  res.once('finish', () => void faults.stalls.at('answered', facts, req.socket))
  res.writeHead(answer.status, answer.headers).end(answer.body)
}

function describe(entry: RequestLogEntry, actor: Actor): void {
  entry.actor = actorName(actor)
  if ('app' in actor) entry.appId = actor.app.id
  if (actor.kind === 'installation')
    entry.token = { repositoryIds: actor.repositoryIds, permissions: actor.permissions }
}

async function answer(
  parts: ServerParts,
  limiter: Limiter,
  actor: Actor,
  found: { route: Route; params: Record<string, string> } | null,
  request: {
    method: string
    path: string
    query: URLSearchParams
    body: unknown
    headers: Record<string, string>
  },
): Promise<Reply> {
  if (found === null) {
    parts.violations.push({
      kind: 'unknown-route',
      where: `${request.method} ${request.path}`,
      message: 'The stand-in has no such route.',
    })
    return { status: 404, body: notFound().body(), headers: { 'x-world-violation': 'unknown-route' } }
  }
  limiter.take(actor)
  const { route, params } = found
  const op: Operation = {
    ...request,
    template: route.template,
    params,
    query: Object.fromEntries(request.query),
  }
  const where = `${request.method} ${route.template}`
  const note = (kind: 'request' | 'response', messages: string[]) => {
    for (const message of messages) parts.violations.push({ kind, where, message })
  }
  const contract = UNDESCRIBED.has(route.template) ? null : parts.contract
  if (contract !== null) note('request', contract.request({ ...op, body: op.body ?? undefined }))
  let reply: Reply
  try {
    reply = await runRoute(parts, actor, route, params, request)
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error
    reply = { status: error.status, body: error.body(), headers: error.headers }
  }
  if (contract !== null && reply.raw === undefined)
    note('response', contract.response(op, reply.status, toJson(reply.body)))
  return reply
}
