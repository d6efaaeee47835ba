/** The endpoints of one session in the order in which they are asked, and when the next one takes over (P10). */
import Anthropic from '@anthropic-ai/sdk'
import type { ModelChoice, SessionRequest } from '../../core/ports/model.ts'
import { clientFor, type EndpointAccess, optionsOf, requestRetries } from './endpoint.ts'
import type { Platforms, SessionClient } from './platforms.ts'
import { blocksOf, type TranscriptMessage } from './transcript.ts'
import { ContextFull, type WireOptions } from './wire.ts'

/** One endpoint and model that the session may ask. */
export interface Link extends ModelChoice {
  client: SessionClient
  options: WireOptions
}

/** The model said that it will not answer: another one may. */
export class ModelRefused extends Error {
  override readonly name = 'ModelRefused'
}

/** While another endpoint waits to take over, a request is not tried as long. */
const retriesBeforeNext = 1

/** What the operator offers. */
export interface Offered {
  /** By the names that policy uses. Only the operator adds endpoints: a policy cannot send a key anywhere else. */
  endpoints: Record<string, EndpointAccess>
  /** As loaded for these endpoints. */
  platforms?: Platforms
  /** Retries of one request; tests shorten them. */
  retries?: number
}

/**
 * The links that may be used: configured by the operator and, for sensitive work, marked by the operator as in-house.
 * Nothing else gets a client, so nothing else can be asked.
 */
export function chainOf(
  request: SessionRequest,
  { endpoints, platforms = {}, retries = requestRetries }: Offered,
): Link[] {
  const wanted: ModelChoice[] = [request, ...(request.fallbacks ?? [])]
  const usable = wanted.flatMap(({ endpoint, model, prices }) => {
    const access = Object.hasOwn(endpoints, endpoint) ? endpoints[endpoint] : undefined
    if (!access || (request.inHouseOnly && access.inHouse !== true)) return []
    return [{ endpoint, model, prices: pricesOf(access, model) ?? prices, access }]
  })
  return usable.map(({ access, ...choice }, index) => ({
    ...choice,
    client: clientFor(
      access,
      index < usable.length - 1 ? Math.min(retries, retriesBeforeNext) : retries,
      platforms,
    ),
    options: optionsOf(access),
  }))
}

function pricesOf(access: EndpointAccess, model: string): ModelChoice['prices'] {
  const price = access.prices && Object.hasOwn(access.prices, model) ? access.prices[model] : undefined
  return price
    ? {
        input: price.input,
        output: price.output,
        cacheRead: price.cache_read ?? price.input,
        cacheWrite: price.cache_write ?? price.input,
      }
    : null
}

/** The sentence when no link may be used. */
export function nobodyToAsk(request: SessionRequest): string {
  const asked = [...new Set([request.endpoint, ...(request.fallbacks ?? []).map((one) => one.endpoint)])]
  const named = asked.map((one) => `"${one}"`).join(', ')
  return request.inHouseOnly
    ? `This work is sensitive, and the operator has marked none of the model endpoints ${named} as in-house, so nothing was sent. The operator marks one (in_house), or a maintainer corrects \`models.sensitive.use\` in the policy; then someone comments \`/agent retry\`.`
    : `The operator has configured no model endpoint ${named}. The operator adds it, or a maintainer changes \`models\` in the policy; then someone comments \`/agent retry\`.`
}

/** Whether another endpoint may do better: overload, limits, 5xx, broken or late answers, refusals, too short a context. */
export function mayFallBack(error: unknown): boolean {
  if (error instanceof ModelRefused || error instanceof ContextFull) return true
  if (error instanceof Anthropic.APIUserAbortError) return false
  if (error instanceof Anthropic.APIConnectionError) return true
  if (!(error instanceof Anthropic.APIError)) return false
  return error.status === 429 || (error.status !== undefined && error.status >= 500)
}

/** The history as another endpoint may read it: signed thoughts are good only where they were thought. */
export function portable(messages: readonly TranscriptMessage[]): TranscriptMessage[] {
  return messages.map((message) => {
    if (message.role !== 'assistant' || typeof message.content === 'string') return message
    const content = blocksOf(message).filter(
      (block) => block.type !== 'thinking' && block.type !== 'redacted_thinking',
    )
    return { ...message, content: content.length > 0 ? content : [{ type: 'text', text: '.' }] }
  })
}
