/** Throw-away Redis, PostgreSQL and Prometheus servers on loopback: real ones, empty, and gone when the tests end. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import pg from 'pg'

export interface Server {
  /** Ready for a client: `redis://127.0.0.1:port`, `postgres://...` or `http://127.0.0.1:port`. */
  readonly url: string
  readonly pid: number
  /** Ends the server and removes its data; calling it again does nothing. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

const readyWithin_ms = 20_000
const stoppedWithin_ms = 10_000

/** Starts an empty Redis that keeps nothing on disk. `port` brings one back where an earlier one was stopped. */
export async function startRedis(port?: number): Promise<Server> {
  const chosen = port ?? (await freePort())
  const folder = mkdtempSync(join(tmpdir(), 'countersign-redis-'))
  const child = spawn(
    found('redis-server'),
    ['--port', `${chosen}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  return whenReady(child, folder, `redis://127.0.0.1:${chosen}`, async (url) => {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
    // The rejected connect below carries the reason; without a listener ioredis would print it as well.
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.ping()
    } finally {
      client.disconnect()
    }
  })
}

/** Starts a fresh PostgreSQL cluster, without durability unless asked for (benchmarks measure what people run). As root it runs as an ordinary user, because the server refuses root. */
export async function startPostgres({ fsync = false } = {}): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-postgres-'))
  const owner = ordinaryUser()
  if (owner) chownSync(folder, owner.uid, owner.gid)
  chmodSync(folder, 0o700)
  const user = { ...owner, cwd: folder }
  execFileSync(
    found('initdb'),
    ['-D', folder, '-U', 'countersign', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...user, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const port = await freePort()
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${folder}`,
    `fsync=${fsync ? 'on' : 'off'}`,
    'max_connections=200',
  ]
  const child = spawn(found('postgres'), ['-D', folder, ...settings.flatMap((setting) => ['-c', setting])], {
    ...user,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const url = `postgres://countersign@127.0.0.1:${port}/postgres`
  return whenReady(child, folder, url, async (connectionString) => {
    const client = new pg.Client({ connectionString })
    try {
      await client.connect()
    } finally {
      await client.end()
    }
  })
}

/** Starts an empty Prometheus that scrapes one service, given as `host:port`, twice a second. */
export async function startPrometheus(target: string): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-prometheus-'))
  const config = join(folder, 'prometheus.yml')
  // YAML takes JSON as it is.
  const scrape = { job_name: 'service', scrape_interval: '500ms', static_configs: [{ targets: [target] }] }
  writeFileSync(config, JSON.stringify({ scrape_configs: [scrape] }))
  const port = await freePort()
  const child = spawn(
    found('prometheus'),
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  return whenReady(child, folder, `http://127.0.0.1:${port}`, async (url) => {
    const { status } = await fetch(`${url}/-/ready`)
    if (status !== 200) throw new Error(`it answers ${status}`)
  })
}

/** The full path of a program on the path, or in the folder where Debian keeps PostgreSQL's; undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = isReadable(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...versions.map((version) => join(debian, version, 'bin')),
  ]
  return folders.map((folder) => join(folder, name)).find((path) => isReadable(path, constants.X_OK))
}

function found(name: string): string {
  const path = findProgram(name)
  if (!path) throw new Error(`${name} is not installed; describeWith skips the suites that need it`)
  return path
}

/** Whether the path exists and allows this; why not makes no difference to the caller. */
function isReadable(path: string, mode = constants.R_OK): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

/** The account for a server that refuses to run as root; undefined when we are not root. */
function ordinaryUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const account = ['postgres', 'nobody']
    .map((name) => accounts.find(([login]) => login === name))
    .find(Boolean)
  if (!account)
    throw new Error('PostgreSQL refuses to run as root, and there is no account postgres or nobody')
  return { uid: Number(account[2]), gid: Number(account[3]) }
}

/** A port that was free a moment ago; the servers here cannot be asked to choose one themselves. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  await new Promise((closed) => probe.close(closed))
  if (address === null || typeof address === 'string') throw new Error('the probe listens on no port')
  return address.port
}

/** Waits until `connect` succeeds; a server that ends or stays silent is an error that carries what it printed. */
async function whenReady(
  child: ChildProcess,
  folder: string,
  url: string,
  connect: (url: string) => Promise<void>,
): Promise<Server> {
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      printed = (printed + chunk.toString()).slice(-4_000)
    })
  }
  // A test run that is interrupted must not leave servers behind.
  const killNow = () => child.kill('SIGKILL')
  process.once('exit', killNow)
  const ended = once(child, 'exit')

  const stop = async (signal: NodeJS.Signals = 'SIGINT'): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
      await Promise.race([ended, sleep(stoppedWithin_ms, undefined, { ref: false })])
      child.kill('SIGKILL')
      await ended
    }
    process.removeListener('exit', killNow)
    rmSync(folder, { recursive: true, force: true })
  }

  const deadline_ms = Date.now() + readyWithin_ms
  for (;;) {
    try {
      await connect(url)
      return { url, pid: child.pid ?? 0, stop }
    } catch (error) {
      const over = child.exitCode !== null || child.signalCode !== null || Date.now() > deadline_ms
      if (over) {
        await stop('SIGKILL')
        throw new Error(`${url} did not become ready; the server printed:\n${printed}`, { cause: error })
      }
      await sleep(50)
    }
  }
}
