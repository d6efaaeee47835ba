/** Downloads from GitHub's storage against real sockets: what a change has written there is as long as it wants (T30). */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import { afterEach, describe, expect, test } from '@jest/globals'
import { download } from '../../../src/adapters/github/storage.ts'

let close = (): void => undefined
afterEach(() => close())

async function serve(answer: (response: ServerResponse) => void): Promise<URL> {
  close()
  const server = createServer((_, response) => answer(response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  close = () => {
    server.closeAllConnections()
    server.close()
  }
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/log`)
}
/** A reader that has seen enough cuts the connection, which is no mistake of the storage. */
const send = (parts: Iterable<Buffer>) => (response: ServerResponse) =>
  void pipeline(Readable.from(parts), response, () => undefined)

const what = 'the log of a job'
const megabyte = Buffer.alloc(1024 * 1024, '.')

describe('T30: what a job has printed', () => {
  test('T30: of a long log the end is kept, and what is kept is bounded', async () => {
    const end = '##[error]it failed\n'
    const address = await serve(send([...Array<Buffer>(40).fill(megabyte), Buffer.from(end)]))
    const { bytes, cut } = await download(address, what, { read: 2 ** 30, keep: 100_000 })
    expect(Buffer.from(bytes).toString('utf8')).toBe(end.padStart(100_000, '.'))
    expect(cut).toBe(true)
  })

  test('T30: one that never ends is left at the bound', async () => {
    let sent = 0
    function* endless() {
      for (; ; sent++) yield megabyte
    }
    const address = await serve(send(endless()))
    const bounds = { read: 20 * 1024 * 1024, keep: 1024 }
    expect((await download(address, what, bounds)).bytes.byteLength).toBe(1024)
    expect(sent).toBeLessThan(200)
  })

  test('a short one comes whole; one that is gone is a refusal, one that cannot be had now is asked for again', async () => {
    const bounds = { read: 1000, keep: 1000 }
    const whole = await serve((response) => void response.end('done\n'))
    const { bytes, cut } = await download(whole, what, bounds)
    expect([Buffer.from(bytes).toString('utf8'), cut]).toEqual(['done\n', false])
    for (const [status, words] of [
      [404, 'answered 404: gone'],
      [410, 'answered 410: gone'],
      [403, 'did not give the log of a job: status 403'],
      [500, 'did not give the log of a job: status 500'],
    ] as const) {
      const address = await serve((response) => void response.writeHead(status).end())
      await expect(download(address, what, bounds)).rejects.toMatchObject({
        message: expect.stringContaining(words),
      })
    }
  })
})
