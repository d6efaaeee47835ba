/** Watches what surrounds the sessions: sockets, files next to the worktrees, refs of the mirror, processes (S13). */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server, Socket } from 'node:net'
import { join, relative } from 'node:path'
import { mark } from './program.ts'

export interface Surroundings {
  /** A folder of the host, open to everybody, that holds a secret; nothing may change in it. */
  outside: string
  /** The port of a listener that nobody may call. */
  port(): number
  /** Where sockets of this process were connected to, as `host:port`. */
  connected: ReadonlySet<string>
  /** How often the listener was called. */
  calls(): number
  /** Processes of the machine that a program of the model has left behind. */
  leftovers(): string[]
  close(): Promise<void>
}

const connect = Socket.prototype.connect

/** Begin to watch. `folder` is a new folder for the canary. */
export async function watchSurroundings(folder: string): Promise<Surroundings> {
  const outside = join(folder, 'outside')
  mkdirSync(outside, { recursive: true })
  writeFileSync(join(outside, 'canary.txt'), 'a secret of the host\n')
  chmodSync(join(outside, 'canary.txt'), 0o666)
  chmodSync(outside, 0o777)
  const connected = new Set<string>()
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    const [given] = Array.isArray(args[0]) ? args[0] : args
    const { host, port, path } = Object(given)
    connected.add(typeof given === 'number' ? `${args[1]}:${given}` : `${path ?? host}:${port}`)
    return Reflect.apply(connect, this, args)
  }
  let calls = 0
  const listen = async (where: { port: number; host: string } | { path: string }): Promise<Server> => {
    const server = createServer((socket) => {
      calls += 1
      socket.destroy()
    })
    await new Promise<void>((resolve) => server.listen(where, resolve))
    return server
  }
  const servers = [
    await listen({ port: 0, host: '127.0.0.1' }),
    await listen({ path: join(outside, 'socket') }),
  ]
  const address = servers[0]?.address()
  return {
    outside,
    port: () => (typeof address === 'object' && address ? address.port : 0),
    connected,
    calls: () => calls,
    leftovers: () =>
      execFileSync('ps', ['-eo', 'args'])
        .toString()
        .split('\n')
        .filter((line) => line.includes(mark) && !line.includes('jest')),
    async close() {
      Socket.prototype.connect = connect
      for (const server of servers) await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Every file, link and mode below a folder, by path; contents as digests. Links are not followed. */
export function contentsOf(folder: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const { mode } = lstatSync(path)
    const what = entry.isFile()
      ? createHash('sha256').update(readFileSync(path)).digest('hex')
      : entry.isSymbolicLink()
        ? readlinkSync(path)
        : ''
    found[relative(folder, path)] = `${mode.toString(8)} ${what}`
  }
  return found
}

/** Refs of a repository with what they hold. */
export function refsOf(gitDirectory: string): Record<string, string> {
  const lines = execFileSync('git', [
    '--git-dir',
    gitDirectory,
    'for-each-ref',
    '--format=%(refname) %(objectname)',
  ])
  return Object.fromEntries(
    lines
      .toString()
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ') as [string, string]),
  )
}
