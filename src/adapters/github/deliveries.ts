/** The App's own webhook deliveries: which failed and never arrived, and asking for them again. */
import { z } from 'zod'
import type { Deliveries } from '../../core/ports.ts'
import type { Client } from './client.ts'

const maximumAttempts = 2000
const Delivery = z.object({
  id: z.number().int(),
  guid: z.string(),
  delivered_at: z.string(),
  status_code: z.number().int(),
})
type Delivery = z.infer<typeof Delivery>

export function createDeliveries(client: Client): Deliveries {
  return {
    /** Newest attempt of each delivery that no attempt brought home, oldest first; at most 2,000 attempts are seen. */
    async failedSince(sinceMs) {
      // The list goes from newest to oldest.
      const reached = (soFar: Delivery[]) =>
        soFar.length >= maximumAttempts || Date.parse(soFar.at(-1)?.delivered_at ?? '') < sinceMs
      const list = { schema: z.array(Delivery), items: (page: Delivery[]) => page, most: 20, enough: reached }
      const attempts = await client.pages({ kind: 'app' }, 'GET /app/hook/deliveries', {}, list)
      return failed(attempts.filter((one) => Date.parse(one.delivered_at) >= sinceMs))
    },
    async redeliver(id) {
      const route = 'POST /app/hook/deliveries/{delivery_id}/attempts'
      await client.rest({ kind: 'app' }, route, { delivery_id: id }, z.unknown())
    },
  }
}

function failed(attempts: Delivery[]) {
  const arrived = new Set(
    attempts.filter((one) => one.status_code >= 200 && one.status_code < 300).map((one) => one.guid),
  )
  const newest = new Map<string, Delivery>()
  for (const one of attempts) if (!arrived.has(one.guid) && !newest.has(one.guid)) newest.set(one.guid, one)
  return [...newest.values()]
    .map((one) => ({ id: one.id, guid: one.guid, deliveredAtMs: Date.parse(one.delivered_at) }))
    .reverse()
}
