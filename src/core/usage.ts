/** What a model session used, as the endpoint reported it, and what that costs by the policy's price table. */
import { z } from 'zod'

const count = z.number().int().nonnegative()

export const Usage = z.object({
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
  requests: count,
})
export type Usage = z.infer<typeof Usage>

export const noUsage: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  requests: 0,
}

/** The sum of two usages. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    requests: a.requests + b.requests,
  }
}

/** What was used or may be used, in the three measures of a budget (P11). Tokens in and out, cached ones included. */
export const Amount = z.object({
  usd: z.number().nonnegative(),
  minutes: z.number().nonnegative(),
  tokens: z.number().nonnegative(),
})
export type Amount = z.infer<typeof Amount>

export const nothing: Amount = { usd: 0, minutes: 0, tokens: 0 }

/** The sum of two amounts. */
export function addAmount(a: Amount, b: Amount): Amount {
  return { usd: a.usd + b.usd, minutes: a.minutes + b.minutes, tokens: a.tokens + b.tokens }
}

/** All tokens of a usage. */
export function tokensOf(usage: Usage): number {
  return usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens
}
