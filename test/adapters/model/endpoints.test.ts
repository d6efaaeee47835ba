/** What each kind of endpoint is asked, seen on the wire: local servers, flags, short contexts, Bedrock and Vertex (P10). */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { createClock } from '../../../src/adapters/clock.ts'
import { anthropicModel } from '../../../src/adapters/model/anthropic.ts'
import type { EndpointAccess } from '../../../src/adapters/model/endpoint.ts'
import { loadPlatforms, type Platforms } from '../../../src/adapters/model/platforms.ts'
import type { SessionRequest, Tool } from '../../../src/core/ports/model.ts'
import { type ModelWorld, startModel } from '../../../world/model/server.ts'

const key = 'sk-stand-in'
let model: ModelWorld
/** In front of the stand-in: what came over the wire, and the paths of the clouds as their services have them. */
let door: Server
let url: string
let seen: { path: string; headers: IncomingHttpHeaders; body: Record<string, unknown> }[]
let saved: Map<string, unknown>
let notes: string[]

beforeEach(async () => {
  saved = new Map()
  notes = []
  seen = []
  model = await startModel({ script: { sessions: [] }, apiKey: key })
  door = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { pathname: path } = new URL(request.url ?? '/', 'http://door')
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
    seen.push({ path, headers: request.headers, body })
    const cloud = /^\/model\/([^/]+)\/invoke$|\/publishers\/anthropic\/models\/([^/:]+):rawPredict$/.exec(
      path,
    )
    const { anthropic_version: version, ...rest } = body
    const answer = await fetch(model.url + (cloud ? '/v1/messages' : path), {
      method: 'POST',
      headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
      body: JSON.stringify(cloud ? { ...rest, model: cloud[1] ?? cloud[2] } : body),
    })
    // The clouds want the version in the body, and refuse a request without it.
    const retryAfter = answer.headers.get('retry-after')
    response.writeHead(cloud && version === undefined ? 400 : answer.status, {
      'content-type': 'application/json',
      ...(retryAfter === null ? {} : { 'retry-after': retryAfter }),
    })
    response.end(await answer.text())
  })
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(door.address() as AddressInfo).port}`
})
afterEach(async () => {
  await model.close()
  door.closeAllConnections()
  await new Promise((resolve) => door.close(resolve))
})

const ledger = {
  transcript: async (session: string) => structuredClone(saved.get(session) ?? null),
  putTranscript: async (session: string, transcript: unknown) => {
    saved.set(session, structuredClone(transcript))
  },
}
const note: Tool = {
  name: 'note',
  description: 'Keep a note.',
  input: z.strictObject({ text: z.string().min(1).max(20_000), kind: z.string().default('plain') }),
  hasEffect: true,
  async execute(input) {
    const { text } = z.object({ text: z.string() }).parse(input)
    notes.push(text.slice(0, 5))
    return `kept ${text}`
  },
}
const handIn: Tool = {
  name: 'hand_in',
  description: 'Hand in.',
  input: z.strictObject({ answer: z.string().min(3) }),
  hasEffect: false,
  execute: async () => 'ok',
}
function run(
  endpoints: Record<string, EndpointAccess>,
  { platforms = {}, ...parts }: Partial<SessionRequest> & { platforms?: Platforms } = {},
) {
  return anthropicModel({ endpoints, platforms, ledger, clock: createClock(1), retries: 1 }).run(
    {
      session: 's-1',
      endpoint: 'main',
      model: 'a-model',
      prices: null,
      system: 'Phase: plan',
      opening: 'Subject: o/r#1\nAttempt: 1',
      continues: null,
      tools: [note, handIn],
      handIn: { deliverable: 'hand_in', questions: null },
      limits: { maxSteps: 20, maxOutputTokens: 100_000, maxMinutes: 5, maxCostUsd: 1e9 },
      ...parts,
    },
    new AbortController().signal,
  )
}
const call = (name: string, input: Record<string, unknown>) => ({ toolUse: [{ name, input }] })
const script = (...turns: Parameters<ModelWorld['setScript']>[0]['sessions'][number]['turns']) =>
  model.setScript({ sessions: [{ match: { phase: 'plan' }, turns }] })
const done = call('hand_in', { answer: 'done' })
const long = 'x'.repeat(12_000)

describe('P10: what goes over the wire', () => {
  test('P10: a local server gets messages and custom tools, and nothing that only Anthropic knows', async () => {
    script(call('note', { text: 'a' }), { text: 'I forgot the tool.' }, done)
    const result = await run({ main: { kind: 'compatible', baseUrl: url, key: null } })
    expect(result).toMatchObject({ kind: 'deliverable', deliverable: { answer: 'done' } })
    expect(seen).toHaveLength(3)
    for (const { path, headers, body } of seen) {
      expect(path).toBe('/v1/messages')
      expect(headers['anthropic-beta']).toBeUndefined()
      expect(Object.keys(body).sort()).toEqual([
        'max_tokens',
        'messages',
        'model',
        'stream',
        'system',
        'tools',
      ])
      for (const tool of body['tools'] as { type: string }[]) {
        expect(Object.keys(tool).sort()).toEqual(['description', 'input_schema', 'name', 'type'])
        expect(tool.type).toBe('custom')
      }
      expect(JSON.stringify(body)).not.toContain('cache_control')
    }
  })

  test('P10: a tool call is demanded once a model has called none, where the endpoint takes that', async () => {
    script(call('note', { text: 'a' }), { text: 'I forgot the tool.' }, done)
    await run({ main: { baseUrl: url, key } })
    expect(seen.map(({ body }) => body['tool_choice'])).toEqual([undefined, undefined, { type: 'any' }])
  })

  test('P10: structured output declares tools strict and says their bounds in words; our own check still decides', async () => {
    script(call('hand_in', { answer: 'x' }), done)
    const result = await run({ main: { baseUrl: url, key, structuredOutput: true } })
    expect(result).toMatchObject({ kind: 'deliverable', deliverable: { answer: 'done' } })
    const [tool] = (seen[0]?.body['tools'] as { strict: boolean; input_schema: object }[]) ?? []
    expect(tool).toMatchObject({ strict: true, input_schema: { additionalProperties: false } })
    expect(tool?.input_schema).not.toHaveProperty(['properties', 'text', 'maxLength'])
  })

  test('P11: a tool may leave out what has a default, and its schema carries nothing that is not needed', async () => {
    script(call('note', { text: 'a' }), done)
    await run({ main: { baseUrl: url, key } })
    expect(notes).toEqual(['a'])
    const [tool] = (seen[0]?.body['tools'] as { input_schema: Record<string, unknown> }[]) ?? []
    expect(tool?.input_schema['required']).toEqual(['text'])
    expect(JSON.stringify(tool)).not.toMatch(/\$schema|\$ref|\$defs/)
  })
})

describe('P10: an endpoint with a short context', () => {
  const short = { kind: 'compatible', contextTokens: 8000 } as const

  test('P10 S7: a session that outgrows it goes on at the next endpoint, and no tool runs twice', async () => {
    script(call('note', { text: long }), call('note', { text: long }), done)
    const result = await run(
      { main: { ...short, baseUrl: url, key: null }, roomy: { baseUrl: url, key } },
      { fallbacks: [{ endpoint: 'roomy', model: 'roomy-model', prices: null }] },
    )
    expect(result).toMatchObject({ kind: 'deliverable', by: { endpoint: 'roomy', model: 'roomy-model' } })
    expect(notes).toEqual(['xxxxx', 'xxxxx'])
    const longest = Math.max(
      ...seen
        .filter(({ body }) => body['model'] === 'a-model')
        .map(({ body }) => JSON.stringify(body).length),
    )
    expect(longest / 4).toBeLessThan(8000)
    expect(seen.every(({ body }) => Number(body['max_tokens']) <= 16_000)).toBe(true)
    expect(seen[0]?.body['max_tokens']).toBe(2000)
  })

  test('P10: without another endpoint the session fails with who can change that', async () => {
    script(call('note', { text: long }), call('note', { text: long }), done)
    expect(await run({ main: { ...short, baseUrl: url, key: null } })).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/longer than the 8000 tokens.*models\.fallbacks.*\/agent retry/),
    })
  })

  test('P10: an endpoint that counts is asked when it may be close, and its count decides', async () => {
    // 24,000 bytes are 8,000 tokens to a careful guess, and 6,000 as counted.
    script(call('note', { text: long }), done)
    const result = await run({
      main: { ...short, contextTokens: 9000, countTokens: true, baseUrl: url, key },
    })
    expect(result).toMatchObject({ kind: 'deliverable' })
    expect(seen.map(({ path }) => path)).toEqual([
      '/v1/messages',
      '/v1/messages/count_tokens',
      '/v1/messages',
    ])
  })
})

test('P10: retry-after is honoured before the same endpoint is asked again', async () => {
  script({ ...done, fault: { kind: 'rate_limited', retryAfterS: 2 } })
  const began = performance.now()
  expect(await run({ main: { baseUrl: url, key } })).toMatchObject({ kind: 'deliverable' })
  // Without the header the first retry comes after half a second.
  expect(performance.now() - began).toBeGreaterThan(1800)
  expect(seen).toHaveLength(2)
})

describe('P10: clouds', () => {
  const missing = async (name: string) => {
    try {
      await import(name)
      return null
    } catch {
      return `${name} is not installed`
    }
  }
  const clouds: [string, string, EndpointAccess, RegExp, string][] = [
    [
      'bedrock',
      '@anthropic-ai/bedrock-sdk',
      { kind: 'bedrock', baseUrl: null, key: 'bearer-b', region: 'eu-central-1' },
      /^\/model\/a-model\/invoke$/,
      'Bearer bearer-b',
    ],
    [
      'vertex',
      '@anthropic-ai/vertex-sdk',
      { kind: 'vertex', baseUrl: null, key: 'bearer-v', region: 'europe-west1', project: 'acme' },
      /^\/projects\/acme\/locations\/europe-west1\/publishers\/anthropic\/models\/a-model:rawPredict$/,
      'Bearer bearer-v',
    ],
  ]
  test.each(clouds)(
    'P10: %s answers a session through its own client, or the start says what to install',
    async (_kind, packageName, access, path, authorization) => {
      const absent = await missing(packageName)
      if (absent !== null) {
        await expect(loadPlatforms({ cloud: access })).rejects.toThrow(
          `the model endpoint "cloud" is of kind ${access.kind}, and the package ${packageName} is not installed. Install it beside Countersign (npm install ${packageName})`,
        )
        return
      }
      const main = { ...access, baseUrl: url }
      script(call('note', { text: 'a' }), done)
      const result = await run({ main }, { platforms: await loadPlatforms({ main }) })
      expect(result).toMatchObject({ kind: 'deliverable', deliverable: { answer: 'done' } })
      expect(seen).toHaveLength(2)
      for (const one of seen) {
        expect(one.path).toMatch(path)
        expect(one.headers.authorization).toBe(authorization)
        expect(one.headers['x-api-key']).toBeUndefined()
      }
    },
  )

  test('P10: nothing is loaded for endpoints that need nothing', async () => {
    expect(
      await loadPlatforms({ main: { baseUrl: url, key }, house: { kind: 'compatible', baseUrl: url, key } }),
    ).toEqual({})
  })
})
