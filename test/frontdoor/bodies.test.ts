/** Many large bodies at once: the bound holds, and whoever sends slowly keeps nobody out. */
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { expect, test } from '@jest/globals'
import { type BodyReading, maximumBodyBytes, readBody } from '../../src/adapters/http/body.ts'

const chunk = Buffer.alloc(1024 * 1024)

/** A request of which nothing but headers and body is read. */
function arriving() {
  const body = new PassThrough()
  const request = Object.assign(body, { headers: {} }) as unknown as IncomingMessage
  let outcome: BodyReading | null = null
  const read = readBody(request).then((reading) => {
    outcome = reading
  })
  return { body, read, outcome: () => outcome }
}

test('T33: unsigned bodies that never end give way to a delivery, the oldest first', async () => {
  const slow = Array.from({ length: 8 }, arriving)
  for (let sent = 0; sent < maximumBodyBytes - chunk.length; sent += chunk.length)
    for (const { body } of slow) if (!body.write(chunk)) await new Promise((resolve) => setImmediate(resolve))
  const late = arriving()
  for (let sent = 0; sent < 10; sent++) late.body.write(chunk)
  late.body.end('{}')
  await late.read
  expect(late.outcome()).toMatchObject({ kind: 'read' })
  expect(slow.map((one) => one.outcome()?.kind ?? 'reads on')).toEqual([
    'busy',
    ...Array.from({ length: 7 }, () => 'reads on'),
  ])
  for (const { body } of slow.slice(1)) body.end('{}')
  await Promise.all(slow.map(({ read }) => read))
  expect(slow.slice(1).every((one) => one.outcome()?.kind === 'read')).toBe(true)
})
