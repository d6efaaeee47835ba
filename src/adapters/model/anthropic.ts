/** The Model port over the Messages API: any number of endpoints that the operator configured (P10). */
import type { Ledger } from '../../core/ports/ledger.ts'
import type { Model } from '../../core/ports/model.ts'
import type { Clock } from '../../core/ports.ts'
import { chainOf, nobodyToAsk, type Offered } from './chain.ts'
import { nothingUsed } from './limits.ts'
import { Session } from './session.ts'

export interface AnthropicModelOptions extends Offered {
  ledger: Pick<Ledger, 'transcript' | 'putTranscript'>
  clock: Clock
}

/** The Model port for a set of endpoints. */
export function anthropicModel(options: AnthropicModelOptions): Model {
  return {
    async run(request, signal) {
      const chain = chainOf(request, options)
      const [first, ...rest] = chain
      if (!first) return nothingUsed(nobodyToAsk(request))
      return new Session(options, [first, ...rest], request, signal).run()
    },
  }
}
