/** One run of one model session: the SDK's tool runner with our own history, saved at every step, endpoint by endpoint. */
import type Anthropic from '@anthropic-ai/sdk'
import { RetryLater } from '../../core/errors.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import type { SessionRequest, SessionResult } from '../../core/ports/model.ts'
import type { Clock } from '../../core/ports.ts'
import { addUsage } from '../../core/usage.ts'
import { loadTranscript } from './carriedOver.ts'
import { type Link, ModelRefused, mayFallBack, portable } from './chain.ts'
import { failureOf } from './failures.ts'
import { costOf, limitReached, modelNamed, usageOf } from './limits.ts'
import { type ToolBench, toolBench } from './tools.ts'
import { blocksOf, callsOf, newTranscript, resultBlock, sendable } from './transcript.ts'
import { assertFits, paramsOf } from './wire.ts'

interface SessionOptions {
  ledger: Pick<Ledger, 'transcript' | 'putTranscript'>
  clock: Clock
}

/** How often a session may be taken up again after its endpoint was given up. */
const mostInterruptions = 5
const mostReminders = 2
const laterMs = 60_000

const reminder =
  'Nothing was handed in. Text outside of tool calls is not read. Call hand_in with the deliverable, or ask if something is missing.'
const cutOff =
  'Your answer was cut off before this call was complete. Make the call again, with a shorter input if need be.'

type BetaMessage = Anthropic.Beta.Messages.BetaMessage

type Ending = { kind: 'failed'; reason: string } | { kind: 'stopped'; reason: string }

/** One run of one session, from its transcript to its end. */
export class Session {
  readonly #options: SessionOptions
  readonly #chain: readonly Link[]
  #link: Link
  readonly #request: SessionRequest
  readonly #stop: AbortSignal
  readonly #abort = new AbortController()
  readonly #startedMs: number
  #transcript = newTranscript([])
  #spentBeforeMs = 0
  /** The next request demands a tool call, where the endpoint takes that. */
  #demand = false
  /** The model that answered last, by its own word. */
  #answeredBy: string | null = null

  constructor(
    options: SessionOptions,
    chain: readonly [Link, ...Link[]],
    request: SessionRequest,
    stop: AbortSignal,
  ) {
    this.#options = options
    this.#chain = chain
    this.#link = chain[0]
    this.#request = request
    this.#stop = stop
    this.#startedMs = options.clock.nowMs()
  }

  async run(): Promise<SessionResult> {
    this.#transcript = await loadTranscript(this.#options.ledger, this.#request)
    this.#spentBeforeMs = this.#transcript.durationMs
    const left = this.#request.limits.maxMinutes * 60_000 - this.#spentBeforeMs
    const timer = new AbortController()
    const signal = AbortSignal.any([this.#stop, this.#abort.signal, timer.signal])
    // The clock is the App's, so that a demo that runs faster than life also has faster limits.
    const timing = this.#options.clock
      .sleep(Math.max(0, left), AbortSignal.any([this.#stop, this.#abort.signal]))
      .then(
        () => timer.abort(),
        () => undefined,
      )
    const bench = toolBench(
      this.#request,
      this.#transcript,
      () => this.#save(),
      signal,
      () => this.#abort.abort(),
    )
    try {
      return this.#result(await this.#inTurn(bench, signal))
    } catch (error) {
      return this.#result(await this.#failed(bench.fatal() ?? error, timer.signal))
    } finally {
      this.#abort.abort()
      await timing
      await this.#save()
    }
  }

  async #save(): Promise<void> {
    this.#transcript.durationMs = this.#spentBeforeMs + (this.#options.clock.nowMs() - this.#startedMs)
    await this.#options.ledger.putTranscript(this.#request.session, this.#transcript)
  }

  /** Ask the endpoints one after the other; the history goes along, so no tool runs twice. */
  async #inTurn(bench: ToolBench, signal: AbortSignal): Promise<Ending | null> {
    for (const [index, link] of this.#chain.entries()) {
      this.#link = link
      this.#answeredBy = null
      if (index > 0) this.#transcript.messages = portable(this.#transcript.messages)
      try {
        return await this.#converse(bench, signal)
      } catch (error) {
        const last = index === this.#chain.length - 1
        if (last || signal.aborted || bench.fatal() || !mayFallBack(error)) throw error
      }
    }
    return null
  }

  async #converse(bench: ToolBench, signal: AbortSignal): Promise<Ending | null> {
    const transcript = this.#transcript
    // A kill between an answer and its results left calls open: they are answered before anything is sent.
    if (transcript.messages.at(-1)?.role === 'assistant') await this.#answerOpenCalls(bench)
    while (!transcript.outcome) {
      const limit = this.#limitReached()
      if (limit) return { kind: 'failed', reason: limit }
      await this.#turns(bench, signal)
      if (transcript.outcome || this.#limitReached()) continue
      if (transcript.reminders >= mostReminders) return { kind: 'failed', reason: bench.nothingHandedIn() }
      transcript.reminders += 1
      this.#demand = true
      await this.#say(reminder)
    }
    return null
  }

  /** Ask and run tools until an answer calls none, an outcome is there, or a limit is reached. */
  async #turns(bench: ToolBench, signal: AbortSignal): Promise<void> {
    while (await this.#step(bench, signal));
  }

  /** One request and the tools that its answer calls. False when the next one is not simply due. */
  async #step(bench: ToolBench, signal: AbortSignal): Promise<boolean> {
    const { client, model, options } = this.#link
    const asking = { request: this.#request, transcript: this.#transcript, bench, demand: this.#demand }
    const params = paramsOf(model, options, asking)
    await assertFits(client, options, params, signal)
    this.#demand = false
    // A runner of its own for each request, since the marks for the cache move along with the conversation.
    const runner = client.beta.messages.toolRunner(
      { ...params, max_iterations: 1, thread: false },
      { signal },
    )
    for await (const message of runner) {
      await this.#record(message)
      if (message.stop_reason !== 'tool_use') {
        if (callsOf(this.#transcript.messages.at(-1)).length > 0) await this.#answerCutOff()
        return false
      }
      const answer = await runner.generateToolResponse(signal)
      // Checked before the answer goes on record: a call that a stop cut short has no result that may be sent.
      if (bench.fatal()) throw bench.fatal()
      if (answer) this.#transcript.messages.push({ role: 'user', content: answer.content })
      await this.#save()
      signal.throwIfAborted()
      return answer !== null && !this.#transcript.outcome && this.#limitReached() === null
    }
    return false
  }

  async #record(message: BetaMessage): Promise<void> {
    this.#answeredBy = modelNamed(message, this.#link.model)
    const used = usageOf(message.usage)
    this.#transcript.usage = addUsage(this.#transcript.usage, used)
    this.#transcript.costUsd += costOf(used, this.#link.prices)
    // Paid for, but no part of the history: the next endpoint is asked the same again.
    if (message.stop_reason === 'refusal') throw new ModelRefused()
    // An empty answer may not be sent back; a dot keeps the roles in turn.
    const content = message.content.length > 0 ? sendable(message.content) : [{ type: 'text', text: '.' }]
    this.#transcript.messages.push({ role: 'assistant', content })
    this.#transcript.results = {}
    await this.#save()
  }

  async #answerOpenCalls(bench: ToolBench): Promise<void> {
    const calls = callsOf(this.#transcript.messages.at(-1))
    if (calls.length === 0) return this.#say(reminder)
    const content = []
    for (const call of calls) content.push(resultBlock(call.id, await bench.outcomeOf(call)))
    this.#transcript.messages.push({ role: 'user', content })
    await this.#save()
  }

  async #answerCutOff(): Promise<void> {
    const calls = callsOf(this.#transcript.messages.at(-1))
    const content = calls.map(({ id }) => resultBlock(id, { content: cutOff, isError: true }))
    this.#transcript.messages.push({ role: 'user', content })
    await this.#save()
  }

  /** Add a user text, joined to a last user message so that roles stay in turn. */
  async #say(text: string): Promise<void> {
    const { messages } = this.#transcript
    const last = messages.at(-1)
    const block = { type: 'text', text }
    if (last?.role === 'user') last.content = [...blocksOf(last), block]
    else messages.push({ role: 'user', content: [block] })
    await this.#save()
  }

  #limitReached(): string | null {
    return limitReached(this.#request.limits, this.#transcript)
  }

  async #failed(error: unknown, timer: AbortSignal): Promise<Ending> {
    if (this.#stop.aborted) return { kind: 'stopped', reason: 'The work was stopped.' }
    if (timer.aborted)
      return {
        kind: 'failed',
        reason: `The session used its ${this.#request.limits.maxMinutes} minutes (budgets.session.minutes, or what the task had left).`,
      }
    const failure = failureOf(error, this.#link.endpoint)
    switch (failure.kind) {
      case 'stopped':
        return { kind: 'stopped', reason: 'The work was stopped.' }
      case 'failed':
        return failure
      case 'later':
        this.#transcript.interruptions += 1
        if (this.#transcript.interruptions > mostInterruptions)
          return { kind: 'failed', reason: `${failure.reason} It was tried ${mostInterruptions + 1} times.` }
        throw new RetryLater(failure.reason, laterMs, { cause: error })
      case 'thrown':
        throw failure.error
      default:
        return failure satisfies never
    }
  }

  #result(ending: Ending | null): SessionResult {
    const { usage, costUsd, outcome } = this.#transcript
    const durationMs = this.#spentBeforeMs + (this.#options.clock.nowMs() - this.#startedMs)
    const { endpoint, model } = this.#link
    const used = { usage, costUsd, durationMs, by: { endpoint, model: this.#answeredBy ?? model } }
    if (outcome?.kind === 'deliverable')
      return { ...used, kind: 'deliverable', deliverable: outcome.deliverable }
    if (outcome?.kind === 'questions') return { ...used, kind: 'questions', questions: outcome.questions }
    return { ...used, ...(ending ?? { kind: 'failed', reason: 'The session ended without an outcome.' }) }
  }
}
