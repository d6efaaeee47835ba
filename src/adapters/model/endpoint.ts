/** One client per endpoint, with bounded retries and a fetch that lets only whole, well-formed answers through (P10). */
import Anthropic from '@anthropic-ai/sdk'
import { z } from 'zod'
import type { PromptCache } from './cacheMarks.ts'

/** An endpoint as the operator configured it. The key goes into one header and nowhere else. */
export interface EndpointAccess {
  baseUrl: string
  key: string
  /** Inside the organisation: only such endpoints are asked for sensitive work. Absent means no. */
  inHouse?: boolean
  /** One answer may take this long; 10 minutes when absent. */
  timeoutMs?: number
  /** What is marked for prompt caching; everything that pays when absent. */
  promptCache?: PromptCache
  /** US dollars per million tokens by model, as the operator knows them. */
  prices?: Record<
    string,
    { input: number; output: number; cache_read?: number | undefined; cache_write?: number | undefined }
  >
}

/** Retries of one request on 429, 5xx, 529 and broken answers; the SDK adds jitter and honours retry-after. */
export const requestRetries = 4
/** One answer may take this long. */
const requestTimeoutMs = 600_000
const longestAnswerBytes = 32 * 1024 * 1024

const Answer = z.looseObject({
  type: z.literal('message'),
  content: z.array(z.looseObject({ type: z.string() })),
  usage: z.looseObject({}),
})

/** A client for an endpoint. Nothing is read from the environment and nothing is logged. */
export function clientFor({ baseUrl, key, timeoutMs }: EndpointAccess, retries = requestRetries): Anthropic {
  return new Anthropic({
    apiKey: key,
    authToken: null,
    baseURL: baseUrl,
    maxRetries: retries,
    timeout: timeoutMs ?? requestTimeoutMs,
    logLevel: 'off',
    fetch: wholeAnswers,
  })
}

/**
 * fetch, but an answer that ends early, is no JSON or is no message is a failed connection: the SDK then tries again
 * instead of handing half an answer on. Redirects are refused, since they would carry the key elsewhere (T35).
 */
async function wholeAnswers(url: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: 'error' })
  if (!response.ok) return response
  const text = await readBounded(response)
  const parsed = Answer.safeParse(parseJson(text))
  if (!parsed.success) throw new TypeError('the endpoint did not answer with a message')
  return new Response(text, {
    status: response.status,
    headers: { 'content-type': 'application/json', ...requestId(response) },
  })
}

function requestId(response: Response): Record<string, string> {
  const id = response.headers.get('request-id')
  return id === null ? {} : { 'request-id': id }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new TypeError('the endpoint answered with something that is not JSON', { cause: error })
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > longestAnswerBytes) throw new TypeError('the answer of the endpoint is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
