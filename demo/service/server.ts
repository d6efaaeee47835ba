/**
 * The sample repository as a service: invoices rendered over HTTP by the code of its own commit. Started in the repository by
 * `node service/server.ts`; PORT, VERSION, MEMORY_LIMIT_MB and STATS_WINDOW_SECONDS come from whoever hosts it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { readBehaviour } from './behaviour.ts'
import { createStats } from './stats.ts'

const mostBytes = 100_000
const { PORT = '0', VERSION = 'unknown', MEMORY_LIMIT_MB = '192', STATS_WINDOW_SECONDS = '60' } = process.env
const memoryLimitBytes = Number(MEMORY_LIMIT_MB) * 1024 ** 2

interface Library {
  parseInvoice(json: string): unknown
  renderInvoice(invoice: unknown): string
}
const library: Library = await import(pathToFileURL(join(import.meta.dirname, '../src/index.ts')).href)
const behaviour = readBehaviour(import.meta.dirname)
const stats = createStats({
  version: VERSION,
  memoryLimitBytes,
  windowMs: Number(STATS_WINDOW_SECONDS) * 1000,
  now: () => performance.now(),
})
const kept: Buffer[] = []
let asked = 0

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error)
    response.destroy()
  })
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (`${request.method} ${request.url}`) {
    case 'GET /health':
      return reply(response, behaviour.healthy ? 200 : 503, {
        status: behaviour.healthy ? 'ok' : 'failing',
        version: VERSION,
      })
    case 'GET /stats.json':
      return reply(response, 200, stats.json())
    case 'GET /metrics':
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(stats.prometheus())
      return
    case 'POST /invoices': {
      const started = performance.now()
      const status = await invoice(request, response)
      stats.add(status, performance.now() - started)
      return
    }
    default:
      return reply(response, 404, { error: 'there is /health, /invoices (POST), /metrics and /stats.json' })
  }
}

/** The work itself, as well or as badly as this version does it; returns the status that was answered. */
async function invoice(request: IncomingMessage, response: ServerResponse): Promise<number> {
  const body = await read(request)
  if (behaviour.delayMs > 0) await pause(behaviour.delayMs)
  if (behaviour.leakKb > 0 && process.memoryUsage.rss() < memoryLimitBytes)
    kept.push(Buffer.alloc(behaviour.leakKb * 1024, kept.length))
  // Counted rather than drawn, so that a hundred requests fail as often as they should.
  const owed = Math.floor((asked + 1) * behaviour.errorRatio) - Math.floor(asked * behaviour.errorRatio)
  asked += 1
  if (owed > 0) {
    reply(response, 500, { error: 'the invoice could not be made' })
    return 500
  }
  try {
    const text = library.renderInvoice(library.parseInvoice(body))
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(text)
    return 200
  } catch (error) {
    reply(response, 400, { error: error instanceof Error ? error.message : String(error) })
    return 400
  }
}

async function read(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > mostBytes) break
  }
  return text
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`version ${VERSION} listens at http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.once('SIGTERM', () => {
  server.close(() => process.exit(0))
  server.closeAllConnections()
})
