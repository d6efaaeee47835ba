/** The chain of endpoints over HTTP: who takes over when, with the same history, and who is never asked (P10). */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { createClock } from '../../../src/adapters/clock.ts'
import { anthropicModel } from '../../../src/adapters/model/anthropic.ts'
import { RetryLater } from '../../../src/core/errors.ts'
import type { ModelChoice, SessionRequest, Tool } from '../../../src/core/ports/model.ts'
import type { Fault, Script } from '../../../world/model/script.ts'
import { type ModelWorld, startModel } from '../../../world/model/server.ts'

const key = 'sk-test-0123456789'
let first: ModelWorld
let second: ModelWorld
let saved: Map<string, unknown>
let notes: string[]
beforeEach(async () => {
  saved = new Map()
  notes = []
  first = await startModel({ script: { sessions: [] }, apiKey: key })
  second = await startModel({ script: { sessions: [] }, apiKey: key })
})
afterEach(async () => {
  await first.close()
  await second.close()
})

const ledger = {
  transcript: async (session: string) => structuredClone(saved.get(session) ?? null),
  putTranscript: async (session: string, transcript: unknown) => {
    saved.set(session, structuredClone(transcript))
  },
}
const choice = (endpoint: string): ModelChoice => ({ endpoint, model: `model-of-${endpoint}`, prices: null })

function run(parts: Partial<SessionRequest> = {}) {
  const model = anthropicModel({
    endpoints: {
      outside: { baseUrl: first.url, key, timeoutMs: 400 },
      house: {
        baseUrl: second.url,
        key,
        inHouse: true,
        promptCache: 'none',
        prices: { 'model-of-house': { input: 1_000_000, output: 0 } },
      },
    },
    ledger,
    clock: createClock(1),
    retries: 1,
  })
  const note: Tool = {
    name: 'note',
    description: 'Keep a note.',
    input: z.object({ text: z.string() }),
    hasEffect: true,
    async execute(input) {
      const { text } = z.object({ text: z.string() }).parse(input)
      notes.push(text)
      return `kept ${text}`
    },
  }
  const handIn: Tool = {
    name: 'hand_in',
    description: 'Hand in.',
    input: z.object({ answer: z.string() }),
    hasEffect: false,
    execute: async () => 'ok',
  }
  return model.run(
    {
      ...choice('outside'),
      session: 's-1',
      fallbacks: [choice('house')],
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
const story = (stop?: 'refusal'): Script => ({
  sessions: [
    {
      match: { phase: 'plan' },
      turns: [
        { toolUse: [{ name: 'note', input: { text: 'a' } }] },
        stop
          ? { text: 'I will not.', stopReason: stop }
          : { toolUse: [{ name: 'hand_in', input: { answer: 'done' } }] },
      ],
    },
  ],
})
const faults: [string, Fault][] = [
  ['overload (529)', { kind: 'overloaded' }],
  ['a limit (429)', { kind: 'rate_limited', retryAfterS: 0.01 }],
  ['a 5xx', { kind: 'server_error' }],
  ['an answer that ends early', { kind: 'truncated' }],
  ["a proxy's page", { kind: 'html' }],
  ['a time-out', { kind: 'slow', delayMs: 3000 }],
]

describe('P10: the fallback chain', () => {
  test.each(faults)(
    'P10 S7: after %s the next endpoint goes on with the history, and no tool runs twice',
    async (_name, fault) => {
      // The first endpoint answers once, with a tool call, and then fails for good.
      first.setScript({
        sessions: [
          {
            match: { phase: 'plan' },
            turns: [
              { toolUse: [{ name: 'note', input: { text: 'a' } }] },
              { text: 'never said', fault, times: 1000 },
            ],
          },
        ],
      })
      second.setScript(story())
      const result = await run()
      expect(result).toMatchObject({
        kind: 'deliverable',
        deliverable: { answer: 'done' },
        by: { endpoint: 'house', model: 'model-of-house' },
      })
      expect(notes).toEqual(['a'])
      expect(JSON.stringify(second.requests[0]?.body.messages)).toContain('kept a')
      expect(JSON.stringify(second.requests[0]?.body)).not.toContain('cache_control')
      expect(result.costUsd).toBeGreaterThan(0)
    },
  )

  test('P10: a refusal to answer is no part of the history; the next endpoint is asked the same', async () => {
    first.setScript(story('refusal'))
    second.setScript(story())
    expect(await run()).toMatchObject({ kind: 'deliverable', usage: { requests: 3 } })
    expect(notes).toEqual(['a'])
    expect(JSON.stringify(second.requests[0]?.body.messages)).not.toContain('I will not')
  })

  test('P10: a refusal by the last of them fails the session with a sentence', async () => {
    first.setScript(story('refusal'))
    expect(await run({ fallbacks: [] })).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('refused to answer'),
    })
  })

  test('P10: sensitive work asks in-house endpoints only, also when these are down', async () => {
    first.setScript(story())
    second.setScript(story())
    expect(await run({ inHouseOnly: true })).toMatchObject({ by: { endpoint: 'house' } })
    second.faults.inject({ kind: 'overloaded' }, 1000)
    await expect(run({ inHouseOnly: true, session: 's-2' })).rejects.toBeInstanceOf(RetryLater)
    expect(first.requests).toEqual([])
  })

  test('P10: sensitive work without an in-house endpoint sends nothing and says who can change it', async () => {
    first.setScript(story())
    const result = await run({ inHouseOnly: true, fallbacks: [choice('elsewhere')] })
    expect(result).toMatchObject({ kind: 'failed', reason: expect.stringContaining('models.sensitive.use') })
    expect([...first.requests, ...second.requests]).toEqual([])
  })
})
