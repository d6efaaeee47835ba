/** The client: one way for every request to GitHub, with token, pacing, limits, conditional reads and counting. */
import { z } from 'zod'
import { RetryLater } from '../../core/errors.ts'
import type { Clock, Log, Metrics } from '../../core/ports.ts'
import { jobSignal, jobSignalWithin } from '../abort.ts'
import { type Access, accountOf } from './access.ts'
import { type Answer, checked, nextPage } from './answers.ts'
import { createFailing } from './failing.ts'
import { failureOf, GitHubRefusal } from './failures.ts'
import { despiteMissing, type GraphqlQuery, graphqlError } from './graphqlErrors.ts'
import { createLru } from './lru.ts'
import { createOctokit } from './octokit.ts'
import { createPacing } from './pacing.ts'
import { createTokens, personalTokens, type Tokens } from './tokens.ts'

const requestTimeoutMs = 30_000
/** A read that met an outage is asked once more after this; writes never are, the next round finds what they did. */
const readAgainMs = 500
const answersKept = 2000
const answerCharactersKept = 32_000_000

export interface ClientOptions {
  /** In whose name it asks: an App by its key, or a person by a token. */
  as: { appId: number; privateKey: string } | { token: string }
  /** `https://api.github.com`, or `<host>/api/v3` (GraphQL is then at `<host>/api/graphql`). */
  baseUrl: string
  clock: Clock
  log: Log
  metrics: Metrics
  onSecret: (secret: string) => void
  /** Takes known secrets out of a text that is about to leave (T28). */
  clean: (text: string) => string
}

export interface Client {
  tokens: Tokens
  /** A request whose answer is checked by `schema`. GET is a read; everything else is a content write. */
  rest<S extends z.ZodType>(
    access: Access,
    route: string,
    parameters: object,
    schema: S,
  ): Promise<z.output<S>>
  /**
   * All pages of a list, 100 a page, following the Link header.
   * @throws GitHubRefusal when `most` pages are full and more follow: half a list is no answer.
   */
  pages<S extends z.ZodType, T>(
    access: Access,
    route: string,
    parameters: object,
    list: List<S, T>,
  ): Promise<T[]>
  /** Where a read is redirected to. The address is another host's and is not followed with our token. */
  location(access: Access, route: string, parameters: object): Promise<URL>
  graphql<S extends z.ZodType>(
    access: Access,
    query: GraphqlQuery,
    variables: object,
    schema: S,
  ): Promise<z.output<S>>
}

/** How to read a list: `items` picks it out of one page, `enough` ends it before the last page. */
export interface List<S extends z.ZodType, T> {
  schema: S
  items: (page: z.output<S>) => T[]
  most: number
  enough?: (soFar: T[]) => boolean
}

type Redirect = 'follow' | 'manual'

export function createClient(options: ClientOptions): Client {
  const { clock, log, metrics } = options
  const octokit = createOctokit(options.baseUrl, log)
  const pacing = createPacing(clock)
  const failing = createFailing(clock, pacing)
  const answers = createLru<Answer & { etag: string }>({ entries: answersKept, size: answerCharactersKept })
  const { as, onSecret } = options
  // Not paced: it runs inside the turn of the request that needs the token, and would wait for itself.
  const request = async (route: string, parameters: object) => {
    const mint = (authorization: string) => send(route, parameters, authorization, null)
    return (await withToken({ kind: 'app' }, route, mint)).data
  }
  const tokens: Tokens =
    'token' in as ? personalTokens(as.token) : createTokens(as, { clock, onSecret, request })

  /** Run with the token; a 401 mints one anew and tries once more, since the request cannot have been done. */
  async function withToken<T>(
    access: Access,
    what: string,
    run: (authorization: string) => Promise<T>,
  ): Promise<T> {
    try {
      return await run(await tokens.authorization(access))
    } catch (error) {
      if (failureOf(error, clock.nowMs())?.kind !== 'credentials')
        throw failing(accountOf(access), what, error)
      tokens.forget(access)
      log.warn({ what }, 'GitHub refused the token; minting another')
    }
    try {
      return await run(await tokens.authorization(access))
    } catch (error) {
      throw failing(accountOf(access), what, error)
    }
  }

  async function again<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (error) {
      const outage = error instanceof RetryLater && failureOf(error.cause, clock.nowMs())?.kind === 'outage'
      if (!outage) throw error
      log.info({ reason: error.message }, 'reading once more')
      await clock.sleep(readAgainMs, jobSignal())
      return run()
    }
  }

  async function restAnswer(
    access: Access,
    route: string,
    parameters: object,
    redirect: Redirect = 'follow',
  ): Promise<Answer> {
    const account = accountOf(access)
    if (!route.startsWith('GET ')) {
      // Asking for redelivery is no content and is not held back.
      return pacing[turnOf(access, route)](account, () =>
        withToken(access, route, (authorization) => send(route, parameters, authorization, null)),
      )
    }
    // An address in an answer lives for a minute only.
    const key =
      redirect === 'manual'
        ? null
        : `${access.kind === 'repository' ? access.grant : access.kind} ${route} ${JSON.stringify(parameters)}`
    const read = () =>
      withToken(access, route, (authorization) => send(route, parameters, authorization, key, redirect))
    return again(() => pacing.read(account, read))
  }

  async function send(
    route: string,
    parameters: object,
    authorization: string,
    key: string | null,
    redirect: Redirect = 'follow',
  ): Promise<Answer> {
    const known = key === null ? undefined : answers.get(key)
    const condition = known ? { 'if-none-match': known.etag } : {}
    let kind = route.endsWith('/access_tokens') ? 'token' : route.startsWith('GET ') ? 'read' : 'write'
    try {
      const { data, headers } = await octokit.request(route, {
        ...(kind === 'write' ? cleaned(parameters, options.clean) : parameters),
        headers: { authorization, ...condition },
        request: { signal: jobSignalWithin(requestTimeoutMs), redirect },
      })
      const answer: Answer = { data, link: headers.link, location: headers.location }
      if (key !== null && headers.etag) {
        answers.set(key, { ...answer, etag: headers.etag }, JSON.stringify(data ?? null).length)
      }
      return answer
    } catch (error) {
      if (known && z.object({ status: z.literal(304) }).safeParse(error).success) {
        kind = 'conditional'
        return known
      }
      throw error
    } finally {
      metrics.count('github_requests_total', { kind })
    }
  }

  async function pages<S extends z.ZodType, T>(
    access: Access,
    route: string,
    parameters: object,
    list: List<S, T>,
  ): Promise<T[]> {
    const all: T[] = []
    let next: object = {}
    for (let page = 1; page <= list.most; page++) {
      const answer = await restAnswer(access, route, { ...parameters, per_page: 100, ...next })
      all.push(...list.items(checked(route, list.schema, answer.data)))
      const following = nextPage(answer.link)
      if (following === null || list.enough?.(all)) return all
      next = following
    }
    const words = `the list has more than ${list.most * 100} entries`
    throw new GitHubRefusal(413, words, `"${route}": ${words}, which is over Countersign's limit (T18).`)
  }

  return {
    tokens,
    async rest(access, route, parameters, schema) {
      return checked(route, schema, (await restAnswer(access, route, parameters)).data)
    },
    pages,
    async location(access, route, parameters) {
      const { location = '' } = await restAnswer(access, route, parameters, 'manual')
      if (URL.canParse(location)) return new URL(location)
      const sentence = `GitHub's answer to "${route}" names no address to download from.`
      throw new GitHubRefusal(502, 'no redirect', sentence)
    },
    async graphql(access, query, variables, schema) {
      const run = () =>
        withToken(access, query.what, async (authorization) => {
          try {
            return await octokit.graphql(query.text, {
              ...(query.writes ? cleaned(variables, options.clean) : variables),
              headers: { authorization },
              request: { signal: jobSignalWithin(requestTimeoutMs) },
            })
          } catch (error) {
            const rest = despiteMissing(error, query.mayMiss ?? [])
            if (rest === undefined) throw graphqlError(error, query.what, query.mayMiss)
            return rest
          } finally {
            metrics.count('github_requests_total', { kind: query.writes ? 'write' : 'read' })
          }
        })
      const account = accountOf(access)
      const data = await (query.writes ? pacing.write(account, run) : again(() => pacing.read(account, run)))
      return checked(query.what, schema, data)
    },
  }
}

/** A reaction tells a person that they were heard; what deploys, or stops a deployment, waits for no comment. */
function turnOf(access: Access, route: string): 'read' | 'acknowledge' | 'urgent' | 'write' {
  if (access.kind === 'app') return 'read'
  if (route.endsWith('/reactions')) return 'acknowledge'
  return access.kind === 'repository' && ['deploy', 'dispatch'].includes(access.grant) ? 'urgent' : 'write'
}

/** Whatever is written, wherever its words came from; a commit that holds a secret no longer is the one that was checked, and is refused. */
function cleaned<T>(value: T, clean: (text: string) => string): T {
  const each = (one: unknown): unknown => {
    if (typeof one === 'string') return clean(one)
    if (Array.isArray(one)) return one.map(each)
    if (typeof one !== 'object' || one === null) return one
    return Object.fromEntries(Object.entries(one).map(([name, member]) => [name, each(member)]))
  }
  return each(value) as T
}
