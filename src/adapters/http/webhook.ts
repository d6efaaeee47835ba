/** The webhook endpoint: bounds, signature and form are checked in that order, and every refusal says what to do. */
import type { IncomingMessage } from 'node:http'
import { RetryLater } from '../../core/errors.ts'
import type { Log, Metrics } from '../../core/ports.ts'
import { maximumBodyBytes, readBody } from './body.ts'
import { isSignature, verifySignature } from './signature.ts'

export interface Answer {
  status: number
  text: string
  headers?: Record<string, string>
  /** What is left of the request is not read: the connection ends with this answer. */
  close?: boolean
}

export interface WebhookOptions {
  /** The webhook's secret; the environment refuses to start without one. */
  secret: string
  receive: (delivery: { event: string; id: string; payload: unknown }) => Promise<string>
  log: Log
  metrics: Metrics
  /** How long ledger and queue have before the answer is 503. */
  answerWithinMs?: number
}

const defaultAnswerWithinMs = 700
const eventName = /^[a-z_]{1,60}$/
const deliveryId = /^[A-Za-z0-9._:-]{1,100}$/

/** Answers one request to the webhook path. Never rejects. */
export function createWebhook(options: WebhookOptions): (request: IncomingMessage) => Promise<Answer> {
  const { metrics } = options
  return async (request) => {
    const began = performance.now()
    const { event, ...answer } = await answerOf(request, options)
    // Only names that GitHub could have sent become labels, and only of signed requests, so that labels stay few.
    metrics.count('webhooks_total', { event: event ?? 'refused', status: String(answer.status) })
    metrics.observe('webhook_seconds', (performance.now() - began) / 1000)
    return answer
  }
}

async function answerOf(
  request: IncomingMessage,
  options: WebhookOptions,
): Promise<Answer & { event?: string }> {
  const signature = header(request, 'x-hub-signature-256')
  const event = header(request, 'x-github-event')
  const id = header(request, 'x-github-delivery')
  if (request.method !== 'POST') {
    return { status: 405, text: 'webhooks are sent with POST', headers: { allow: 'POST' }, close: true }
  }
  if (!isSignature(signature)) {
    return {
      status: 401,
      text: "X-Hub-Signature-256 is missing or not of the form sha256=<64 hex digits>: set the secret in the App's webhook settings",
      close: true,
    }
  }
  if (!event || !eventName.test(event) || !id || !deliveryId.test(id)) {
    return {
      status: 400,
      text: 'X-GitHub-Event and X-GitHub-Delivery must name the event and the delivery',
      close: true,
    }
  }
  const reading = await readBody(request)
  if (reading.kind === 'tooLarge') {
    return {
      status: 413,
      text: `the body is over ${maximumBodyBytes} bytes, the most GitHub sends`,
      close: true,
    }
  }
  if (reading.kind === 'busy')
    return { status: 503, text: 'too many large bodies at once; deliver again later', close: true }
  if (reading.kind === 'broken') return { status: 400, text: 'the body ended early', close: true }
  if (!verifySignature(options.secret, reading.body, signature)) {
    return {
      status: 401,
      text: "the signature does not fit the body: WEBHOOK_SECRET must be the secret in the App's webhook settings",
    }
  }
  const payload = parse(reading.body)
  if (payload === undefined) {
    return {
      status: 400,
      text: "the body is not JSON: choose the content type application/json in the App's webhook settings",
    }
  }
  return { event, ...(await received({ event, id, payload }, options)) }
}

/** 202 once everything is recorded and queued; 503 when it is not within the time, so that it is delivered again (T12). */
async function received(
  delivery: { event: string; id: string; payload: unknown },
  { receive, log, answerWithinMs = defaultAnswerWithinMs }: WebhookOptions,
): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RetryLater('ledger and queue took too long', 1000)), answerWithinMs)
  })
  try {
    return { status: 202, text: await Promise.race([receive(delivery), late]) }
  } catch (error) {
    const { event, id } = delivery
    if (error instanceof RetryLater) {
      log.warn({ event, delivery: id, error }, 'delivery not accepted; it will be asked for again')
      return {
        status: 503,
        text: `not recorded: ${error.message}; deliver again later`,
        headers: { 'retry-after': '5' },
      }
    }
    log.error({ event, delivery: id, error }, 'delivery failed')
    return {
      status: 500,
      text: `not recorded because of an error in Countersign; its log names delivery ${id}`,
    }
  } finally {
    clearTimeout(timer)
  }
}

/** undefined when it is not JSON in UTF-8; JSON itself has no undefined. */
function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    // The caller's sentence says all there is to say.
    return undefined
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}
