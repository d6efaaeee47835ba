/** What a session has used and whether that is enough: usage as reported, cost by the price table, limits (P11). */
import type Anthropic from '@anthropic-ai/sdk'
import type { SessionRequest, SessionResult } from '../../core/ports/model.ts'
import { noUsage, type Usage } from '../../core/usage.ts'
import type { Transcript } from './transcript.ts'

/**
 * The usage of one answer. Endpoints without a cache leave figures out, and some report nonsense: what is no count is 0,
 * so that no answer can lower what was spent; steps and minutes hold in any case.
 */
export function usageOf(usage: Anthropic.Beta.Messages.BetaUsage): Usage {
  return {
    inputTokens: count(usage.input_tokens),
    outputTokens: count(usage.output_tokens),
    cacheReadTokens: count(usage.cache_read_input_tokens),
    cacheWriteTokens: count(usage.cache_creation_input_tokens),
    requests: 1,
  }
}

function count(value: unknown): number {
  return Number.isSafeInteger(value) ? Math.max(0, Number(value)) : 0
}

/** The model that an answer names, which need not be the one that was asked; that one where the name is no name. */
export function modelNamed(answer: { model?: unknown }, asked: string): string {
  const { model } = answer
  return typeof model === 'string' && /^[\w.:@/+-]{1,120}$/.test(model) ? model : asked
}

/** Characters of a session's whole history: no model reads more, and each step sends and saves all of it (T30). */
const longestHistory = 8_000_000

/** The sentence for the first limit that is reached, or null. */
export function limitReached(
  limits: SessionRequest['limits'],
  { usage, costUsd, messages }: Transcript,
): string | null {
  const length = JSON.stringify(messages).length
  if (length > longestHistory)
    return `The session's history has ${length} characters, and no session may have more than ${longestHistory}.`
  if (usage.requests >= limits.maxSteps)
    return `The session used its ${limits.maxSteps} steps (budgets.session.steps).`
  if (usage.outputTokens >= limits.maxOutputTokens)
    return `The session used its ${limits.maxOutputTokens} output tokens (budgets.session.output_tokens).`
  if (costUsd > limits.maxCostUsd)
    return `The session used its $${limits.maxCostUsd.toFixed(2)} (budgets.session.usd, or what the task had left).`
  return null
}

/** Cost in US dollars of one request by the price table. */
export function costOf(usage: Usage, prices: SessionRequest['prices']): number {
  if (!prices) return 0
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage
  return (
    (inputTokens * prices.input +
      outputTokens * prices.output +
      cacheReadTokens * prices.cacheRead +
      cacheWriteTokens * prices.cacheWrite) /
    1_000_000
  )
}

/** A failure before anything was asked. */
export function nothingUsed(reason: string): SessionResult {
  return { kind: 'failed', reason, usage: noUsage, costUsd: 0, durationMs: 0 }
}
