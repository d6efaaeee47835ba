/** The Model port over the Messages API: any number of endpoints that the operator configured (P10). */
import type { Ledger } from '../../core/ports/ledger.ts'
import type { Model } from '../../core/ports/model.ts'
import type { Clock } from '../../core/ports.ts'
import { chainOf, nobodyToAsk } from './chain.ts'
import type { EndpointAccess } from './endpoint.ts'
import { nothingUsed } from './limits.ts'
import { Session } from './session.ts'

export interface AnthropicModelOptions {
  /** By the names that policy uses. Only the operator adds endpoints: a policy cannot send a key anywhere else. */
  endpoints: Record<string, EndpointAccess>
  ledger: Pick<Ledger, 'transcript' | 'putTranscript'>
  clock: Clock
  /** Retries of one request; tests shorten them. */
  retries?: number
}

/** The Model port for a set of endpoints. */
export function anthropicModel(options: AnthropicModelOptions): Model {
  return {
    async run(request, signal) {
      const chain = chainOf(request, options.endpoints, options.retries)
      const [first, ...rest] = chain
      if (!first) return nothingUsed(nobodyToAsk(request))
      return new Session(options, [first, ...rest], request, signal).run()
    },
  }
}
