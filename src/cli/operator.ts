/** GitHub with the operator's own token: every part is read, or the reason is kept why this token may not (A5). */
import { Octokit } from '@octokit/rest'
import { z } from 'zod'
import type { Seen } from '../enforcement/protection.ts'

const Refused = z.object({ status: z.number().int(), message: z.string() })
const requestTimeoutMs = 30_000
/** Pages of 100; nothing that doctor reads has more. */
const mostPages = 10

export interface Operator {
  /** An answer, checked; throws when GitHub refuses. */
  ask<S extends z.ZodType>(route: string, parameters: object, schema: S): Promise<z.output<S>>
  /** All pages of a list, at most 1,000 items. `under` names the list where GitHub wraps it into an object. */
  all<S extends z.ZodType>(route: string, parameters: object, item: S, under?: string): Promise<z.output<S>[]>
}

export function createOperator(baseUrl: string, token: string): Operator {
  const nothing = () => undefined
  const octokit = new Octokit({
    baseUrl: baseUrl.replace(/\/+$/, ''),
    auth: token,
    userAgent: 'countersign',
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  })
  const ask: Operator['ask'] = async (route, parameters, schema) => {
    const request = { signal: AbortSignal.timeout(requestTimeoutMs) }
    return schema.parse((await octokit.request(route, { ...parameters, request })).data)
  }
  return {
    ask,
    async all(route, parameters, item, under) {
      const items = []
      const list = z.array(item)
      const schema =
        under === undefined
          ? list
          : z.object({ [under]: list.nullish() }).transform((page) => page[under] ?? [])
      for (let page = 1; page <= mostPages; page++) {
        const some = await ask(route, { ...parameters, per_page: 100, page }, schema)
        items.push(...some)
        if (some.length < 100) return items
      }
      throw new Error(`${route}: more than ${mostPages * 100} entries, which is more than is read.`)
    },
  }
}

/** Read a part that may be hidden from this token. GitHub answers 403 or 404 for what it hides; the rest goes through. */
export async function seen<T>(read: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { seen: true, value: await read() }
  } catch (error) {
    const refused = Refused.safeParse(error)
    if (refused.success && [403, 404].includes(refused.data.status))
      return {
        seen: false,
        why: `GitHub answered ${refused.data.status}, ${firstLine(refused.data.message)}`,
      }
    throw error
  }
}

/** Like `seen`, for what is absent rather than hidden when GitHub says so in these words. */
export async function absentWhen<T>(words: RegExp, read: () => Promise<T>): Promise<Seen<T | null>> {
  const part = await seen<T | null>(read)
  return !part.seen && words.test(part.why) ? { seen: true, value: null } : part
}

/** What went wrong with a request, in one line. */
export function refusalOf(error: unknown): string {
  if (error instanceof z.ZodError)
    return `GitHub's answer has an unknown form: ${firstLine(z.prettifyError(error))}`
  const refused = Refused.safeParse(error)
  if (refused.success) return `GitHub answered ${refused.data.status}: ${firstLine(refused.data.message)}`
  return error instanceof Error ? error.message : String(error)
}

const firstLine = (text: string) => (text.split('\n')[0] ?? '').replace(/ - https:\S+$/, '').slice(0, 200)
