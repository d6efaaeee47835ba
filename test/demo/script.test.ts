// The demo's script as the model speaks it: every session over HTTP by the real SDK, rejected attempts resumed.
import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { demoScript } from '../../demo/scripts/story.ts'
import { phases } from '../../src/pipeline/phases.ts'
import type { PhaseId } from '../../src/pipeline/settings.ts'
import { type ModelWorld, startModel } from '../../world/model/server.ts'

const DELIVERED = 'acme/ledgerly#1'
const STOPPED = 'acme/ledgerly#2'
const TOOLS = ['read_file', 'list_files', 'search', 'write_file', 'edit_file', 'run', 'hand_in']
/** No session of the demo is longer. */
const MAX_TURNS = 10

/** The choice of the route, the phases of the feature route, and the validator. */
const FEATURE: PhaseId[] = [
  'route',
  'discovery',
  'spec',
  'plan',
  'tests',
  'implementation',
  'documentation',
  'review',
  'validate',
]

type Message = Anthropic.MessageParam

let model: ModelWorld
let client: Anthropic
beforeAll(async () => {
  model = await startModel({
    script: demoScript({ delivered: DELIVERED, stopped: STOPPED }),
    apiKey: 'sk-demo',
  })
  client = new Anthropic({ apiKey: 'sk-demo', baseURL: model.url, maxRetries: 0 })
})
afterAll(() => model.close())

/** Runs one session until it hands in; `messages` grows, as the transcript of a real session does. */
async function converse(phase: PhaseId, messages: Message[]): Promise<unknown> {
  for (let i = 0; i < MAX_TURNS; i += 1) {
    const { content } = await client.messages.create({
      model: 'claude-demo',
      max_tokens: 4000,
      system: `${phases[phase].prompt}\nPhase: ${phase}\n`,
      messages,
      tools: TOOLS.map((name) => ({ name, input_schema: { type: 'object' } })),
    })
    messages.push({ role: 'assistant', content })
    const calls = content.filter((block) => block.type === 'tool_use')
    const results = calls.map((call) => ({
      type: 'tool_result' as const,
      tool_use_id: call.id,
      content: 'Done.',
    }))
    messages.push({ role: 'user', content: results })
    const handedIn = calls.find((call) => call.name === 'hand_in')
    if (handedIn !== undefined) return phases[phase].output.parse(handedIn.input)
  }
  throw new Error(`${phase} did not hand in within ${MAX_TURNS} turns`)
}

const opening = (subject: string): Message[] => [
  { role: 'user', content: `Subject: ${subject}\nAttempt: 1\nThe inputs.` },
]

/** What the host adds when it sends a deliverable back: beside the result of the hand-in, as roles alternate. */
function resume(messages: Message[], attempt: number): void {
  const last = messages.at(-1)
  if (last === undefined || typeof last.content === 'string') throw new Error('nothing to resume')
  last.content.push({ type: 'text', text: `Attempt: ${attempt}\nObjection: it does not hold.` })
}

describe('demo: the scripted sessions', () => {
  test.each(FEATURE)('P1: %s hands in what its schema asks for', async (phase) => {
    expect(await converse(phase, opening(DELIVERED))).toEqual(expect.any(Object))
  })

  test.each(['plan', 'implementation'] as const)(
    'P3: %s resumes with another deliverable or edit',
    async (phase) => {
      const messages = opening(DELIVERED)
      const first = await converse(phase, messages)
      const length = messages.length
      resume(messages, 2)
      const second = await converse(phase, messages)
      expect(messages.length).toBeGreaterThan(length)
      expect(model.requests.at(-1)).toMatchObject({ phase, attempt: 2 })
      if (phase === 'plan') expect(second).not.toEqual(first)
    },
  )

  test('O4: the stopped issue gets through discovery and then waits until it is aborted', async () => {
    await converse('discovery', opening(STOPPED))
    const stop = AbortSignal.timeout(200)
    const waiting = client.messages.create(
      {
        model: 'claude-demo',
        max_tokens: 9,
        system: 'Phase: spec',
        messages: opening(STOPPED),
      },
      { signal: stop },
    )
    await expect(waiting).rejects.toThrow(Anthropic.APIUserAbortError)
  })

  test('nothing was asked that the script does not answer', () => {
    expect(model.unmatched).toEqual([])
  })
})
