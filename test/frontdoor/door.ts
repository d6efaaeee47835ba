/** A whole front door for tests: real server, ledger and queue, and a client that signs. */
import { systemClock } from '../../src/adapters/clock.ts'
import { type RunningServer, startServer, webhookPath } from '../../src/adapters/http/server.ts'
import { sign } from '../../src/adapters/http/signature.ts'
import { silentLog } from '../../src/adapters/log.ts'
import { createMetrics } from '../../src/adapters/metrics/prometheus.ts'
import { inProcessQueue } from '../../src/adapters/queue/inProcess/queue.ts'
import type { HintResolvers } from '../../src/app/hints.ts'
import { createApp } from '../../src/app.ts'
import type { Ledger, Queue } from '../../src/core/ports.ts'
import { openTestLedger } from '../support/ledger.ts'

export const secret = 'a secret of the tests'
export const appId = 4711

export interface Door {
  server: RunningServer
  ledger: Ledger
  queue: Queue
  /** Keys whose rounds ran. */
  rounds: string[]
  acknowledged: number[]
  /** Deliver a payload as GitHub would. */
  deliver(
    event: string,
    payload: unknown,
    options?: Delivering,
  ): Promise<{ status: number; text: string; ms: number }>
  /** Wait for hints and rounds. */
  settle(): Promise<void>
  close(): Promise<void>
}

export interface Delivering {
  id?: string
  headers?: Record<string, string | undefined>
  /** Sent instead of the payload's JSON. */
  body?: string | Buffer
  method?: string
}

let deliveries = 0

export async function openDoor(
  given: { ledger?: Ledger; queue?: Queue; resolvers?: Partial<HintResolvers> } = {},
): Promise<Door> {
  const ledger = given.ledger ?? (await openTestLedger())
  const queue = given.queue ?? inProcessQueue({ clock: systemClock, log: silentLog })
  const metrics = createMetrics(false)
  const resolvers: HintResolvers = {
    withHead: async () => [],
    onBase: async () => [],
    onInstalled: async () => undefined,
    ...given.resolvers,
  }
  const app = createApp({
    ledger,
    queue,
    log: silentLog,
    metrics,
    clock: systemClock,
    resolvers,
    readings: { drop: () => undefined, moved: () => undefined, withHead: () => [], checked: () => undefined },
    appId,
    own: () => new Set(),
  })
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    webhook: { secret, receive: app.receive },
    metrics,
    log: silentLog,
    readiness: {
      ledger: () => ledger.ping().then(() => 'ok'),
      queue: () => queue.ping().then(() => 'ok'),
    },
  })
  const rounds: string[] = []
  const acknowledged: number[] = []
  await queue.start(
    {
      reconcile: async (key) => void rounds.push(key),
      acknowledge: async (item) => void acknowledged.push(item.commentId),
      work: async () => undefined,
    },
    { reconcile: 4, acknowledge: 1, work: 1, watch: 1 },
  )
  return {
    server,
    ledger,
    queue,
    rounds,
    acknowledged,
    async deliver(event, payload, { id = `guid-${++deliveries}`, headers = {}, body, method = 'POST' } = {}) {
      const sent = body ?? JSON.stringify(payload)
      const all: Record<string, string | undefined> = {
        'content-type': 'application/json',
        'x-github-event': event,
        'x-github-delivery': id,
        'x-hub-signature-256': sign(secret, sent),
        ...headers,
      }
      const defined = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined)
      const began = performance.now()
      const response = await fetch(`${server.url}${webhookPath}`, {
        method,
        headers: Object.fromEntries(defined),
        ...(method === 'POST' ? { body: typeof sent === 'string' ? sent : new Uint8Array(sent) } : {}),
      })
      return { status: response.status, text: await response.text(), ms: performance.now() - began }
    },
    async settle() {
      await app.idle()
      await queue.idle()
    },
    async close() {
      await server.close(0)
      await queue.close(0)
      await ledger.close()
    },
  }
}

export const ada = { id: 7, login: 'ada', type: 'User' }
export const robot = { id: 99, login: 'countersign[bot]', type: 'Bot' }
export const repository = { id: 1, full_name: 'octo/repo' }
export const sha = 'a'.repeat(40)

/** An issue as in payloads. */
export const issue = (over: object = {}) => ({
  number: 12,
  title: 'Add a limit',
  body: 'The text',
  user: ada,
  labels: [{ name: 'agent' }],
  ...over,
})
export const comment = (body: string, over: object = {}) => ({ id: 500, body, user: ada, ...over })
