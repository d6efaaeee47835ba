/** GitHub's answers: what is kept of one, whether it has the form we know, and which page follows. */
import { z } from 'zod'
import { GitHubRefusal } from './failures.ts'

export interface Answer {
  data: unknown
  /** The Link header. */
  link: string | undefined
  location: string | undefined
}

/** An answer in a shape we do not know is no answer (S9). */
export function checked<S extends z.ZodType>(what: string, schema: S, data: unknown): z.output<S> {
  const parsed = schema.safeParse(data)
  if (parsed.success) return parsed.data
  const words = `unexpected answer: ${z.prettifyError(parsed.error).slice(0, 400)}`
  throw new GitHubRefusal(
    502,
    words,
    `GitHub's answer to "${what}" has a form that Countersign does not know.`,
  )
}

/** The parameter that asks for the page after this one: a number, or a cursor under one of the names that GitHub has for it. */
export function nextPage(link: string | undefined): Record<string, string> | null {
  const address = /<([^>]+)>;\s*rel="next"/.exec(link ?? '')?.[1]
  if (!address || !URL.canParse(address)) return null
  const query = new URL(address).searchParams
  for (const name of ['cursor', 'after', 'page']) {
    const value = query.get(name)
    if (value !== null) return { [name]: value }
  }
  return null
}
