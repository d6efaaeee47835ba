/** What Countersign asked of the stand-in GitHub, counted by what it costs; `npm run bench:requests` and the tests read it. */
import type { GitHubWorld } from '../world/index.ts'

export interface RequestCounts {
  /** What the installation's hourly limit counts: every request with its token but those answered 304. */
  counted: number
  /** Of the counted: reads of REST that had changed (or have no ETag), and GraphQL queries. */
  reads: number
  graphql: number
  /** Of the counted: what creates or changes something; GitHub has stricter limits for these (80 a minute, 500 an hour). */
  writes: number
  /** Answered 304 to `If-None-Match`: these cost nothing from the limit. */
  conditional: number
  /** With the App's own key, which has a limit of its own: look-ups, and tokens minted. */
  appKey: number
  tokens: number
  /** The counted ones by method and route, or by the name of the query. */
  byKind: Map<string, number>
  /** The counted ones one by one, in their order, with what each asked for. */
  list: string[]
}

/** Count the requests of the world's App from position `from` of its log on; what people and CI did is left out. */
export function countRequests(github: GitHubWorld, from = 0): RequestCounts {
  const counts: RequestCounts = {
    counted: 0,
    reads: 0,
    graphql: 0,
    writes: 0,
    conditional: 0,
    appKey: 0,
    tokens: 0,
    byKind: new Map(),
    list: [],
  }
  for (const { method, template, path, actor, appId, body, status } of github.requests.slice(from)) {
    if (appId !== github.app.id || (template === null && !path.endsWith('/graphql'))) continue
    if (actor.startsWith('app/')) {
      counts.appKey += 1
      if (path.endsWith('/access_tokens')) counts.tokens += 1
      continue
    }
    if (status === 304) {
      counts.conditional += 1
      continue
    }
    counts.counted += 1
    const graphql = path.endsWith('/graphql')
    const writes = graphql ? /^\s*mutation\b/.test(queryOf(body)) : method !== 'GET'
    if (writes) counts.writes += 1
    else if (graphql) counts.graphql += 1
    else counts.reads += 1
    const query = graphql ? /^\s*(\w+ \w+)/.exec(queryOf(body))?.[1] : undefined
    const kind = graphql ? `GraphQL ${query}` : `${method} ${template}`
    counts.list.push(graphql ? `${kind} ${variablesOf(body)}` : `${method} ${path}`)
    counts.byKind.set(kind, (counts.byKind.get(kind) ?? 0) + 1)
  }
  return counts
}

function variablesOf(body: unknown): string {
  const variables = typeof body === 'object' && body !== null && 'variables' in body ? body.variables : {}
  return JSON.stringify(variables)
}

function queryOf(body: unknown): string {
  const query = typeof body === 'object' && body !== null && 'query' in body ? body.query : ''
  return typeof query === 'string' ? query : ''
}
