/** Model sessions against the stand-in endpoint over HTTP: tools, transcripts, kills, limits, faults (P1, P10, P11, S7). */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { createClock } from '../../../src/adapters/clock.ts'
import { anthropicModel } from '../../../src/adapters/model/anthropic.ts'
import { RetryLater } from '../../../src/core/errors.ts'
import { type Model, type SessionRequest, type Tool, ToolRefusal } from '../../../src/core/ports/model.ts'
import type { Script } from '../../../world/model/script.ts'
import { type ModelWorld, startModel } from '../../../world/model/server.ts'

const key = 'sk-test-0123456789'
let world: ModelWorld
let saved: Map<string, string>
let saves: number
/** Called at each save with its number; may throw to kill the worker there. */
let onSave: (count: number) => void

const ledger = {
  async transcript(session: string): Promise<unknown> {
    const text = saved.get(session)
    return text === undefined ? null : JSON.parse(text)
  },
  async putTranscript(session: string, transcript: unknown): Promise<void> {
    saves += 1
    onSave(saves)
    saved.set(session, JSON.stringify(transcript))
  },
}

beforeEach(async () => {
  saved = new Map()
  saves = 0
  onSave = () => undefined
  world = await startModel({ script: { sessions: [] }, apiKey: key })
})
afterEach(() => world.close())

const model = (): Model =>
  anthropicModel({
    endpoints: { main: { baseUrl: world.url, key } },
    ledger,
    clock: createClock(1),
    retries: 2,
  })

let effects: string[] = []
const define = <T extends z.ZodType>(tool: Tool<T>): Tool => tool as unknown as Tool
const tools = (): Tool[] => [
  define({
    name: 'note',
    description: 'Keep a note.',
    input: z.object({ text: z.string() }),
    hasEffect: true,
    async execute({ text }) {
      effects.push(text)
      return `kept ${text}`
    },
  }),
  define({
    name: 'look',
    description: 'Look.',
    input: z.object({}),
    hasEffect: false,
    async execute() {
      return 'nothing there'
    },
  }),
  define({
    name: 'refuse',
    description: 'No.',
    input: z.object({}),
    hasEffect: false,
    async execute() {
      throw new ToolRefusal('That is not allowed.')
    },
  }),
  define({
    name: 'break',
    description: 'Breaks.',
    input: z.object({}),
    hasEffect: true,
    async execute() {
      throw new Error('disk on fire')
    },
  }),
  define({
    name: 'hand_in',
    description: 'End.',
    input: z.strictObject({ answer: z.string().min(3) }),
    hasEffect: false,
    async execute() {
      return 'Handed in.'
    },
  }),
  define({
    name: 'ask',
    description: 'Ask.',
    input: z.strictObject({ questions: z.array(z.string()) }),
    hasEffect: false,
    async execute() {
      return 'Asked.'
    },
  }),
]

function request(parts: Partial<SessionRequest> = {}): SessionRequest {
  return {
    session: 's-1',
    endpoint: 'main',
    model: 'claude-test',
    system: 'Phase: plan\n\nDo it.',
    opening: 'Subject: o/r#1\nAttempt: 1\n\nGo.',
    continues: null,
    tools: tools(),
    handIn: { deliverable: 'hand_in', questions: 'ask' },
    limits: { maxSteps: 10, maxOutputTokens: 100_000, maxMinutes: 5, maxCostUsd: 10 },
    prices: { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 },
    ...parts,
  }
}
const script = (...turns: NonNullable<Script['sessions'][number]['turns']>): Script => ({
  sessions: [{ match: { phase: 'plan' }, turns }],
})
const call = (name: string, input: Record<string, unknown> = {}) => ({ toolUse: [{ name, input }] })
const never = new AbortController().signal
beforeEach(() => {
  effects = []
})

describe('a model session', () => {
  test('P1: ends with the typed deliverable of the hand-in tool; usage and cost are counted (P11)', async () => {
    world.setScript(
      script(
        { text: 'I look.', ...call('look') },
        call('note', { text: 'a' }),
        call('hand_in', { answer: 'done' }),
      ),
    )
    const result = await model().run(request(), never)
    expect(result).toMatchObject({
      kind: 'deliverable',
      deliverable: { answer: 'done' },
      usage: { requests: 3 },
    })
    expect(result.costUsd).toBeGreaterThan(0)
    expect(result.usage.outputTokens).toBeGreaterThan(0)
    expect(effects).toEqual(['a'])
    expect(world.unmatched).toEqual([])
  })

  test('P11: each request reads from the cache what the last one sent, and writes only what is new', async () => {
    // More blocks in one turn than an endpoint looks back from a mark.
    const manyCalls = { toolUse: Array.from({ length: 15 }, () => ({ name: 'look', input: {} })) }
    world.setScript(script(call('look'), manyCalls, call('look'), call('hand_in', { answer: 'done' })))
    const system = `Phase: plan\n\n${'Rules and more rules. '.repeat(2000)}`
    await model().run(request({ system }), never)
    const used = world.requests.map(({ answer }) => answer?.usage)
    for (const [index, usage] of used.entries()) {
      const before = used[index - 1]
      const sent = before ? before.cache_read_input_tokens + before.cache_creation_input_tokens : 0
      expect(usage?.cache_read_input_tokens).toBe(sent)
      expect(usage?.input_tokens).toBe(0)
    }
    const marks = world.requests.map(({ body }) => JSON.stringify(body).split('cache_control').length - 1)
    expect(Math.max(...marks)).toBeLessThanOrEqual(4)
    expect(JSON.stringify([...saved.values()])).not.toContain('cache_control')
  })

  test('P11: tools, system and opening are the same bytes in all steps and attempts', async () => {
    world.setScript({
      sessions: [
        {
          match: { phase: 'plan', attempt: 1 },
          turns: [call('look'), call('hand_in', { answer: 'first' })],
        },
        { match: { phase: 'plan', attempt: 2 }, turns: [call('hand_in', { answer: 'second' })] },
      ],
    })
    const opening = `Subject: o/r#1\nAttempt: 1\n\n${'An input of the phase. '.repeat(500)}`
    await model().run(request({ opening }), never)
    const continues = { session: 's-1', message: 'Attempt: 2\n\nObjection.' }
    await model().run(request({ opening: 'never sent', session: 's-2', continues }), never)
    const prefixes = world.requests.map(({ body }) =>
      JSON.stringify([body.tools, body.system, body.messages[0]]).replace(/,?"cache_control":\{[^}]*\}/g, ''),
    )
    expect(new Set(prefixes).size).toBe(1)
    const usage = world.requests.at(-1)?.answer?.usage
    expect(usage?.cache_read_input_tokens).toBeGreaterThan(3000)
  })

  test('P11: a session that ends at once writes no opening to the cache, and goes on like any other if it does not', async () => {
    world.setScript(script(call('look'), call('hand_in', { answer: 'done' })))
    const opening = `Subject: o/r#1\nAttempt: 1\n\n${'An input of the phase. '.repeat(500)}`
    await model().run(request({ opening, endsAtOnce: true }), never)
    const [first, second] = world.requests.map(({ answer }) => answer?.usage)
    expect(first).toMatchObject({ cache_creation_input_tokens: 0, cache_read_input_tokens: 0 })
    expect(second?.cache_creation_input_tokens).toBeGreaterThan(3000)
  })

  test('T29: a sentinel in text ends nothing; the model is reminded, and then the session fails', async () => {
    world.setScript(script({ text: 'DONE' }, { text: 'TASK COMPLETE' }, { text: 'done' }))
    expect(await model().run(request(), never)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('without handing anything in'),
    })
  })

  test('P1: a deliverable that does not fit its schema comes back with the place, and nothing has ended', async () => {
    world.setScript(
      script(call('hand_in', { answer: 'x', extra: 1 }), {
        ...call('hand_in', { answer: 'right' }),
        expects: 'answer',
      }),
    )
    expect(await model().run(request(), never)).toMatchObject({
      kind: 'deliverable',
      deliverable: { answer: 'right' },
    })
  })

  test('P4: questions end the session as questions', async () => {
    world.setScript(script(call('ask', { questions: ['Which one?'] })))
    expect(await model().run(request(), never)).toMatchObject({
      kind: 'questions',
      questions: ['Which one?'],
    })
  })

  test('T22: a refusal goes back to the model as an error', async () => {
    world.setScript(
      script(call('refuse'), { ...call('hand_in', { answer: 'done' }), expects: 'not allowed' }),
    )
    expect(await model().run(request(), never)).toMatchObject({ kind: 'deliverable' })
  })

  test('S7: an error of a tool that is no refusal ends the session and is not shown to the model', async () => {
    world.setScript(script(call('break')))
    await expect(model().run(request(), never)).rejects.toThrow('disk on fire')
    expect(world.requests).toHaveLength(1)
  })

  test('P10: the key is in no transcript', async () => {
    world.setScript(script(call('hand_in', { answer: 'done' })))
    await model().run(request(), never)
    expect(JSON.stringify([...saved])).not.toContain(key)
  })
})

describe('a killed worker', () => {
  test('S7: killed at every save, the session ends the same and no tool with effect runs twice', async () => {
    const turns = script(
      {
        toolUse: [
          { name: 'note', input: { text: 'a' } },
          { name: 'look', input: {} },
          { name: 'note', input: { text: 'b' } },
        ],
      },
      call('note', { text: 'c' }),
      call('hand_in', { answer: 'done' }),
    )
    world.setScript(turns)
    await model().run(request(), never)
    const total = saves
    expect(total).toBeGreaterThan(8)
    for (let kill = 1; kill <= total; kill += 1) {
      saved = new Map()
      saves = 0
      effects = []
      onSave = (count) => {
        if (count >= kill) throw new Error('killed')
      }
      await model()
        .run(request(), never)
        .catch(() => undefined)
      onSave = () => undefined
      const result = await model().run(request(), never)
      expect(result).toMatchObject({ kind: 'deliverable', deliverable: { answer: 'done' } })
      expect(new Set(effects).size).toBe(effects.length)
    }
    // The stand-in checks that every tool_use has its tool_result: an unpaired conversation would be a 400.
    expect(world.requests.every((one) => one.status === 200)).toBe(true)
  }, 60_000)

  test('S7: a session that has ended is not run again', async () => {
    world.setScript(script(call('hand_in', { answer: 'done' })))
    await model().run(request(), never)
    expect(await model().run(request(), never)).toMatchObject({ kind: 'deliverable', usage: { requests: 1 } })
    expect(world.requests).toHaveLength(1)
  })

  test('P3: a later attempt goes on in the transcript of the one before, with the objections', async () => {
    world.setScript({
      sessions: [
        { match: { phase: 'plan', attempt: 1 }, turns: [call('hand_in', { answer: 'first' })] },
        {
          match: { phase: 'plan', attempt: 2 },
          turns: [{ ...call('hand_in', { answer: 'second' }), expects: 'line 3 does not resolve' }],
        },
      ],
    })
    await model().run(request(), never)
    const continues = { session: 's-1', message: 'Attempt: 2\n\nline 3 does not resolve' }
    expect(await model().run(request({ session: 's-2', continues }), never)).toMatchObject({
      deliverable: { answer: 'second' },
      usage: { requests: 1 },
    })
    expect(JSON.stringify(world.requests.at(-1)?.body.messages)).toContain('first')
  })
})

describe('limits and stops', () => {
  test.each([
    ['steps', { maxSteps: 2 }, 'steps'],
    ['output tokens', { maxOutputTokens: 1 }, 'output tokens'],
    ['money', { maxCostUsd: 0 }, '$0'],
  ])('P11: the session ends at its limit on %s', async (_name, limit, word) => {
    world.setScript(script(...Array.from({ length: 9 }, () => call('look'))))
    const base = request()
    const result = await model().run({ ...base, limits: { ...base.limits, ...limit } }, never)
    expect(result).toMatchObject({ kind: 'failed', reason: expect.stringContaining(word) })
    expect(world.requests.length).toBeLessThanOrEqual(2)
  })

  test('P11: a slow answer is cut off by the minutes', async () => {
    world.setScript(script({ text: 'wait', fault: { kind: 'slow', delayMs: 60_000 } }))
    const base = request()
    const result = await model().run({ ...base, limits: { ...base.limits, maxMinutes: 0.005 } }, never)
    expect(result).toMatchObject({ kind: 'failed', reason: expect.stringContaining('minutes') })
  })

  test('O4: a stop ends a running request at once, and the session goes on from there later', async () => {
    world.setScript(
      script(call('note', { text: 'a' }), {
        ...call('hand_in', { answer: 'done' }),
        fault: { kind: 'slow', delayMs: 60_000 },
      }),
    )
    const stop = new AbortController()
    onSave = (count) => {
      if (count === 4) setTimeout(() => stop.abort(), 50)
    }
    const startedMs = Date.now()
    expect(await model().run(request(), stop.signal)).toMatchObject({ kind: 'stopped' })
    expect(Date.now() - startedMs).toBeLessThan(5000)
    world.setScript(script(call('note', { text: 'a' }), call('hand_in', { answer: 'done' })))
    expect(await model().run(request(), never)).toMatchObject({ kind: 'deliverable' })
    expect(effects).toEqual(['a'])
  })
})

describe('a failing endpoint', () => {
  test.each([
    ['429 with retry-after', { kind: 'rate_limited', retryAfterS: 0.05 }],
    ['529', { kind: 'overloaded' }],
    ['500', { kind: 'server_error' }],
    ['an answer that ends early', { kind: 'truncated' }],
    ["a proxy's page", { kind: 'html' }],
  ] as const)('P10: %s is tried again', async (_name, fault) => {
    world.setScript(script(call('hand_in', { answer: 'done' })))
    world.faults.inject(fault, 1)
    expect(await model().run(request(), never)).toMatchObject({ kind: 'deliverable', usage: { requests: 1 } })
  })

  test('P10: an endpoint that stays out asks to come back later, and finally fails with a sentence', async () => {
    world.setScript(script(call('hand_in', { answer: 'done' })))
    world.faults.inject({ kind: 'rate_limited', retryAfterS: 0.01 }, 100)
    for (let round = 0; round < 5; round += 1)
      await expect(model().run(request(), never)).rejects.toBeInstanceOf(RetryLater)
    expect(await model().run(request(), never)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('429'),
    })
  })

  test('P10: a wrong key and an unknown endpoint are failures with who can change it', async () => {
    const wrong = anthropicModel({
      endpoints: { main: { baseUrl: world.url, key: 'sk-wrong' } },
      ledger,
      clock: createClock(1),
      retries: 0,
    })
    const refused = await wrong.run(request(), never)
    expect(refused).toMatchObject({ kind: 'failed', reason: expect.stringContaining('operator') })
    expect(JSON.stringify(refused)).not.toContain('sk-wrong')
    expect(await model().run(request({ endpoint: 'elsewhere' }), never)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('"elsewhere"'),
    })
  })

  test('P3: an answer cut off in the middle of a call is paired and goes on', async () => {
    world.setScript(
      script(
        { ...call('hand_in', { answer: 'done' }), stopReason: 'max_tokens' },
        { ...call('hand_in', { answer: 'whole' }), expects: 'cut off' },
      ),
    )
    expect(await model().run(request(), never)).toMatchObject({
      kind: 'deliverable',
      deliverable: { answer: 'whole' },
    })
  })
})
