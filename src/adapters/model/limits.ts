/** What a session has used and whether that is enough: usage as reported, cost by the price table, limits (P11). */
import type Anthropic from '@anthropic-ai/sdk'
import type { SessionRequest, SessionResult } from '../../core/ports/model.ts'
import { noUsage, type Usage } from '../../core/usage.ts'
import type { Transcript } from './transcript.ts'

/** The usage of one answer; endpoints without a cache leave its figures out. */
export function usageOf(usage: Anthropic.Beta.Messages.BetaUsage): Usage {
  return {
    inputTokens: usage.input_tokens ?? 0,
    outputTokens: usage.output_tokens ?? 0,
    cacheReadTokens: usage.cache_read_input_tokens ?? 0,
    cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
    requests: 1,
  }
}

/** The sentence for the first limit that is reached, or null. */
export function limitReached(
  limits: SessionRequest['limits'],
  { usage, costUsd }: Transcript,
): string | null {
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
