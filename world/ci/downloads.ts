/** Short-lived addresses that logs and archives are downloaded from: another host than the API's, as GitHub's storage is. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Site } from '../github/site.ts'

export type Download = { type: string; bytes: Buffer }

export type Downloads = {
  /** The address of these bytes, good for a minute of the world's time. */
  offer(download: Download): Promise<string>
  close(): Promise<void>
}

const LIFE_MS = 60_000
const MAX_OFFERS = 1_000
const PREFIX = '/storage/'

/** The storage listens from the first offer on. */
export function createDownloads(site: Site): Downloads {
  const offers = new Map<string, Download & { untilMs: number }>()
  let listening: Promise<Server> | undefined

  async function listen(): Promise<Server> {
    const server = createServer((req, res) => {
      // The storage knows no tokens of GitHub, and refuses a request that brings one beside the signed address.
      if (req.headers.authorization !== undefined) {
        res.writeHead(400, { 'content-type': 'text/plain' }).end('InvalidAuthenticationInfo\n')
        return
      }
      const found = offers.get((req.url ?? '').slice(PREFIX.length))
      if (found === undefined || found.untilMs < site.clock.now()) {
        res
          .writeHead(403, { 'content-type': 'text/plain' })
          .end('This download address is unknown or has expired.\n')
        return
      }
      res
        .writeHead(200, { 'content-type': found.type, 'content-length': found.bytes.length })
        .end(found.bytes)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return server
  }

  return {
    async offer(download) {
      listening ??= listen()
      const { port } = (await listening).address() as AddressInfo
      const [oldest] = offers.keys()
      if (offers.size >= MAX_OFFERS && oldest !== undefined) offers.delete(oldest)
      const key = randomBytes(16).toString('hex')
      offers.set(key, { ...download, untilMs: site.clock.now() + LIFE_MS })
      return `http://127.0.0.1:${port}${PREFIX}${key}`
    },
    async close() {
      const server = await listening
      if (!server) return
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
