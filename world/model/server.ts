// The stand-in model: Anthropic's Messages API over HTTP on 127.0.0.1, answering from a script.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { createStalls, type Stalls } from '../stall.ts'
import { type Answer, answerFor, framesOf, type Said } from './answer.ts'
import { findTurn, type Position, positionOf } from './match.ts'
import { CountRequest, conversationProblem, MessagesRequest } from './request.ts'
import { type Fault, type ParsedScript, parseScript, type Script } from './script.ts'
import { type InputUsage, PromptCache } from './usage.ts'
import { failure, hasKey, type Reply, readBody, refusalFor, send } from './wire.ts'

export interface RecordedRequest extends Position {
  path: string
  model: string
  stream: boolean
  status: number
  fault: Fault['kind'] | null
  /** What was answered and what that cost; null when no whole answer was made. */
  answer: Pick<Answer, 'content' | 'usage'> | null
  body: CountRequest
}

export interface ModelWorld {
  /** Base URL for the SDK's `baseURL`. */
  url: string
  /** Every authenticated, well-formed request, oldest first. */
  requests: RecordedRequest[]
  /** What no script answered, as sentences; a test that expects none asserts that it is empty. */
  unmatched: string[]
  /** @throws Error with the place when the script is not valid; the old script then stays. */
  setScript(script: Script): void
  faults: {
    /** The next `times` requests fail this way, whatever the script says. */
    inject(fault: Fault, times?: number): void
    clear(): void
    /** Take over at a moment of a session's request. */
    stall: Stalls<Position>['add']
    /** Cut the requests that wait. */
    release(): void
  }
  close(): Promise<void>
}

/** An answer, the very bytes of one, or null to leave it to the script. */
type Improvised = Said | { raw: Reply } | null

/** Makes up an answer to a request that no script could foresee. */
export type Improvise = (position: Position, request: CountRequest) => Improvised | Promise<Improvised>

/** Requests kept for inspection; older ones are dropped. */
const MAX_RECORDED = 10_000

/** @throws Error when the script is not valid. */
export async function startModel(options: {
  script: Script
  apiKey: string
  improvise?: Improvise | undefined
}): Promise<ModelWorld> {
  let script: ParsedScript = parseScript(options.script)
  let serial = 0
  const cache = new PromptCache()
  const requests: RecordedRequest[] = []
  const unmatched: string[] = []
  const injected: Fault[] = []
  const scriptedFaults = new Map<string, number>()
  const closing = new AbortController()
  const stalls = createStalls<Position>()

  const server = createServer((request, response) => {
    serial += 1
    const requestId = `req_${String(serial).padStart(6, '0')}`
    handle(request, response, requestId)
      .then((reply) => reply && send(response, requestId, reply))
      .catch((error: unknown) => {
        // A stopped server or a client that went away: there is nobody left to answer.
        if (response.destroyed || closing.signal.aborted) return
        send(response, requestId, failure(500, 'api_error', String(error), requestId))
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    unmatched,
    setScript(next) {
      script = parseScript(next)
      scriptedFaults.clear()
    },
    faults: {
      inject(fault, times = 1) {
        for (let i = 0; i < times; i += 1) injected.push(fault)
      },
      clear() {
        injected.length = 0
        stalls.clear()
      },
      stall: stalls.add,
      release: stalls.release,
    },
    async close() {
      closing.abort()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }

  /** Null when a test took the request over. */
  async function handle(
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ): Promise<Reply | null> {
    const fail = (status: number, type: string, message: string) => failure(status, type, message, requestId)
    const path = new URL(request.url ?? '/', 'http://stand-in').pathname
    const counting = path === '/v1/messages/count_tokens'
    const body = await readBody(request)
    if (body === null) return fail(413, 'request_too_large', 'the body is larger than 32 MB')
    if (request.method !== 'POST' || (path !== '/v1/messages' && !counting)) {
      return fail(404, 'not_found_error', `${request.method} ${path} is not part of the stand-in`)
    }
    if (!hasKey(request.headers, options.apiKey)) {
      return fail(401, 'authentication_error', 'the API key is missing or wrong')
    }
    if (request.headers['anthropic-version'] === undefined) {
      return fail(400, 'invalid_request_error', 'the header anthropic-version is missing')
    }
    const parsed = parseRequest(body, counting)
    if (typeof parsed === 'string') return fail(400, 'invalid_request_error', parsed)
    if (counting) {
      const usage = cache.measure(parsed, false)
      record(path, parsed, 200, null, null)
      const input_tokens =
        usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens
      return { status: 200, body: JSON.stringify({ input_tokens }) }
    }
    const position = positionOf(parsed)
    if (await stalls.at('received', position, request.socket)) return null
    const reply = await answer(path, parsed, position, requestId)
    if (await stalls.at('applied', position, request.socket)) return null
    response.once('finish', () => void stalls.at('answered', position, request.socket))
    return reply
  }

  async function answer(
    path: string,
    request: CountRequest,
    position: Position,
    requestId: string,
  ): Promise<Reply> {
    const forced = injected.shift()
    const said = forced === undefined ? await options.improvise?.(position, request) : null
    if (said && 'raw' in said) {
      record(path, request, said.raw.status, null, null)
      return said.raw
    }
    if (said) return reply(path, request, said, null, requestId)
    const match = findTurn(script, position, request)
    if ('problem' in match && forced === undefined) {
      unmatched.push(match.problem)
      record(path, request, 400, null, null)
      return failure(400, 'invalid_request_error', match.problem, requestId)
    }
    const place =
      'problem' in match ? '' : `${match.session} ${position.subject} ${position.attempt} ${position.turn}`
    const fault =
      forced ?? ('problem' in match ? null : scriptedFault(place, match.turn.fault, match.turn.times))
    if (fault?.kind === 'slow') await sleep(fault.delayMs, undefined, { signal: closing.signal })
    const refusal = fault && refusalFor(fault, requestId)
    if (refusal || 'problem' in match) {
      record(path, request, refusal?.status ?? 400, fault, null)
      return (
        refusal ?? failure(400, 'invalid_request_error', 'problem' in match ? match.problem : '', requestId)
      )
    }
    return reply(path, request, match.turn, fault, requestId)
  }

  function reply(
    path: string,
    request: CountRequest,
    said: Said,
    fault: Fault | null,
    requestId: string,
  ): Reply {
    const usage: InputUsage = cache.measure(request, true)
    const message = answerFor(said, request.model, usage, requestId.slice(4))
    const cut = fault?.kind === 'truncated'
    record(path, request, 200, fault, cut ? null : message)
    if (request['stream'] === true) return { status: 200, body: framesOf(message), cut }
    return { status: 200, body: JSON.stringify(message), cut }
  }

  function scriptedFault(place: string, fault: Fault | undefined, times = 1): Fault | null {
    const count = scriptedFaults.get(place) ?? 0
    if (fault === undefined || count >= times) return null
    scriptedFaults.set(place, count + 1)
    return fault
  }

  function record(
    path: string,
    body: CountRequest,
    status: number,
    fault: Fault | null,
    answer: RecordedRequest['answer'],
  ) {
    const stream = body['stream'] === true
    requests.push({
      ...positionOf(body),
      path,
      model: body.model,
      stream,
      status,
      fault: fault?.kind ?? null,
      answer: answer && { content: answer.content, usage: answer.usage },
      body,
    })
    if (requests.length > MAX_RECORDED) requests.shift()
  }
}

/** The request, or a sentence on what is wrong with it. */
function parseRequest(body: string, counting: boolean): CountRequest | string {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch (error) {
    return `the body is not JSON: ${String(error)}`
  }
  const result = (counting ? CountRequest : MessagesRequest).safeParse(json)
  if (!result.success) {
    return result.error.issues.map((issue) => `${z.core.toDotPath(issue.path)}: ${issue.message}`).join('; ')
  }
  return conversationProblem(result.data) ?? result.data
}
