/** Outbound requests counted by purpose and outcome, so that an operator sees a monitor or a channel that has gone silent (O5). */
import type { Metrics } from '../../core/ports.ts'
import type { Outbound } from './outbound.ts'

/** A status outside 2xx is an answer, and counted as an error: what the caller makes of it is not known here. */
export function countingOutbound(outbound: Outbound, purpose: string, metrics: Metrics): Outbound {
  return {
    async ask(request) {
      const answer = await outbound.ask(request)
      const good = answer.kind === 'answered' && answer.status >= 200 && answer.status < 300
      const outcome = answer.kind === 'answered' ? (good ? 'success' : 'error') : answer.kind
      metrics.count('outbound_requests_total', { purpose, outcome })
      return answer
    },
  }
}
