/** Short-lived addresses that logs and archives are downloaded from, as GitHub redirects to its storage: no token is asked. */
import { randomBytes } from 'node:crypto'
import type { WebHandler } from '../github/server.ts'
import type { Site } from '../github/site.ts'

export type Download = { type: string; bytes: Buffer }

export type Downloads = {
  /** The address of these bytes, good for a minute of the world's time. */
  offer(download: Download): string
  serve: WebHandler
}

const LIFE_MS = 60_000
const MAX_OFFERS = 1_000
const PREFIX = '/-/downloads/'

export function createDownloads(site: Site): Downloads {
  const offers = new Map<string, Download & { untilMs: number }>()
  return {
    offer(download) {
      const [oldest] = offers.keys()
      if (offers.size >= MAX_OFFERS && oldest !== undefined) offers.delete(oldest)
      const key = randomBytes(16).toString('hex')
      offers.set(key, { ...download, untilMs: site.clock.now() + LIFE_MS })
      return `${site.url}${PREFIX}${key}`
    },
    serve: async (_req, res, url) => {
      if (!url.pathname.startsWith(PREFIX)) return false
      const found = offers.get(url.pathname.slice(PREFIX.length))
      if (found === undefined || found.untilMs < site.clock.now()) {
        res
          .writeHead(404, { 'content-type': 'text/plain' })
          .end('This download address is unknown or has expired.\n')
      } else
        res
          .writeHead(200, { 'content-type': found.type, 'content-length': found.bytes.length })
          .end(found.bytes)
      return true
    },
  }
}
