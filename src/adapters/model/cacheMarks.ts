/** Where a request is marked for prompt caching: tools and system once, and the conversation where the next request begins. */
import type Anthropic from '@anthropic-ai/sdk'
import { blocksOf, type TranscriptMessage } from './transcript.ts'

/** `none`: the endpoint refuses marks. `prefix`: tools and system only. `conversation`: also what was said so far. */
export type PromptCache = 'none' | 'prefix' | 'conversation'

type MessageParam = Anthropic.Beta.Messages.BetaMessageParam

export const mark = { cache_control: { type: 'ephemeral' as const } }

/**
 * How many of the newest user messages carry a mark. The newest is written for the request that follows; the one before
 * is where the last request ended, marked so that it is found however many blocks have come since (an endpoint looks
 * only some 20 blocks back from a mark). With the one on the system prompt that is one less than the four allowed.
 */
const markedMessages = 2

/**
 * The messages as they are sent. The history itself stays without marks.
 *
 * @param endsAtOnce true for a session that usually ends with its first answer: writing its opening to the cache would
 *   cost more than nobody reading it saves. From the second request on it is marked like any other.
 */
export function markedForCache(
  messages: readonly TranscriptMessage[],
  cache: PromptCache,
  endsAtOnce: boolean,
): MessageParam[] {
  const isFirst = !messages.some(({ role }) => role === 'assistant')
  const users = messages.flatMap(({ role }, index) => (role === 'user' ? [index] : []))
  const marked = cache === 'conversation' && !(isFirst && endsAtOnce) ? users.slice(-markedMessages) : []
  return messages.map((message, index) => {
    if (!marked.includes(index)) return message as MessageParam
    const blocks = blocksOf(message)
    return {
      role: 'user',
      content: blocks.map((block, at) => (at === blocks.length - 1 ? { ...block, ...mark } : block)),
    } as MessageParam
  })
}
