/** The two servers of the webhook benchmark, one a process: Countersign's front door, and a bare node:http that does the same essential work. */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Queue as BullQueue } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import { systemClock } from '../src/adapters/clock.ts'
import { startServer, webhookPath } from '../src/adapters/http/server.ts'
import { openLedger } from '../src/adapters/ledger/open.ts'
import { silentLog } from '../src/adapters/log.ts'
import { createMetrics } from '../src/adapters/metrics/prometheus.ts'
import { bullQueue } from '../src/adapters/queue/bull/queue.ts'
import { createApp } from '../src/app.ts'

const [kind, redisUrl = '', databaseUrl = '', secret = ''] = process.argv.slice(2)
const tools = { clock: systemClock, log: silentLog }

/** Both get the same number of database connections. */
const connections = 10

process.stdout.write(`${kind === 'bare' ? await bare() : await frontDoor()}\n`)

async function frontDoor(): Promise<string> {
  const ledger = await openLedger({ databaseUrl, connections }, tools)
  const queue = await bullQueue({ redisUrl, prefix: 'door' }, tools)
  const metrics = createMetrics()
  const resolvers = { withHead: async () => [], onBase: async () => [], onInstalled: async () => undefined }
  const app = createApp({
    ledger,
    clock: systemClock,
    queue,
    log: silentLog,
    metrics,
    resolvers,
    readings: { drop: () => undefined, moved: () => undefined, withHead: () => [], checked: () => undefined },
    appId: 1,
    own: () => new Set(),
  })
  const webhook = { secret, receive: app.receive }
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    webhook,
    metrics,
    log: silentLog,
    readiness: {},
  })
  return `${server.url}${webhookPath}`
}

/** HMAC, one row when the event carries a fact, one job; nothing else. */
async function bare(): Promise<string> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connections })
  await pool.query('CREATE TABLE IF NOT EXISTS bare (id text PRIMARY KEY, body text NOT NULL)')
  const connection = new Redis(redisUrl)
  const queue = new BullQueue('bare', { connection, prefix: 'bare', skipWaitingForReady: true })
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const body = Buffer.concat(chunks)
      const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`)
      const given = Buffer.from(String(request.headers['x-hub-signature-256']))
      if (expected.length !== given.length || !timingSafeEqual(expected, given))
        return response.writeHead(401).end()
      const payload = JSON.parse(body.toString()) as { action: string; number: number }
      if (request.headers['x-github-event'] === 'check_run') {
        await pool.query('INSERT INTO bare VALUES ($1, $2)', [randomUUID(), payload.action])
      }
      await queue.add(
        'round',
        { key: payload.number },
        { removeOnComplete: true, jobId: `n-${payload.number}` },
      )
      return response.writeHead(202).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${webhookPath}`
}
