/** The model endpoints that the operator offers: one from ANTHROPIC_API_KEY, or those of a file (P10). */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const usd = z.number().nonnegative().max(1_000_000)
const Price = z.strictObject({
  input: usd,
  output: usd,
  cache_read: usd.optional(),
  cache_write: usd.optional(),
})

const EndpointEntry = z.strictObject({
  /** Base URL of a server that speaks the Messages API. */
  base_url: z
    .string()
    .refine((text) => URL.canParse(text) && /^https?:/.test(text), 'must be an http or https URL'),
  /** Name of the environment variable with the key; never the key itself. */
  key_variable: z
    .string()
    .regex(
      /^[A-Z][A-Z0-9_]{0,80}_API_KEY$/,
      'must be the name of an environment variable that ends in _API_KEY',
    ),
  /** True for an endpoint inside the organisation: only such ones see sensitive work. */
  in_house: z.boolean().default(false),
  /** One answer may take this long before the next endpoint is asked. */
  timeout_seconds: z.number().int().min(5).max(3600).default(600),
  /** What is marked for prompt caching; `none` for a server that refuses marks, or that caches by itself. */
  prompt_cache: z.enum(['conversation', 'prefix', 'none']).default('conversation'),
  /** US dollars per million tokens by model; they win over the prices that a policy names. */
  prices: z.record(z.string().max(120), Price).default({}),
})

const EndpointsFile = z.strictObject({
  endpoints: z.record(
    z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'lower-case letters, digits, - and _'),
    EndpointEntry,
  ),
})

/** An endpoint as the adapters use it. */
export interface ModelEndpoint {
  baseUrl: string
  key: string
  inHouse: boolean
  timeoutMs: number
  promptCache: z.infer<typeof EndpointEntry>['prompt_cache']
  prices: z.infer<typeof EndpointEntry>['prices']
}

/**
 * Read the operator's endpoints.
 *
 * @param given the environment without empty values. `COUNTERSIGN_MODEL_ENDPOINTS` is the path of a JSON file; without
 *   it `ANTHROPIC_API_KEY` and `COUNTERSIGN_MODEL_BASE_URL` make one endpoint named `anthropic`.
 * @param mistakes gets one sentence for each thing that is wrong.
 */
export function readEndpoints(
  given: Record<string, string | undefined>,
  baseUrl: string,
  mistakes: string[],
): Record<string, ModelEndpoint> {
  const path = given['COUNTERSIGN_MODEL_ENDPOINTS']
  if (path === undefined) {
    const key = given['ANTHROPIC_API_KEY']
    return key === undefined
      ? {}
      : {
          anthropic: {
            baseUrl,
            key,
            inHouse: false,
            timeoutMs: 600_000,
            promptCache: 'conversation',
            prices: {},
          },
        }
  }
  const read = readJson(path, mistakes)
  if (read === undefined) return {}
  const parsed = EndpointsFile.safeParse(read)
  if (!parsed.success) {
    mistakes.push(`COUNTERSIGN_MODEL_ENDPOINTS (${path}) is wrong: ${z.prettifyError(parsed.error)}`)
    return {}
  }
  const found: Record<string, ModelEndpoint> = {}
  for (const [name, entry] of Object.entries(parsed.data.endpoints)) {
    const key = given[entry.key_variable]
    if (key === undefined)
      mistakes.push(`${entry.key_variable} is missing: the key of the model endpoint "${name}" in ${path}`)
    else
      found[name] = {
        baseUrl: entry.base_url,
        key,
        inHouse: entry.in_house,
        timeoutMs: entry.timeout_seconds * 1000,
        promptCache: entry.prompt_cache,
        prices: entry.prices,
      }
  }
  return found
}

function readJson(path: string, mistakes: string[]): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const reason =
      error instanceof SyntaxError
        ? 'it is no JSON'
        : ((error as NodeJS.ErrnoException).code ?? 'unknown error')
    mistakes.push(`COUNTERSIGN_MODEL_ENDPOINTS cannot be read: ${reason} (${path})`)
    return undefined
  }
}
