/** The outbox: signed webhooks, one after the other to each App, recorded as deliveries that can be asked for again. */
import { createHmac, randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Faults } from './faults.ts'
import { must, type Site } from './site.ts'
import type { App, Delivery } from './state.ts'

const TIMEOUT_MS = 10_000
const RESPONSE_LIMIT = 10_000

export type Outgoing = {
  app: App
  guid: string
  event: string
  action: string | null
  installationId: number | null
  repositoryId: number | null
  payload: Record<string, unknown>
  body: string
  redelivery: boolean
}

export type Outbox = {
  send(webhook: Omit<Outgoing, 'guid' | 'body' | 'redelivery'>): void
  redeliver(delivery: Delivery): void
  /** Webhooks queued or under way, without the held ones. */
  pending(): number
  stop(): void
}

/** Delivers in order a queue an App; `settled` is called whenever something ended. */
export function createOutbox(site: Site, faults: Faults, settled: () => void): Outbox {
  const queues = new Map<number, Outgoing[]>()
  const busy = new Set<number>()
  const swapped = new Map<number, Outgoing>()
  const held: Outgoing[] = []
  const timers = new Set<NodeJS.Timeout>()
  const stopping = new AbortController()
  let underWay = 0

  const queueOf = (appId: number) => {
    const queue = queues.get(appId) ?? []
    queues.set(appId, queue)
    return queue
  }
  const later = (webhook: Outgoing, ms: number) => {
    underWay += 1
    const timer = setTimeout(() => {
      timers.delete(timer)
      void post(webhook).finally(() => {
        underWay -= 1
        settled()
      })
    }, ms)
    timers.add(timer)
  }

  async function post(webhook: Outgoing, lost = false): Promise<void> {
    const { app } = webhook
    if (app.webhookUrl === null || stopping.signal.aborted) return
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/stand-in',
      'x-github-delivery': webhook.guid,
      'x-github-event': webhook.event,
      'x-github-hook-id': String(app.id),
      'x-github-hook-installation-target-id': String(app.id),
      'x-github-hook-installation-target-type': 'integration',
      'x-hub-signature-256': `sha256=${createHmac('sha256', app.webhookSecret).update(webhook.body).digest('hex')}`,
    }
    const started = performance.now()
    let statusCode = 0
    let status = lost ? 'failed to connect to host' : 'timed out'
    let responseBody = ''
    if (!lost) {
      try {
        const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), stopping.signal])
        const response = await fetch(app.webhookUrl, {
          method: 'POST',
          headers,
          body: webhook.body,
          signal,
          redirect: 'manual',
        })
        statusCode = response.status
        status = response.ok ? 'OK' : `Invalid HTTP Response: ${response.status}`
        responseBody = (await response.text()).slice(0, RESPONSE_LIMIT)
      } catch (error) {
        // The receiver is down or too slow: that is a failed delivery, which GitHub records and nobody retries.
        status =
          error instanceof Error && error.name === 'TimeoutError' ? 'timed out' : 'failed to connect to host'
      }
    }
    const id = site.nextId()
    site.state.deliveries.set(id, {
      id,
      guid: webhook.guid,
      appId: app.id,
      event: webhook.event,
      action: webhook.action,
      installationId: webhook.installationId,
      repositoryId: webhook.repositoryId,
      deliveredAt: new Date(site.clock.now()).toISOString(),
      redelivery: webhook.redelivery,
      durationS: Math.round((performance.now() - started) / 10) / 100,
      statusCode,
      status,
      body: webhook.body,
      requestHeaders: headers,
      responseBody,
      url: app.webhookUrl,
    })
  }

  async function deliver(webhook: Outgoing): Promise<void> {
    const { app, event, action, guid, payload } = webhook
    const fault = webhook.redelivery
      ? null
      : faults.takeWebhook({ event, action, appId: app.id, guid, payload })
    switch (fault?.kind) {
      case undefined:
        return post(webhook)
      case 'duplicate':
        await post(webhook)
        return post(webhook)
      case 'lose':
        return fault.recorded === false ? undefined : post(webhook, true)
      case 'delay':
        return later(webhook, fault.ms)
      case 'hold':
        held.push(webhook)
        return
      case 'reorder':
        swapped.set(app.id, webhook)
        return
    }
  }

  async function drain(appId: number): Promise<void> {
    if (busy.has(appId)) return
    busy.add(appId)
    const queue = queueOf(appId)
    // Bounded by what was emitted: every turn takes one webhook off the queue.
    while (!stopping.signal.aborted && (queue.length > 0 || swapped.has(appId))) {
      const early = swapped.get(appId)
      const next = queue.shift()
      swapped.delete(appId)
      if (next !== undefined) await deliver(next)
      if (early !== undefined) await post(early)
    }
    busy.delete(appId)
    settled()
  }

  const enqueue = (webhook: Outgoing) => {
    queueOf(webhook.app.id).push(webhook)
    void drain(webhook.app.id)
  }
  faults.onRelease(() => {
    for (const webhook of held.splice(0)) later(webhook, 0)
  })

  return {
    send(webhook) {
      enqueue({ ...webhook, guid: randomUUID(), body: JSON.stringify(webhook.payload), redelivery: false })
    },
    redeliver(old) {
      enqueue({
        app: must(site.state.apps, old.appId, 'app'),
        guid: old.guid,
        event: old.event,
        action: old.action,
        installationId: old.installationId,
        repositoryId: old.repositoryId,
        payload: {},
        body: old.body,
        redelivery: true,
      })
    },
    pending: () => [...queues.values()].reduce((n, q) => n + q.length, 0) + busy.size + underWay,
    stop() {
      stopping.abort()
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
