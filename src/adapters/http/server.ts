/** The HTTP server: the webhook, health, readiness, metrics, and whatever pages are mounted beside them. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Log } from '../../core/ports.ts'
import { healthy, type MetricsText, metricsAnswer, type ReadinessCheck, readiness } from './health.ts'
import { type Answer, createWebhook, type WebhookOptions } from './webhook.ts'

export interface ServerOptions {
  host: string
  /** 0 lets the system choose. */
  port: number
  webhook: Omit<WebhookOptions, 'log' | 'metrics'>
  metrics: WebhookOptions['metrics'] & MetricsText
  log: Log
  /** By name, e.g. ledger, queue, sandbox. */
  readiness: Readonly<Record<string, ReadinessCheck>>
  /** Pages of the board; true when it has answered. */
  pages?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>
}

export interface RunningServer {
  /** `http://host:port` */
  readonly url: string
  readonly port: number
  /** Stop listening, let answers finish for up to `graceMs`, then cut what is left. */
  close(graceMs?: number): Promise<void>
}

/** Probot's default, which existing set-ups and its manifest flow use. */
export const webhookPath = '/api/github/webhooks'

const headersWithinMs = 10_000
const requestWithinMs = 30_000
const idleWithinMs = 15_000
const maximumConnections = 2000

/** Listen. Rejects with a sentence when the port is taken. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, log, metrics } = options
  const webhook = createWebhook({ ...options.webhook, log, metrics })

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<Answer | null> => {
    const path = (request.url ?? '').split('?', 1)[0]
    // The set-up page's manifest names the bare address as the webhook's, since Probot leaves no room for a path there.
    if (path === webhookPath || (path === '/' && request.method === 'POST')) return webhook(request)
    if (request.method === 'GET' || request.method === 'HEAD') {
      if (path === '/healthz') return healthy
      if (path === '/readyz') return readiness(options.readiness, log)
      if (path === '/metrics') return metricsAnswer(metrics)
    }
    if (await options.pages?.(request, response)) return null
    return { status: 404, text: 'nothing here', close: request.method !== 'GET' }
  }

  const server = createServer((request, response) => {
    route(request, response).then(
      (answer) => answer && send(response, answer),
      (error: unknown) => {
        log.error({ error, path: request.url }, 'a request failed')
        if (response.headersSent) response.destroy()
        else send(response, { status: 500, text: 'an error in Countersign; its log says more', close: true })
      },
    )
  })
  server.headersTimeout = headersWithinMs
  server.requestTimeout = requestWithinMs
  server.keepAliveTimeout = idleWithinMs
  server.maxConnections = maximumConnections

  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      reject(taken ? new Error(`port ${options.port} on ${host} is taken: set PORT to another one`) : error)
    })
    server.listen(options.port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : options.port)
    })
  })
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    async close(graceMs = 5000) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      const cut = setTimeout(() => server.closeAllConnections(), graceMs)
      await closed
      clearTimeout(cut)
    },
  }
}

function send(response: ServerResponse, { status, text, headers, close }: Answer): void {
  // As a string, not bytes: Node then sends head and body in one write.
  const body = `${text}\n`
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    ...(close ? { connection: 'close' } : {}),
    ...headers,
  })
  response.end(body)
}
