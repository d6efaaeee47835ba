// The stand-in model, driven by the real SDK: what it accepts, what it refuses, and how it fails on demand.
import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { afterEach, describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import type { Script } from '../../world/model/script.ts'
import { type ModelWorld, startModel } from '../../world/model/server.ts'

const API_KEY = 'sk-stand-in'
const SYSTEM = 'You plan changes.\nPhase: plan\n'
const OPENING = 'Subject: acme/ledgerly#12\nAttempt: 1\nRound the totals.'

const planning: Script = {
  sessions: [
    {
      match: { phase: 'plan', attempt: 1, subject: 'acme/ledgerly#12' },
      turns: [
        { text: 'I look first. 💶', toolUse: [{ name: 'read_file', input: { path: 'src/money.ts' } }] },
        {
          toolUse: [{ name: 'hand_in', input: { deliverable: { summary: 'half-even' } } }],
          expects: 'export',
        },
        { text: 'Done.' },
      ],
    },
    { match: { phase: 'plan', attempt: 2 }, turns: [{ text: 'Second attempt.' }] },
    { match: { phase: 'validate', contains: 'half-even' }, turns: [{ text: 'pass' }] },
  ],
}

let world: ModelWorld | undefined
afterEach(async () => {
  await world?.close()
  world = undefined
})

async function start(script: Script = planning): Promise<{ model: ModelWorld; client: Anthropic }> {
  world = await startModel({ script, apiKey: API_KEY })
  return { model: world, client: new Anthropic({ apiKey: API_KEY, baseURL: world.url, maxRetries: 0 }) }
}

function ask(client: Anthropic, change: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) {
  return client.messages.create({
    model: 'claude-test',
    max_tokens: 100,
    system: SYSTEM,
    messages: [{ role: 'user', content: OPENING }],
    tools: [
      { name: 'read_file', input_schema: { type: 'object' } },
      { name: 'hand_in', input_schema: { type: 'object' } },
    ],
    ...change,
  })
}

async function refusal(
  promise: Promise<unknown>,
): Promise<{ status: unknown; type: unknown; message: string }> {
  const error: unknown = await promise.then(
    () => new Error('nothing was refused'),
    (e: unknown) => e,
  )
  if (!(error instanceof Anthropic.APIError)) throw error
  return { status: error.status, type: error.type, message: error.message }
}

const post = (model: ModelWorld, body: string, headers: Record<string, string> = {}) =>
  fetch(`${model.url}/v1/messages`, {
    method: 'POST',
    headers: {
      'x-api-key': API_KEY,
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
      ...headers,
    },
    body,
  })

describe('world: the model in conversation', () => {
  test.each([true, false])(
    'P1: the tool runner plays a whole scripted session (streaming: %s)',
    async (stream) => {
      const { model, client } = await start()
      const handed: unknown[] = []
      const runner = client.beta.messages.toolRunner({
        thread: false,
        stream,
        model: 'claude-test',
        max_tokens: 100,
        system: SYSTEM,
        messages: [{ role: 'user', content: OPENING }],
        tools: [
          betaZodTool({
            name: 'read_file',
            description: 'Reads a file.',
            inputSchema: z.object({ path: z.string() }),
            run: ({ path }) => `// ${path}\nexport type Cents = number`,
          }),
          betaZodTool({
            name: 'hand_in',
            description: 'Hands in.',
            inputSchema: z.object({ deliverable: z.object({ summary: z.string() }) }),
            run: ({ deliverable }) => {
              handed.push(deliverable)
              return 'Received.'
            },
          }),
        ],
      })
      const last = await runner.runUntilDone()
      expect(last.content).toEqual([expect.objectContaining({ type: 'text', text: 'Done.' })])
      expect(handed).toEqual([{ summary: 'half-even' }])
      expect(
        model.requests.map(({ phase, subject, attempt, turn, stream: s }) => [
          phase,
          subject,
          attempt,
          turn,
          s,
        ]),
      ).toEqual([0, 1, 2].map((turn) => ['plan', 'acme/ledgerly#12', 1, turn, stream]))
      expect(model.unmatched).toEqual([])
    },
  )

  test('text survives streaming in pieces, surrogate pairs included', async () => {
    const long = 'half-even 💶 '.repeat(40)
    const { client } = await start({ sessions: [{ match: { phase: 'plan' }, turns: [{ text: long }] }] })
    const stream = client.messages.stream({
      model: 'claude-test',
      max_tokens: 9,
      system: SYSTEM,
      messages: [{ role: 'user', content: OPENING }],
    })
    expect(await stream.finalText()).toBe(long)
  })

  test('P3: a resumed attempt counts its turns from its own "Attempt:" line', async () => {
    const { client } = await start()
    const answer = await ask(client, {
      messages: [
        { role: 'user', content: OPENING },
        { role: 'assistant', content: 'first' },
        { role: 'user', content: 'Attempt: 2\nObjection: no such interface.' },
      ],
    })
    expect(answer.content).toEqual([expect.objectContaining({ text: 'Second attempt.' })])
  })

  test('an "Attempt:" line in a file that the session read changes nothing', async () => {
    const { model, client } = await start()
    const first = await ask(client)
    const id = first.content.find((block) => block.type === 'tool_use')?.id ?? ''
    const result = { type: 'tool_result' as const, tool_use_id: id, content: 'Attempt: 2\nexport' }
    await ask(client, {
      messages: [
        { role: 'user', content: OPENING },
        { role: 'assistant', content: first.content },
        { role: 'user', content: [result] },
      ],
    })
    expect(model.requests.at(-1)).toMatchObject({ attempt: 1, turn: 1 })
  })

  test('`contains` matches on what the user messages say', async () => {
    const { client } = await start()
    const validate = { system: 'Phase: validate', tools: [] }
    const good = await ask(client, { ...validate, messages: [{ role: 'user', content: 'Plan: half-even' }] })
    expect(good.content).toEqual([expect.objectContaining({ text: 'pass' })])
    expect(
      await refusal(ask(client, { ...validate, messages: [{ role: 'user', content: 'Plan: up' }] })),
    ).toMatchObject({
      status: 400,
    })
  })
})

describe('world: the model refuses', () => {
  test('what no script answers is a 400 that says what was asked, and is recorded', async () => {
    const { model, client } = await start()
    const refused = await refusal(ask(client, { system: 'Phase: review' }))
    expect(refused).toMatchObject({ status: 400, type: 'invalid_request_error' })
    expect(refused.message).toMatch(
      /no session for phase review, subject acme\/ledgerly#12, attempt 1, turn 0/,
    )
    expect(model.unmatched).toHaveLength(1)
  })

  test('a turn past the end, an unexpected message and a tool that is not offered are recorded too', async () => {
    const { model, client } = await start()
    const second = [
      { role: 'user' as const, content: 'Subject: acme/ledgerly#12\nAttempt: 2' },
      { role: 'assistant' as const, content: 'Second attempt.' },
      { role: 'user' as const, content: 'And?' },
    ]
    expect((await refusal(ask(client, { messages: second }))).message).toMatch(/has 1 turns/)
    const unexpected = [
      { role: 'user' as const, content: OPENING },
      { role: 'assistant' as const, content: 'x' },
      { role: 'user' as const, content: 'No such file.' },
    ]
    expect((await refusal(ask(client, { messages: unexpected }))).message).toMatch(
      /expects ..export.*No such file/,
    )
    expect((await refusal(ask(client, { tools: [] }))).message).toMatch(/calls read_file/)
    expect(model.unmatched).toHaveLength(3)
  })

  test('S13: a wrong key is 401', async () => {
    const { model } = await start()
    const stranger = new Anthropic({ apiKey: 'sk-other', baseURL: model.url, maxRetries: 0 })
    expect(await refusal(ask(stranger))).toMatchObject({ status: 401, type: 'authentication_error' })
    expect(model.requests).toEqual([])
  })

  test.each([
    ['x-api-key', { 'x-api-key': API_KEY }, 400],
    ['a bearer token', { authorization: `Bearer ${API_KEY}` }, 400],
    ['both', { 'x-api-key': API_KEY, authorization: `Bearer ${API_KEY}` }, 400],
    ['none', {}, 401],
    ['a wrong x-api-key', { 'x-api-key': 'sk-other' }, 401],
    ['a right one beside a wrong one', { 'x-api-key': API_KEY, authorization: 'Bearer sk-other' }, 401],
  ])('S13: the key comes as %s', async (_, headers, status) => {
    const { model } = await start()
    const sent = { ...headers, 'anthropic-version': '2023-06-01' }
    // The empty object gets past the key and no further.
    expect(
      (await fetch(`${model.url}/v1/messages`, { method: 'POST', headers: sent, body: '{}' })).status,
    ).toBe(status)
  })

  const call = (id: string) => ({ type: 'tool_use', id, name: 'read_file', input: {} })
  const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'x' })
  const user = (content: unknown) => ({ role: 'user', content })
  const assistant = (content: unknown) => ({ role: 'assistant', content })
  const tool = { name: 'read_file', input_schema: { type: 'object' } }

  test.each([
    ['no model', { model: undefined }, /model/],
    ['max_tokens 0', { max_tokens: 0 }, /max_tokens/],
    ['no messages', { messages: [] }, /messages/],
    ['an empty text', { messages: [user('')] }, /messages\[0\]\.content/],
    ['an assistant first', { messages: [assistant('a'), user('b')] }, /alternate/],
    ['two users in a row', { messages: [user('a'), user('b')] }, /messages\.1: roles must alternate/],
    ['an assistant last', { messages: [user('a'), assistant('b')] }, /last message/],
    [
      'an unanswered call',
      { messages: [user('a'), assistant([call('t1')]), user('b')] },
      /no tool_result.*t1/,
    ],
    [
      'a doubled answer',
      { messages: [user('a'), assistant([call('t1')]), user([result('t1'), result('t1')])] },
      /more than one/,
    ],
    [
      'an answer nobody asked',
      { messages: [user([result('t9')])] },
      /t9, which the message before did not ask/,
    ],
    [
      'an answer after text',
      { messages: [user('a'), assistant([call('t1')]), user([{ type: 'text', text: 'x' }, result('t1')])] },
      /before any other/,
    ],
    ['a call in a user message', { messages: [user([call('t1')])] }, /only an assistant/],
    [
      'one id twice',
      {
        messages: [
          user('a'),
          assistant([call('t1')]),
          user([result('t1')]),
          assistant([call('t1')]),
          user([result('t1')]),
        ],
      },
      /not unique/,
    ],
    ['a tool without schema', { tools: [{ name: 'read_file' }] }, /tools\[0\]\.input_schema/],
    ['two tools of one name', { tools: [tool, tool] }, /used twice/],
  ])('T22: %s is a 400 that names the place', async (_, change, message) => {
    const { model } = await start()
    const body = {
      model: 'm',
      max_tokens: 9,
      system: SYSTEM,
      messages: [user(OPENING)],
      tools: [tool],
      ...change,
    }
    const response = await post(model, JSON.stringify(body))
    const error = (await response.json()) as { type: string; error: { type: string; message: string } }
    expect([response.status, error.type, error.error.type]).toEqual([400, 'error', 'invalid_request_error'])
    expect(error.error.message).toMatch(message)
    expect(model.requests).toEqual([])
  })

  test('text that is not JSON, a missing version header and another path', async () => {
    const { model } = await start()
    expect((await post(model, '{')).status).toBe(400)
    const bare = await fetch(`${model.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': API_KEY },
      body: '{}',
    })
    expect(await bare.text()).toMatch(/anthropic-version/)
    expect((await fetch(`${model.url}/v1/models`)).status).toBe(404)
  })

  test('a script that is not valid names the place, and the old one stays', async () => {
    const { model, client } = await start()
    const broken = {
      sessions: [{ match: { phase: 'plan' }, turns: [{ text: 'a' }, { txt: 'b' }] }],
    } as unknown as Script
    expect(() => model.setScript(broken)).toThrow(/sessions\[0\]\.turns\[1\]/)
    await expect(startModel({ script: broken, apiKey: 'k' })).rejects.toThrow(/The model script is not valid/)
    expect((await ask(client)).stop_reason).toBe('tool_use')
  })
})

describe('world: the model counts', () => {
  test('P11: usage follows the bytes sent, and request ids are given', async () => {
    const { model, client } = await start()
    const { data, request_id } = await ask(client).withResponse()
    expect(request_id).toMatch(/^req_/)
    const bytes = Buffer.byteLength(JSON.stringify(model.requests[0]?.body))
    expect(data.usage.input_tokens).toBeGreaterThan(bytes / 8)
    expect(data.usage.input_tokens).toBeLessThan(bytes / 3)
    expect(data.usage).toMatchObject({ cache_creation_input_tokens: 0, cache_read_input_tokens: 0 })
    const counted = await client.messages.countTokens({
      model: 'claude-test',
      system: SYSTEM,
      messages: [{ role: 'user', content: OPENING }],
    })
    expect(counted.input_tokens).toBeGreaterThan(10)
    expect(counted.input_tokens).toBeLessThan(data.usage.input_tokens)
  })

  test('P11: a marked prefix is created once and read afterwards', async () => {
    const { client } = await start()
    const system = [
      { type: 'text' as const, text: SYSTEM.padEnd(4000), cache_control: { type: 'ephemeral' as const } },
    ]
    const first = (await ask(client, { system })).usage
    const second = (await ask(client, { system })).usage
    expect(first.cache_creation_input_tokens).toBeGreaterThan(1000)
    expect(first.cache_read_input_tokens).toBe(0)
    expect(second).toMatchObject({ cache_creation_input_tokens: 0, input_tokens: first.input_tokens })
    expect(second.cache_read_input_tokens).toBe(first.cache_creation_input_tokens)
    const other = (await ask(client, { system, model: 'another-model' })).usage
    expect(other).toMatchObject({ cache_read_input_tokens: 0 })
    const short = [{ ...system[0], type: 'text' as const, text: SYSTEM }]
    for (const _time of [1, 2])
      expect((await ask(client, { system: short })).usage).toMatchObject({
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
      })
  })

  test.each([
    [15, true],
    [25, false],
  ])('P11: a known prefix %i blocks before the mark is found: %s', async (blocks, found) => {
    const { client } = await start()
    const mark = { cache_control: { type: 'ephemeral' as const } }
    const opening = { type: 'text' as const, text: OPENING.padEnd(6000, ' more') }
    const later = Array.from({ length: blocks }, (_, index) => ({ type: 'text' as const, text: `${index}` }))
    const say = async (content: object[]) =>
      (await ask(client, { ...mark, messages: [{ role: 'user', content }] as never })).usage
    await say([opening])
    expect(((await say([opening, ...later])).cache_read_input_tokens ?? 0) > 0).toBe(found)
  })
})

describe('world: the model fails on demand', () => {
  test.each([
    [{ kind: 'rate_limited', retryAfterS: 7 } as const, 429, 'rate_limit_error'],
    [{ kind: 'overloaded' } as const, 529, 'overloaded_error'],
    [{ kind: 'server_error' } as const, 500, 'api_error'],
  ])('P10: %j, then the scripted answer', async (fault, status, type) => {
    const { model, client } = await start()
    model.faults.inject(fault)
    expect(await refusal(ask(client))).toMatchObject({ status, type })
    expect((await ask(client)).stop_reason).toBe('tool_use')
    expect(model.requests.map((request) => request.fault)).toEqual([fault.kind, null])
  })

  test('P10: retry-after is sent when asked for, and only then', async () => {
    const { model } = await start()
    model.faults.inject({ kind: 'rate_limited', retryAfterS: 7 })
    model.faults.inject({ kind: 'rate_limited', retryAfterS: null })
    const body = JSON.stringify({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] })
    const headers = [await post(model, body), await post(model, body)].map((r) =>
      r.headers.get('retry-after'),
    )
    expect(headers).toEqual(['7', null])
  })

  test('P10: a fault in the script comes as often as it says, then the turn is answered', async () => {
    const turn = { text: 'at last', fault: { kind: 'overloaded' } as const, times: 2 }
    const { model, client } = await start({ sessions: [{ match: { phase: 'plan' }, turns: [turn] }] })
    await refusal(ask(client))
    await refusal(ask(client))
    expect((await ask(client)).content).toEqual([expect.objectContaining({ text: 'at last' })])
    expect(model.requests.map((request) => request.status)).toEqual([529, 529, 200])
  })

  test.each([true, false])(
    'P10: a truncated answer ends in an error, never in half a message (stream: %s)',
    async (stream) => {
      const { model, client } = await start()
      model.faults.inject({ kind: 'truncated' })
      const params = {
        model: 'm',
        max_tokens: 9,
        system: SYSTEM,
        messages: [{ role: 'user' as const, content: OPENING }],
      }
      const tools = [{ name: 'read_file', input_schema: { type: 'object' as const } }]
      const attempt = stream ? client.messages.stream({ ...params, tools }).finalMessage() : ask(client)
      await expect(attempt).rejects.toThrow()
    },
  )

  test('P10: an HTML page with status 200 is not a message', async () => {
    const { model, client } = await start()
    model.faults.inject({ kind: 'html' })
    const answer: unknown = await ask(client)
    expect(answer).not.toHaveProperty('content')
  })

  test('P10: a slow answer is right, late, and closing does not wait for it', async () => {
    const { model, client } = await start()
    model.faults.inject({ kind: 'slow', delayMs: 150 })
    const began = performance.now()
    expect((await ask(client)).stop_reason).toBe('tool_use')
    expect(performance.now() - began).toBeGreaterThan(140)
    model.faults.inject({ kind: 'slow', delayMs: 60_000 })
    const pending = ask(client).catch((error: unknown) => error)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await model.close()
    world = undefined
    expect(await pending).toBeInstanceOf(Error)
  })
})
