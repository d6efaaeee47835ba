/** One client per endpoint, with bounded retries and a fetch that lets only whole, well-formed answers through (P10). */
import Anthropic from '@anthropic-ai/sdk'
import { z } from 'zod'
import { Bug } from '../../core/errors.ts'
import type { Platforms, SessionClient } from './platforms.ts'
import type { WireOptions } from './wire.ts'

/** `compatible`: a server of somebody else's that speaks the Messages format, given custom tools and nothing beyond. */
export type EndpointKind = 'anthropic' | 'compatible' | 'bedrock' | 'vertex'

/** An endpoint as the operator configured it. The key goes into one header and nowhere else. */
export interface EndpointAccess extends Partial<WireOptions> {
  /** `anthropic` when absent. */
  kind?: EndpointKind
  /** Null for a platform's own address. */
  baseUrl: string | null
  /** Null where a platform finds its credentials by itself, or a local server wants none. */
  key: string | null
  /** Of Bedrock and Vertex. */
  region?: string | undefined
  /** Of Vertex. */
  project?: string | undefined
  /** Inside the organisation: only such endpoints are asked for sensitive work. Absent means no. */
  inHouse?: boolean
  /** One answer may take this long; 10 minutes when absent. */
  timeoutMs?: number
  /** US dollars per million tokens by model, as the operator knows them. */
  prices?: Record<
    string,
    { input: number; output: number; cache_read?: number | undefined; cache_write?: number | undefined }
  >
}

/** What the kinds take unless the operator says otherwise. */
const custom: WireOptions = {
  promptCache: 'none',
  toolChoice: false,
  structuredOutput: false,
  countTokens: false,
  contextTokens: null,
}
const cloud: WireOptions = { ...custom, promptCache: 'conversation', toolChoice: true }
const wireDefaults: Record<EndpointKind, WireOptions> = {
  anthropic: { ...cloud, countTokens: true },
  compatible: custom,
  bedrock: cloud,
  vertex: cloud,
}

/** What may be asked of an endpoint: the operator's word, else what its kind takes. */
export function optionsOf(access: EndpointAccess): WireOptions {
  const usual = wireDefaults[access.kind ?? 'anthropic']
  return {
    promptCache: access.promptCache ?? usual.promptCache,
    toolChoice: access.toolChoice ?? usual.toolChoice,
    structuredOutput: access.structuredOutput ?? usual.structuredOutput,
    countTokens: access.countTokens ?? usual.countTokens,
    contextTokens: access.contextTokens ?? usual.contextTokens,
  }
}

/** Retries of one request on 429, 5xx, 529 and broken answers; the SDK adds jitter and honours retry-after. */
export const requestRetries = 4
/** One answer may take this long. */
const requestTimeoutMs = 600_000
const longestAnswerBytes = 32 * 1024 * 1024

const Message = z.looseObject({
  type: z.literal('message'),
  content: z.array(z.looseObject({ type: z.string() })),
  usage: z.looseObject({}),
})
const Count = z.looseObject({ input_tokens: z.number() })

/** What an endpoint without a key is sent instead: the format demands a header. */
const noKey = 'none'

/** A client for an endpoint. Nothing is read from the environment and nothing is logged. */
export function clientFor(
  access: EndpointAccess,
  retries = requestRetries,
  platforms: Platforms = {},
): SessionClient {
  const { kind = 'anthropic', baseUrl, key, timeoutMs } = access
  const options = {
    maxRetries: retries,
    timeout: timeoutMs ?? requestTimeoutMs,
    logLevel: 'off' as const,
    fetch: wholeAnswers,
  }
  if (kind === 'bedrock' || kind === 'vertex') {
    const make = platforms[kind]
    if (!make) throw new Bug(`the clients of ${kind} were not loaded`)
    return make(access, options)
  }
  return new Anthropic({ ...options, apiKey: key ?? noKey, authToken: null, baseURL: baseUrl })
}

/**
 * fetch, but an answer that ends early, is no JSON or is no message is a failed connection: the SDK then tries again
 * instead of handing half an answer on. Redirects are refused, since they would carry the key elsewhere (T35).
 */
async function wholeAnswers(url: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: 'error' })
  if (!response.ok) return response
  const text = await readBounded(response)
  const wanted = /\/count_tokens\b/.test(url instanceof Request ? url.url : String(url)) ? Count : Message
  if (!wanted.safeParse(parseJson(text)).success)
    throw new TypeError('the endpoint did not answer with a message')
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
