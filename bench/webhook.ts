/** `npm run bench:webhook`: Countersign's front door against a bare node:http server doing the same essential work, on real Redis and PostgreSQL. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startPostgres, startRedis } from '../test/support/servers.ts'
import { type Figures, fire, type Shot, shot } from './load.ts'

const secret = 'the secret of the benchmark'
const connections = 20
/** Runs alternate between the two servers, so that a slow moment of the machine hits both; the median run counts. */
const runs = 5
const shotsARun = { warmUp: 1500, hint: 2000, fact: 1500 }
const subjects = 500
/** Targets: throughput at least this share of the bare server's, p99 at most this multiple of it. */
const target = { throughput: 0.6, p99: 2 }

type Kind = 'hint' | 'fact'
const repository = { id: 1, full_name: 'octo/repo' }
const sender = { id: 7, login: 'ada', type: 'User' }
let made = 0

/** A hint only queues a key; a fact (a pressed button) is recorded before. */
function makeShots(kind: Kind, count: number): Shot[] {
  return Array.from({ length: count }, () => {
    const number = (made++ % subjects) + 1
    const head = { sha: 'a'.repeat(40) }
    return kind === 'hint'
      ? shot(secret, 'pull_request', `g-${made}`, {
          action: 'labeled',
          number,
          repository,
          sender,
          pull_request: { number, head },
        })
      : shot(secret, 'check_run', `g-${made}`, {
          action: 'requested_action',
          number,
          repository,
          sender,
          requested_action: { identifier: 'a:0123456789abcdef' },
          check_run: {
            id: made,
            name: 'countersign/plan',
            head_sha: head.sha,
            external_id: `pull:octo/repo#${number}|0|${'b'.repeat(64)}`,
            app: { id: 1 },
          },
        })
  })
}

async function startSide(kind: string, redisUrl: string, databaseUrl: string) {
  const script = join(import.meta.dirname, 'servers.ts')
  const child = spawn(process.execPath, [script, kind, redisUrl, databaseUrl, secret], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const stop = async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { url, stop }
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const medianOf = (figures: Figures[], name: keyof Figures) => median(figures.map((one) => one[name]))
const line = (name: string, figures: Figures[]) =>
  `  ${name.padEnd(12)} ${medianOf(figures, 'perSecond').toFixed(0).padStart(6)}/s   p50 ${medianOf(figures, 'p50Ms').toFixed(1)} ms   p99 ${medianOf(figures, 'p99Ms').toFixed(1)} ms\n`

const redis = await startRedis()
// With fsync, as in production: an acknowledged fact must survive a power cut on either side of the comparison.
const postgres = await startPostgres({ fsync: true })
const bare = await startSide('bare', redis.url, postgres.url)
const door = await startSide('door', redis.url, postgres.url)
let met = true
try {
  for (const kind of ['hint', 'fact'] as const) {
    const figures: Record<'bare' | 'door', Figures[]> = { bare: [], door: [] }
    for (const side of [bare, door]) await fire(side.url, makeShots(kind, shotsARun.warmUp), connections)
    for (let run = 0; run < runs; run++) {
      const shots = makeShots(kind, shotsARun[kind])
      figures.bare.push(await fire(bare.url, shots, connections))
      figures.door.push(await fire(door.url, shots, connections))
    }
    const refused = [...figures.bare, ...figures.door].reduce((sum, one) => sum + one.refused, 0)
    const throughput = medianOf(figures.door, 'perSecond') / medianOf(figures.bare, 'perSecond')
    const p99 = medianOf(figures.door, 'p99Ms') / medianOf(figures.bare, 'p99Ms')
    const holds = throughput >= target.throughput && p99 <= target.p99 && refused === 0
    met &&= holds
    process.stdout.write(
      `${kind} events, ${connections} connections, median of ${runs} runs of ${shotsARun[kind]}\n${line('node:http', figures.bare)}` +
        `${line('Countersign', figures.door)}  throughput ${throughput.toFixed(2)}x (target at least ${target.throughput}x), ` +
        `p99 ${p99.toFixed(2)}x (target at most ${target.p99}x), refused ${refused}: ${holds ? 'met' : 'MISSED'}\n`,
    )
  }
} finally {
  await Promise.all([bare.stop(), door.stop()])
  await Promise.all([redis.stop(), postgres.stop()])
}
process.exitCode = met ? 0 : 1
