// Plausible token counts from the bytes sent, prompt caching included.
import { createHash } from 'node:crypto'
import type { CountRequest } from './request.ts'

export interface InputUsage {
  input_tokens: number
  cache_creation_input_tokens: number
  cache_read_input_tokens: number
}

/** English text and code are close to four bytes a token. */
const BYTES_PER_TOKEN = 4

export function tokensIn(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN)
}

/** Cached prefixes of one stand-in, by the digest of everything before and including the marked block. */
export class PromptCache {
  readonly #known = new Set<string>()

  /** What this request costs; prefixes that end at a `cache_control` are remembered when `remember` is set. */
  measure(request: CountRequest, remember: boolean): InputUsage {
    const hash = createHash('sha256')
    let total = 0
    let read = 0
    let marked = 0
    const fresh: string[] = []
    const blocks = blocksOf(request)
    for (const [i, { text, marker }] of blocks.entries()) {
      total += tokensIn(text)
      const prefix = hash.update(text).copy().digest('hex')
      if (this.#known.has(prefix)) read = total
      if (!marker && !(request.cache_control && i === blocks.length - 1)) continue
      marked = total
      fresh.push(prefix)
    }
    if (remember) for (const prefix of fresh) this.#known.add(prefix)
    const cached = marked === 0 ? 0 : read
    const created = Math.max(0, marked - cached)
    return {
      input_tokens: total - cached - created,
      cache_creation_input_tokens: created,
      cache_read_input_tokens: cached,
    }
  }
}

/** The request in the order in which it is cached: tools, system, messages. */
function blocksOf({ tools = [], system = '', messages }: CountRequest): { text: string; marker: boolean }[] {
  const conversation = messages.flatMap(({ role, content }): object[] =>
    typeof content === 'string' ? [{ role, text: content }] : content.map((block) => ({ role, ...block })),
  )
  const all: object[] = [...tools, ...(typeof system === 'string' ? [{ system }] : system), ...conversation]
  return all.map((block) => {
    const { cache_control, ...rest } = block as { cache_control?: unknown }
    return { text: JSON.stringify(rest), marker: Boolean(cache_control) }
  })
}
