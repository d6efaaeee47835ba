/** Faults on demand, for requests and for webhooks; each is played on the first `count` matches. */
import { createStalls, type Stall, type Stalls } from '../stall.ts'
import { TOKEN_PATH } from './oauth.ts'
import type { Actor } from './site.ts'

export type RequestFacts = {
  method: string
  path: string
  /** The route's; for git `git-upload-pack` or `git-receive-pack`, with `info/refs ` before it for its first request. */
  template: string | null
  body: unknown
  actor: Actor
}
export type WebhookFacts = {
  event: string
  action: string | null
  appId: number
  guid: string
  payload: Record<string, unknown>
}

export type RestFault = {
  /** Default: every request of an App (people's are never disturbed). */
  when?: (request: RequestFacts) => boolean
  /** How many matching requests it hits; default 1. */
  count?: number
} & (
  | { kind: 'error'; status: number; message?: string; headers?: Record<string, string> }
  /** Secondary limit, as 403 or 429, with or without retry-after (seconds). */
  | { kind: 'secondary-limit'; status: 403 | 429; retryAfterS?: number }
  /** Primary limit: 403 with x-ratelimit-remaining 0 and a reset `resetInS` seconds ahead. */
  | { kind: 'primary-limit'; resetInS: number }
  | { kind: 'slow'; ms: number }
  /** The request takes effect, then the connection is cut. */
  | { kind: 'applied-but-lost' }
  /** The connection is cut and nothing happened. */
  | { kind: 'cut' }
)

export type WebhookFault = { when?: (webhook: WebhookFacts) => boolean; count?: number } & (
  | { kind: 'duplicate' }
  /** Never arrives; `recorded` (default true) leaves a failed delivery that can be asked for again. */
  | { kind: 'lose'; recorded?: boolean }
  /** Arrives `ms` later than its turn, out of order. */
  | { kind: 'delay'; ms: number }
  /** Arrives only after release(). */
  | { kind: 'hold' }
  /** Changes places with the next webhook of the same App (or arrives alone when none follows). */
  | { kind: 'reorder' }
)

export type Faults = {
  rest(fault: RestFault): void
  webhook(fault: WebhookFault): void
  /** Take over at a moment of an App's request, of git's too. */
  stall(stall: Stall<RequestFacts>): void
  readonly stalls: Pick<Stalls<RequestFacts>, 'at'>
  /** Sends the webhooks that were held, and cuts the requests that wait. */
  release(): void
  /** Forgets every fault not yet played. Held webhooks stay held. */
  clear(): void
  takeRest(facts: RequestFacts): RestFault | null
  takeWebhook(facts: WebhookFacts): WebhookFault | null
  onRelease(listener: () => void): void
}

export function createFaults(): Faults {
  const rest: (RestFault & { left: number })[] = []
  const webhooks: (WebhookFault & { left: number })[] = []
  const listeners: (() => void)[] = []
  const stalls = createStalls<RequestFacts>()
  return {
    rest: (fault) => void rest.push({ ...fault, left: fault.count ?? 1 }),
    webhook: (fault) => void webhooks.push({ ...fault, left: fault.count ?? 1 }),
    stall: stalls.add,
    stalls: {
      at: async (point, facts, connection) => isApp(facts) && stalls.at(point, facts, connection),
    },
    release() {
      stalls.release()
      for (const listener of listeners) listener()
    },
    clear() {
      rest.length = 0
      webhooks.length = 0
      stalls.clear()
    },
    takeRest(facts) {
      if (!isApp(facts)) return null
      const found = rest.find((f) => f.left > 0 && (f.when === undefined || f.when(facts)))
      if (found === undefined) return null
      found.left -= 1
      return found
    },
    takeWebhook(facts) {
      const found = webhooks.find((f) => f.left > 0 && (f.when === undefined || f.when(facts)))
      if (found === undefined) return null
      found.left -= 1
      return found
    },
    onRelease: (listener) => void listeners.push(listener),
  }
}

/** People are never disturbed. Who exchanges a code is an App, which says so in the body only. */
function isApp({ actor, template }: RequestFacts): boolean {
  return template === TOKEN_PATH || (actor.kind !== 'user' && actor.kind !== 'anonymous')
}
