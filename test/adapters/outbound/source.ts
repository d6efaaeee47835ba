/** A real server on loopback that behaves as a test says: what monitors, probes and alerts meet outside. */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach } from '@jest/globals'

/** For localhost and 127.0.0.1, signed by itself, used nowhere but here. */
export const certificateFile = join(import.meta.dirname, 'localhost.pem')

export interface Asked {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

export interface Source {
  url: string
  port: number
  /** Every request that came, in order. */
  asked: Asked[]
}

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

/** Starts a server that is stopped, with every connection, after the test. */
export async function startSource(answer: RequestListener, { tls = false } = {}): Promise<Source> {
  const asked: Asked[] = []
  const listener: RequestListener = (request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      answer(request, response)
    })
  }
  const pem = tls ? readFileSync(certificateFile) : null
  const server = pem ? createTlsServer({ key: pem, cert: pem }, listener) : createServer(listener)
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  open.push(
    () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  )
  const { port } = server.address() as AddressInfo
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, port, asked }
}

/** Answers every request with these. */
export const says =
  (body: string, { status = 200, type = 'application/json' } = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': type }).end(body)
  }

/** A signal that never aborts. */
export const always = new AbortController().signal
