/** The route registry: official path templates, the permission each needs, and what the handlers answer. */
import type { z } from 'zod'
import { GitHubError, invalid } from './errors.ts'
import type { Actor, Site } from './site.ts'
import type { Account, Repo, Role } from './state.ts'

export type Reply = {
  status: number
  /** JSON body; leave out for 204 and the like. */
  body?: unknown
  /** Bytes or text sent as they are instead of JSON. */
  raw?: Buffer | string
  headers?: Record<string, string>
}

export type Call = {
  site: Site
  actor: Actor
  method: string
  /** Path as asked for, without query or /api/v3. */
  path: string
  params: Record<string, string>
  query: URLSearchParams
  body: unknown
  headers: Record<string, string>
  /** The repository named by {owner}/{repo}; throws when the template has none. */
  readonly repo: Repo
  /** The account that writes; 401 for anonymous and App-only callers. */
  readonly author: Account
  /** A numeric path parameter; 404 when it is no number. */
  id(name: string): number
  /** The body through a schema; 422 in GitHub's form when it does not fit. */
  parse<T>(schema: z.ZodType<T>): T
}

export type Handler = (call: Call) => Reply | Promise<Reply>

export type RouteOptions = {
  /**
   * What an installation token needs: `issues:write`, alternatives separated by `|`. `jwt` asks for an App's JWT,
   * `installation` for any installation token, `client` for an App's client id and secret, `any` for any authenticated
   * caller, `public` for nobody in particular.
   */
  permission: string
  /** The least role of a person on the repository; default read. `app-only` refuses people. */
  role?: Role | 'app-only'
  /** Whether a person may ask it through an App, with a user access token; default no. */
  throughApp?: true
}

export type Route = RouteOptions & {
  method: string
  template: string
  pattern: RegExp
  names: string[]
  handler: Handler
}

const ACROSS_SLASHES = new Set(['path', 'ref', 'basehead', 'branch', 'tree_sha', 'rest'])

export type Router = {
  route(method: string, template: string, options: RouteOptions, handler: Handler): void
  match(method: string, path: string): { route: Route; params: Record<string, string> } | null
}

export function createRouter(): Router {
  const routes: Route[] = []
  const literals = (template: string) =>
    template.split('/').filter((s) => s !== '' && !s.startsWith('{')).length
  return {
    route(method, template, options, handler) {
      const names: string[] = []
      const source = template
        .replace(/[.+*?()[\]^$|\\]/g, '\\$&')
        .replace(/\{(\w+)\}/g, (_, name: string) => {
          names.push(name)
          return ACROSS_SLASHES.has(name) ? '(.+)' : '([^/]+)'
        })
      // A later registration of the same route replaces the earlier one, so that tests can override.
      const old = routes.findIndex((r) => r.method === method && r.template === template)
      const entry = { ...options, method, template, names, handler, pattern: new RegExp(`^${source}/?$`) }
      if (old >= 0) routes[old] = entry
      else routes.push(entry)
      routes.sort((a, b) => literals(b.template) - literals(a.template))
    },
    match(method, path) {
      for (const route of routes) {
        if (route.method !== method) continue
        const m = route.pattern.exec(path)
        if (m === null) continue
        const params: Record<string, string> = {}
        route.names.forEach((name, i) => {
          params[name] = safeDecode(m[i + 1] ?? '')
        })
        return { route, params }
      }
      return null
    },
  }
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A malformed escape names nothing that exists; the handler answers 404 for it.
    return text
  }
}

export const ok = (body: unknown): Reply => ({ status: 200, body })
export const created = (body: unknown): Reply => ({ status: 201, body })
export const noContent = (): Reply => ({ status: 204 })

/** Reads a body through a schema, refusing as GitHub does. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body ?? {})
  if (result.success) return result.data
  const message = result.error.issues.map((i) => `${i.path.join('.') || 'body'}: ${i.message}`).join('; ')
  throw invalid(
    result.error.issues.map((i) => ({ field: i.path.join('.'), code: 'invalid', message: i.message })),
    `Invalid request.\n\n${message}`,
  )
}

/** The part of a list that was asked for, as items and a Link header. `per_page` is 30, at most 100. */
export function pageOf<T>(call: Call, items: readonly T[]): { items: T[]; headers: Record<string, string> } {
  const number = (name: string, fallback: number) => {
    const raw = call.query.get(name)
    return raw === null || !/^\d+$/.test(raw) ? fallback : Number(raw)
  }
  const perPage = Math.min(100, Math.max(1, number('per_page', 30)))
  const page = Math.max(1, number('page', 1))
  const last = Math.max(1, Math.ceil(items.length / perPage))
  const link = (to: number, rel: string) => {
    const query = new URLSearchParams(call.query)
    query.set('page', String(to))
    return `<${call.site.url}${call.path}?${query}>; rel="${rel}"`
  }
  const links: string[] = []
  if (page > 1) links.push(link(page - 1, 'prev'), link(1, 'first'))
  if (page < last) links.unshift(link(page + 1, 'next'), link(last, 'last'))
  const headers: Record<string, string> = links.length > 0 ? { link: links.join(', ') } : {}
  return { items: items.slice((page - 1) * perPage, page * perPage), headers }
}

/** A list answer: one page of items, each rendered. */
export async function list<T>(call: Call, items: readonly T[], view: (item: T) => unknown): Promise<Reply> {
  const page = pageOf(call, items)
  return { status: 200, body: await Promise.all(page.items.map(view)), headers: page.headers }
}

/** A list in pages by cursor: the one after which to go on, under the name that GitHub has for it there. */
export async function listAfter<T extends { id: number }>(
  call: Call,
  name: 'after' | 'cursor',
  items: readonly T[],
  view: (item: T) => unknown,
): Promise<Reply> {
  const perPage = Math.min(100, Number(call.query.get('per_page') ?? 30) || 30)
  const cursor = call.query.get(name)
  const start = cursor === null ? 0 : items.findIndex(({ id }) => `v1_${id}` === cursor) + 1
  const page = items.slice(start, start + perPage)
  const query = new URLSearchParams(call.query)
  query.set(name, `v1_${page.at(-1)?.id}`)
  const more = page.length > 0 && start + perPage < items.length
  return {
    status: 200,
    body: await Promise.all(page.map(view)),
    headers: more ? { link: `<${call.site.url}${call.path}?${query}>; rel="next"` } : {},
  }
}

/** GitHub's other list form: `{ total_count, <key>: [...] }`. */
export async function counted<T>(call: Call, key: string, items: readonly T[], view: (item: T) => unknown) {
  const page = pageOf(call, items)
  const rows = await Promise.all(page.items.map(view))
  return {
    status: 200,
    body: { total_count: items.length, [key]: rows },
    headers: page.headers,
  } satisfies Reply
}

export const unauthenticated = () => new GitHubError(401, 'Requires authentication')
