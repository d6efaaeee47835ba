/** What one request to an endpoint looks like: only what the operator says that it takes (P10). */
import type Anthropic from '@anthropic-ai/sdk'
import { transformJSONSchema } from '@anthropic-ai/sdk/lib/transform-json-schema'
import type { SessionRequest } from '../../core/ports/model.ts'
import { mark, markedForCache, type PromptCache } from './cacheMarks.ts'
import type { Runnable, ToolBench } from './tools.ts'
import type { Transcript } from './transcript.ts'

/** What an endpoint takes beyond messages and custom tools. */
export interface WireOptions {
  promptCache: PromptCache
  /** Whether a tool call may be demanded. */
  toolChoice: boolean
  /** Whether tool inputs can be held to their schema while they are written. */
  structuredOutput: boolean
  /** Whether it counts the tokens of a request before it is sent. */
  countTokens: boolean
  /** The longest request with its answer, in tokens; null when that is no concern. */
  contextTokens: number | null
}

/** Output tokens of one answer; a session may have many. */
const longestAnswer = 16_000
/** The share of a small context that one answer may take. */
const answerShare = 0.25
/** Bytes that make a token, on the careful side; below half of the room nothing is counted at all. */
const bytesPerToken = 3

/** The history no longer fits into what the endpoint takes; one with more room may go on. */
export class ContextFull extends Error {
  override readonly name = 'ContextFull'
  readonly contextTokens: number
  constructor(contextTokens: number) {
    super(`the request is longer than ${contextTokens} tokens`)
    this.contextTokens = contextTokens
  }
}

interface Asking {
  request: Pick<SessionRequest, 'system' | 'limits' | 'endsAtOnce'>
  transcript: Pick<Transcript, 'messages' | 'usage'>
  bench: Pick<ToolBench, 'runnables'>
  /** The last answer called no tool although one is due. */
  demand: boolean
}

/** The parameters of the next request to a model. */
export function paramsOf(
  model: string,
  options: WireOptions,
  { request, transcript, bench, demand }: Asking,
) {
  const { system, limits, endsAtOnce = false } = request
  const { promptCache, toolChoice, structuredOutput, contextTokens } = options
  const room = contextTokens === null ? longestAnswer : Math.floor(contextTokens * answerShare)
  const left = limits.maxOutputTokens - transcript.usage.outputTokens
  return {
    model,
    max_tokens: Math.max(1, Math.min(longestAnswer, room, left)),
    // Tools and system come first and never change within a phase: that prefix is shared by all its sessions.
    system: [{ type: 'text' as const, text: system, ...(promptCache === 'none' ? {} : mark) }],
    messages: markedForCache(transcript.messages, promptCache, endsAtOnce),
    tools: structuredOutput ? bench.runnables.map(strictly) : bench.runnables,
    ...(demand && toolChoice ? { tool_choice: { type: 'any' as const } } : {}),
  }
}

type Params = ReturnType<typeof paramsOf>

/**
 * Refuse a request that the endpoint could not take, before it is paid for.
 *
 * @throws ContextFull when it is too long, as the endpoint counts it or, where it cannot, by its bytes.
 */
export async function assertFits(
  client: Pick<Anthropic, 'beta'>,
  { contextTokens, countTokens }: WireOptions,
  params: Params,
  signal: AbortSignal,
): Promise<void> {
  if (contextTokens === null) return
  const { max_tokens: answer, ...rest } = params
  const room = contextTokens - answer
  const estimate = Math.ceil(Buffer.byteLength(JSON.stringify(rest)) / bytesPerToken)
  if (estimate <= room / 2) return
  const tokens = countTokens
    ? (await client.beta.messages.countTokens(rest, { signal })).input_tokens
    : estimate
  if (tokens > room) throw new ContextFull(contextTokens)
}

/**
 * A tool whose input the endpoint holds to the schema while it is written. The grammars of endpoints know no bounds, so
 * these become words; our own check decides as before.
 */
function strictly(tool: Runnable): Runnable {
  return {
    ...tool,
    strict: true,
    input_schema: { ...transformJSONSchema(tool.input_schema), type: 'object' },
  }
}
