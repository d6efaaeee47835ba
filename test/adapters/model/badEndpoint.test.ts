/** Endpoints that answer anything but what was asked: each case has its end and its sentence (P10, P11). */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { createClock } from '../../../src/adapters/clock.ts'
import { anthropicModel } from '../../../src/adapters/model/anthropic.ts'
import { RetryLater } from '../../../src/core/errors.ts'
import type { SessionRequest, Tool } from '../../../src/core/ports.ts'

let server: Server
let asked = 0
afterEach(() => new Promise((resolve) => server.close(() => resolve(undefined))))

interface Raw {
  status?: number
  type?: string
  body: string
  /** End the connection in the middle. */
  cut?: boolean
  location?: string
}

/** An endpoint that gives these answers in turn, the last one for ever. */
async function endpoint(...answers: Raw[]): Promise<string> {
  asked = 0
  server = createServer((request, response) => {
    request.resume()
    const answer = answers[Math.min(asked, answers.length - 1)] as Raw
    asked += 1
    const { status = 200, type = 'application/json', body, cut, location } = answer
    const whole = cut ? { 'content-length': String(body.length * 2) } : {}
    response.writeHead(status, { 'content-type': type, ...whole, ...(location ? { location } : {}) })
    if (cut) response.write(body, () => response.destroy())
    else response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const message = (parts: object = {}) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content: [{ type: 'tool_use', id: 'toolu_1', name: 'hand_in', input: { answer: 'done' } }],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 5 },
  ...parts,
})
const json = (value: unknown): Raw => ({ body: JSON.stringify(value) })

const saved = new Map<string, string>()
const ledger = {
  transcript: async (session: string) => JSON.parse(saved.get(session) ?? 'null') as unknown,
  putTranscript: async (session: string, transcript: unknown) =>
    void saved.set(session, JSON.stringify(transcript)),
}
const handIn: Tool = {
  name: 'hand_in',
  description: 'Hand in.',
  input: z.object({ answer: z.string() }),
  hasEffect: false,
  execute: async () => 'Handed in.',
}
const request = (): SessionRequest => ({
  session: `s-${crypto.randomUUID()}`,
  endpoint: 'main',
  model: 'claude-x',
  prices: { input: 1, output: 1, cacheRead: 1, cacheWrite: 1 },
  system: 'Phase: plan',
  opening: 'Do it.',
  continues: null,
  tools: [handIn],
  handIn: { deliverable: 'hand_in', questions: null },
  limits: { maxSteps: 4, maxOutputTokens: 1000, maxMinutes: 5, maxCostUsd: 5 },
})
const run = (baseUrl: string, parts: Partial<SessionRequest> = {}) =>
  anthropicModel({
    endpoints: { main: { baseUrl, key: 'sk-key' } },
    ledger,
    clock: createClock(1),
    retries: 0,
  }).run({ ...request(), ...parts }, new AbortController().signal)

const notAMessage = /"main" could not be reached or answered with something else than a message/
const stream = (...events: object[]) => ({
  type: 'text/event-stream',
  body: events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''),
})

describe('P10: answers that are no message are asked for again, and never taken for half of one', () => {
  test.each<[string, Raw]>([
    ['a page of HTML with status 200', { type: 'text/html', body: '<html>Please sign in</html>' }],
    ['nothing at all', { body: '' }],
    ['an empty stream', stream()],
    ['half a stream', { ...stream({ type: 'message_start', message: message() }), cut: true }],
    ['a whole stream, which nobody asked for', stream({ type: 'message_start', message: message() })],
    ['half a message', { body: JSON.stringify(message()).slice(0, 80), cut: true }],
    ['JSON that is no message', json({ choices: [{ message: { content: 'hi' } }] })],
    ['a message without content', json(message({ content: undefined }))],
    ['content of text', json(message({ content: 'hi' }))],
    ['a message without usage', json(message({ usage: undefined }))],
    ['a list', json([message()])],
    ['null', json(null)],
    ['a redirect to elsewhere', { status: 302, body: '', location: 'http://169.254.169.254/' }],
  ])('P10: %s', async (_name, raw) => {
    const end = run(await endpoint(raw))
    await expect(end).rejects.toThrow(RetryLater)
    await expect(end).rejects.toThrow(notAMessage)
  })
})

describe('P11: what an endpoint says about itself cannot help it', () => {
  test.each<[string, object]>([
    ['zero', { input_tokens: 0, output_tokens: 0 }],
    ['nothing', {}],
    ['negative', { input_tokens: -1_000_000, output_tokens: -5 }],
    ['text', { input_tokens: '9', output_tokens: 'many' }],
    ['no whole number', { input_tokens: 0.5, output_tokens: 1e300 }],
  ])('P11: usage that is %s counts as none, and the steps still end the session', async (_name, usage) => {
    const talk = json(message({ usage, content: [{ type: 'text', text: 'Hm.' }], stop_reason: 'end_turn' }))
    const result = await run(await endpoint(talk))
    expect(result).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/without handing anything in|steps/),
      usage: { inputTokens: 0, outputTokens: 0, requests: asked },
      costUsd: 0,
    })
    expect(asked).toBeLessThanOrEqual(4)
  })

  test.each<[string, unknown, string]>([
    ['another model', 'tiny-model-7b', 'tiny-model-7b'],
    ['a dated name of the same', 'claude-x-20260101', 'claude-x-20260101'],
    ['no name', undefined, 'claude-x'],
    ['a name that is none', '<img src=x> | @acme', 'claude-x'],
    ['a name without end', 'x'.repeat(500), 'claude-x'],
  ])('P10, O1: %s that answers is put on record as what answered', async (_name, model, recorded) => {
    const result = await run(await endpoint(json(message({ model }))))
    expect(result).toMatchObject({ kind: 'deliverable', by: { endpoint: 'main', model: recorded } })
  })

  test.each<[string, object[], RegExp]>([
    ['input of text', [{ type: 'tool_use', id: 'a', name: 'hand_in', input: 'x' }], /The input does not fit/],
    ['input that is a list', [{ type: 'tool_use', id: 'a', name: 'hand_in', input: [] }], /does not fit/],
    [
      'an unknown block',
      [
        { type: 'hologram', data: 1 },
        { type: 'text', text: 'x' },
      ],
      /Nothing was handed in/,
    ],
    ['no block', [], /Nothing was handed in/],
  ])('P3: %s is told to the model, and the session goes on', async (_name, content, told) => {
    const baseUrl = await endpoint(json(message({ content })), json(message()))
    const result = await run(baseUrl)
    expect(result.kind).toBe('deliverable')
    expect([...saved.values()].at(-1)).toMatch(told)
  })

  test.each(['__proto__', 'constructor', 'toString'])(
    'T22: a call with the id %s is a call like any other',
    async (id) => {
      const content = [{ type: 'tool_use', id, name: 'hand_in', input: { answer: 'done' } }]
      expect(await run(await endpoint(json(message({ content }))))).toMatchObject({
        kind: 'deliverable',
        deliverable: { answer: 'done' },
      })
    },
  )

  test.each<[string, object[]]>([
    ['two calls of one id', [1, 2].map(() => ({ type: 'tool_use', id: 'same', name: 'look', input: {} }))],
    ['an id that is none', [{ type: 'tool_use', id: 'a b', name: 'look', input: {} }]],
    ['a name that is none', [{ type: 'tool_use', id: 'a', name: 'hand in', input: {} }]],
    ['input that is no object', [{ type: 'tool_use', id: 'a', name: 'look', input: 'x' }]],
    ['a megabyte of text', [{ type: 'text', text: 'x'.repeat(2_500_000) }]],
  ])(
    'P3: after an answer with %s the next attempt begins anew, with the objections',
    async (_name, content) => {
      const said: unknown[] = []
      const bad = json(message({ content, stop_reason: 'end_turn' }))
      const refused = { status: 400, ...json({ type: 'error', error: { type: 'x', message: 'no' } }) }
      const first = await run(await endpoint(bad, refused), { session: 'first' })
      expect(first.kind).toBe('failed')
      await new Promise((resolve) => server.close(resolve))
      const baseUrl = await endpoint(json(message()))
      server.prependListener('request', (request) => {
        request.on('data', (chunk: Buffer) => said.push(chunk))
      })
      const continues = { session: 'first', message: 'Attempt: 2 - settle this' }
      expect((await run(baseUrl, { continues })).kind).toBe('deliverable')
      const body = JSON.parse(Buffer.concat(said as Buffer[]).toString()) as { messages: { role: string }[] }
      expect(body.messages).toHaveLength(1)
      expect(JSON.stringify(body.messages)).toMatch(/Do it\..*settle this/)
    },
  )

  test('T30: of thousands of calls in one answer only the first are run, and the rest are told so', async () => {
    const content = Array.from({ length: 5000 }, (_, index) => ({
      type: 'tool_use',
      id: `toolu_${index}`,
      name: 'hand_in',
      input: { answer: index },
    }))
    const result = await run(await endpoint(json(message({ content })), json(message())))
    expect(result.kind).toBe('deliverable')
    const text = [...saved.values()].at(-1) ?? ''
    expect(text.split('The input does not fit').length - 1).toBe(64)
    expect(text.split('Not run: at most 64 calls').length - 1).toBe(5000 - 64)
  })
})
