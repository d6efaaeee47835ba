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

const baseUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:/.test(text), 'must be an http or https URL')
const keyVariable = z
  .string()
  .regex(
    /^[A-Z][A-Z0-9_]{0,80}_API_KEY$/,
    'must be the name of an environment variable that ends in _API_KEY',
  )
const place = z.string().regex(/^[a-z0-9-]{1,60}$/, 'lower-case letters, digits and -')

/** Settings of every kind of endpoint. What is left out is as the kind usually has it. */
const common = {
  /** True for an endpoint inside the organisation: only such ones see sensitive work. */
  in_house: z.boolean().default(false),
  /** One answer may take this long before the next endpoint is asked. */
  timeout_seconds: z.number().int().min(5).max(3600).default(600),
  /** What is marked for prompt caching; `none` for a server that refuses marks, or that caches by itself. */
  prompt_cache: z.enum(['conversation', 'prefix', 'none']).optional(),
  /** Whether a tool call may be demanded of a model that has called none (`tool_choice`). */
  tool_choice: z.boolean().optional(),
  /** Whether tools may be declared strict, so that their inputs fit their schema. */
  structured_output: z.boolean().optional(),
  /** Whether it has `/v1/messages/count_tokens`; read where `context_tokens` is near. */
  count_tokens: z.boolean().optional(),
  /** The longest request with its answer, in tokens: a longer session goes to the next endpoint, or to a person. */
  context_tokens: z.number().int().min(2048).max(100_000_000).optional(),
  /** US dollars per million tokens by model; they win over the prices that a policy names. */
  prices: z.record(z.string().max(120), Price).default({}),
}

const EndpointEntry = z.discriminatedUnion('kind', [
  /** Anthropic, or a gateway to it. */
  z.strictObject({ kind: z.literal('anthropic'), base_url: baseUrl, key_variable: keyVariable, ...common }),
  /** A server that speaks the Messages format (vLLM, llama.cpp, Ollama, LM Studio, LiteLLM); it may want no key. */
  z.strictObject({
    kind: z.literal('compatible'),
    base_url: baseUrl,
    key_variable: keyVariable.optional(),
    ...common,
  }),
  /** Amazon Bedrock: a bearer token by its variable, else AWS's own chain of credentials. */
  z.strictObject({
    kind: z.literal('bedrock'),
    region: place,
    base_url: baseUrl.optional(),
    key_variable: keyVariable.optional(),
    ...common,
  }),
  /** Google Vertex AI: an access token by its variable, else application default credentials. */
  z.strictObject({
    kind: z.literal('vertex'),
    region: place,
    project: place,
    base_url: baseUrl.optional(),
    key_variable: keyVariable.optional(),
    ...common,
  }),
])
/** `anthropic` need not be said. */
const Entry = z.preprocess(
  (entry) =>
    typeof entry === 'object' && entry !== null && !('kind' in entry)
      ? { kind: 'anthropic', ...entry }
      : entry,
  EndpointEntry,
)

const EndpointsFile = z.strictObject({
  endpoints: z.record(
    z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'lower-case letters, digits, - and _'),
    Entry,
  ),
})

/** An endpoint as the adapters use it; what is absent is as the kind usually has it. */
export interface ModelEndpoint {
  kind: z.infer<typeof EndpointEntry>['kind']
  baseUrl: string | null
  key: string | null
  region?: string
  project?: string
  inHouse: boolean
  timeoutMs: number
  promptCache?: 'conversation' | 'prefix' | 'none'
  toolChoice?: boolean
  structuredOutput?: boolean
  countTokens?: boolean
  contextTokens?: number
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
      : { anthropic: { kind: 'anthropic', baseUrl, key, inHouse: false, timeoutMs: 600_000, prices: {} } }
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
    const variable = entry.key_variable
    const key = variable === undefined ? null : given[variable]
    if (key === undefined)
      mistakes.push(`${variable} is missing: the key of the model endpoint "${name}" in ${path}`)
    else found[name] = endpointOf(entry, key)
  }
  return found
}

function endpointOf(entry: z.infer<typeof EndpointEntry>, key: string | null): ModelEndpoint {
  const { kind, base_url: baseUrl = null, in_house: inHouse, timeout_seconds: seconds, prices } = entry
  return {
    kind,
    baseUrl,
    key,
    inHouse,
    timeoutMs: seconds * 1000,
    prices,
    ...('region' in entry && { region: entry.region }),
    ...('project' in entry && { project: entry.project }),
    ...(entry.prompt_cache !== undefined && { promptCache: entry.prompt_cache }),
    ...(entry.tool_choice !== undefined && { toolChoice: entry.tool_choice }),
    ...(entry.structured_output !== undefined && { structuredOutput: entry.structured_output }),
    ...(entry.count_tokens !== undefined && { countTokens: entry.count_tokens }),
    ...(entry.context_tokens !== undefined && { contextTokens: entry.context_tokens }),
  }
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
