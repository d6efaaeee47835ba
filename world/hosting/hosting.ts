/** A stand-in for the platform that a repository deploys to: takes a version of an environment, runs it, and answers at one address. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { GitHubWorld } from '../github/world.ts'
import { type Instance, startInstance } from './instance.ts'

const mostBytes = 50 * 1024 ** 2

type Environment = {
  /** Its address stays when versions change. */
  readonly front: Server
  url: string
  running: Instance | null
  /** Uploads of one environment take turns. */
  turn: Promise<unknown>
}

export type Hosting = {
  /** `PUT /environments/{name}?version={sha}` with a tar archive that holds a Procfile; answers `{ url }` once it runs. */
  readonly url: string
  /** The address of an environment, which is its own before anything runs there. */
  address(environment: string): Promise<string>
  /** What runs where, by environment. */
  running(): Record<string, { version: string; pid: number; url: string }>
  /** Ends every service. */
  close(): Promise<void>
}

export type HostingOptions = {
  /** Further variables of every service, such as its memory limit. */
  env?: Record<string, string>
  /** The host closes with this world; otherwise whoever starts it closes it. */
  world?: Pick<GitHubWorld, 'onClose'>
}

export async function startHosting({ env = {}, world }: HostingOptions = {}): Promise<Hosting> {
  const environments = new Map<string, Environment>()
  function environmentOf(name: string): Environment {
    const known = environments.get(name)
    if (known) return known
    const front = createServer((asked, answer) => forward(made.running, asked, answer))
    const made: Environment = { front, url: '', running: null, turn: Promise.resolve() }
    environments.set(name, made)
    made.turn = listen(front).then((url) => {
      made.url = url
    })
    return made
  }
  /** The old version answers until the new one does; one that does not start changes nothing. */
  async function replace(environment: Environment, archive: Buffer, version: string): Promise<void> {
    const next = await startInstance(archive, version, env)
    const last = environment.running
    environment.running = next
    await last?.stop()
  }
  const server = createServer((asked, answer) => {
    take(asked).then(
      (url) => answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ url })),
      (error: unknown) => answer.writeHead(422).end(error instanceof Error ? error.message : String(error)),
    )
  })
  async function take(asked: IncomingMessage): Promise<string> {
    const { pathname, searchParams } = new URL(asked.url ?? '', 'http://host')
    const name = /^\/environments\/([^/]+)$/.exec(pathname)?.[1]
    const version = searchParams.get('version')
    if (asked.method !== 'PUT' || name === undefined || version === null)
      throw new Error('ask for PUT /environments/{name}?version={version}')
    const archive = await read(asked)
    const environment = environmentOf(decodeURIComponent(name))
    const turn = environment.turn.then(() => replace(environment, archive, version))
    environment.turn = turn.catch(() => undefined)
    await turn
    return environment.url
  }
  const url = await listen(server)
  const hosting: Hosting = {
    url,
    async address(name) {
      const environment = environmentOf(name)
      await environment.turn
      return environment.url
    },
    running: () =>
      Object.fromEntries(
        [...environments].flatMap(([name, { running, url }]) =>
          running === null ? [] : [[name, { version: running.version, pid: running.pid, url }]],
        ),
      ),
    async close() {
      await stop(server)
      for (const { front, turn } of environments.values()) {
        // What is being started is known only then.
        await turn
        await stop(front)
      }
      for (const { running } of environments.values()) await running?.stop()
    },
  }
  world?.onClose(() => hosting.close())
  return hosting
}

/** Passes a request on to the version that runs; 502 when there is none, or it does not answer. */
function forward(to: Instance | null, asked: IncomingMessage, answer: ServerResponse): void {
  const bad = () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end())
  if (to === null) return void bad()
  const { method, url: path, headers } = asked
  const passed = request(
    { host: '127.0.0.1', port: to.port, method, path, headers, agent: false },
    (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.on('error', bad).pipe(answer)
    },
  )
  passed.on('error', bad)
  answer.on('close', () => passed.destroy())
  asked.pipe(passed)
}

async function read(asked: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of asked as AsyncIterable<Buffer>) {
    size += part.length
    if (size > mostBytes) throw new Error(`the upload is over ${mostBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((closed) => server.close(() => closed()))
}
