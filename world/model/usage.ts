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

/** Shorter prefixes are not cached, marked or not; some models ask for more. */
const SHORTEST_PREFIX = 1024
/** How many blocks before a mark are looked at for a prefix that is known. */
const LOOK_BACK = 20

/** Cached prefixes of one stand-in, by the digest of everything up to the marked block. Each model has its own. */
export class PromptCache {
  readonly #known = new Set<string>()

  /** What this request costs; prefixes that end at a `cache_control` are remembered when `remember` is set. */
  measure(request: CountRequest, remember: boolean): InputUsage {
    const hash = createHash('sha256').update(request.model)
    const blocks = blocksOf(request)
    let total = 0
    const prefixes = blocks.map(({ text, marker }, index) => {
      total += tokensIn(text)
      const marked = marker || (Boolean(request.cache_control) && index === blocks.length - 1)
      return { digest: hash.update(text).copy().digest('hex'), tokens: total, marked }
    })
    const cacheable = prefixes.filter(({ tokens, marked }) => marked && tokens >= SHORTEST_PREFIX)
    const read = Math.max(0, ...cacheable.map((end) => this.#longestKnown(prefixes, prefixes.indexOf(end))))
    const written = cacheable.at(-1)?.tokens ?? 0
    if (remember) for (const { digest } of cacheable) this.#known.add(digest)
    const created = Math.max(0, written - read)
    return {
      input_tokens: total - read - created,
      cache_creation_input_tokens: created,
      cache_read_input_tokens: read,
    }
  }

  #longestKnown(prefixes: { digest: string; tokens: number }[], end: number): number {
    const near = prefixes.slice(Math.max(0, end - LOOK_BACK), end + 1)
    return near.findLast(({ digest }) => this.#known.has(digest))?.tokens ?? 0
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
