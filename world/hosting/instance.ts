/** One version of a service as a process: unpacked, started by its Procfile, awaited until it listens, ended with all it started. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { jobPath } from '../ci/process.ts'

const readyWithinMs = 60_000
const stopsWithinMs = 5_000
const mostPrinted = 4_000

export type Instance = {
  readonly version: string
  readonly pid: number
  readonly port: number
  /** Ends the process and whatever it started, and removes its files; calling it again does nothing. */
  stop(): Promise<void>
}

/**
 * Starts the `web` line of the archive's Procfile with PORT and VERSION in a clean environment.
 * @throws Error with the end of its output when it does not come to listen.
 */
export async function startInstance(
  archive: Buffer,
  version: string,
  env: Record<string, string>,
): Promise<Instance> {
  const dir = await mkdtemp(join(tmpdir(), 'world-hosting-'))
  const remove = () => rm(dir, { recursive: true, force: true, maxRetries: 3 })
  try {
    await unpack(archive, dir)
    const command = /^web:\s*(.+)$/m.exec(await readFile(join(dir, 'Procfile'), 'utf8'))?.[1]
    if (command === undefined) throw new Error('the Procfile has no line "web: COMMAND"')
    const port = await freePort()
    const child = spawn('bash', ['--noprofile', '--norc', '-c', `exec ${command}`], {
      cwd: dir,
      env: { PATH: jobPath(), HOME: dir, LANG: 'C.UTF-8', ...env, PORT: String(port), VERSION: version },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that it ends with everything that it started.
      detached: true,
    })
    // Whoever ends us without closing the world must not leave a service behind.
    const killNow = () => signal(child, 'SIGKILL')
    process.once('exit', killNow)
    const stop = async () => {
      await end(child)
      process.removeListener('exit', killNow)
      await remove()
    }
    try {
      await listening(child, port)
    } catch (error) {
      await stop()
      throw error
    }
    return { version, pid: child.pid ?? 0, port, stop }
  } catch (error) {
    await remove()
    throw error
  }
}

async function unpack(archive: Buffer, dir: string): Promise<void> {
  const tar = spawn('tar', ['-x', '-f', '-', '-C', dir], { stdio: ['pipe', 'ignore', 'ignore'] })
  const closed = once(tar, 'close')
  // A tar that ends early closes the pipe; its exit code says so.
  tar.stdin.on('error', () => undefined)
  tar.stdin.end(archive)
  const [code] = await closed
  if (code !== 0) throw new Error('the upload is no tar archive')
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-mostPrinted)
    })
  for (const deadline = Date.now() + readyWithinMs; !(await accepts(port)); await sleep(20)) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the service ended before it listened:\n${printed}`)
    if (Date.now() > deadline) throw new Error(`the service does not listen on PORT:\n${printed}`)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** Asks first, so that a service can finish what it answers. */
async function end(child: ChildProcess): Promise<void> {
  const ended = child.exitCode !== null || child.signalCode !== null ? null : once(child, 'exit')
  signal(child, 'SIGTERM')
  if (ended) await Promise.race([ended, sleep(stopsWithinMs, undefined, { ref: false })])
  signal(child, 'SIGKILL')
  await ended
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, name)
  } catch (error) {
    // The group is gone when its last process has ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function freePort(): Promise<number> {
  const trial = createServer().listen(0, '127.0.0.1')
  await once(trial, 'listening')
  const address = trial.address()
  trial.close()
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
