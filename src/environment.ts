/** The environment: read once by `main` and `cli`, checked as a whole, and refused in one message that lists everything. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type ModelEndpoint, readEndpoints } from './environment/endpoints.ts'
import { type OutboundSettings, readOutbound } from './environment/outbound.ts'
import { PublicAddress, readSignIn, type SignInSettings } from './environment/signIn.ts'

const url = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:/.test(text), 'must be an http or https URL')
const count = (least: number, most: number) => {
  const error = `must be a whole number from ${least} to ${most}`
  return z.coerce.number({ error }).int({ error }).min(least, { error }).max(most, { error })
}
const defaultHost = '127.0.0.1'
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

const numeric = { error: "must be the numeric id on the App's settings page" }
const appId = z.coerce.number(numeric).int(numeric).positive(numeric)

/** Every variable that Countersign reads. `.env.example` documents each with the same words. */
const Variables = z.object({
  APP_ID: appId,
  WEBHOOK_SECRET: z
    .string({ error: "is missing: set the secret of the App's webhook (at least 16 characters)" })
    .refine((secret) => secret !== 'development', {
      error: 'is "development", Probot\'s well-known default: anyone could sign webhooks (T33)',
      abort: true,
    })
    .refine((secret) => secret.length >= 16, 'is shorter than 16 characters'),
  PRIVATE_KEY: z.string().optional(),
  PRIVATE_KEY_PATH: z.string().optional(),
  DRAFTER_APP_ID: appId.optional(),
  DRAFTER_PRIVATE_KEY: z.string().optional(),
  DRAFTER_PRIVATE_KEY_PATH: z.string().optional(),
  GITHUB_CLIENT_ID: z.string().optional(),
  GITHUB_CLIENT_SECRET: z.string().optional(),
  COUNTERSIGN_URL: PublicAddress.optional(),
  GITHUB_API_URL: url.default('https://api.github.com'),
  HOST: z.string().default(defaultHost),
  PORT: count(0, 65_535).default(3000),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must start with redis:// or rediss://')
    .optional(),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgres://')
    .optional(),
  COUNTERSIGN_DATA_DIR: z.string().default('.countersign'),
  COUNTERSIGN_SWEEP_SECONDS: count(5, 3600).default(300),
  COUNTERSIGN_ROUNDS_AT_ONCE: count(1, 64).default(8),
  COUNTERSIGN_WORK_AT_ONCE: count(1, 256).default(16),
  COUNTERSIGN_MINIMUM_FREE_MB: count(0, 100_000_000).default(1024),
  ANTHROPIC_API_KEY: z.string().optional(),
  COUNTERSIGN_MODEL_BASE_URL: url.default('https://api.anthropic.com'),
  COUNTERSIGN_MODEL_ENDPOINTS: z.string().optional(),
  OUTBOUND_ALLOW: z.string().optional(),
  OUTBOUND_TOKENS: z.string().optional(),
  ALERT_WEBHOOKS: z.string().optional(),
  LOG_LEVEL: z.enum(levels, { error: `must be one of ${levels.join(', ')}` }).default('info'),
})

type ReadApart = 'PRIVATE_KEY' | 'DRAFTER_PRIVATE_KEY' | 'GITHUB_CLIENT_ID' | 'GITHUB_CLIENT_SECRET'

export interface Environment extends Omit<z.infer<typeof Variables>, ReadApart> {
  privateKey: string
  drafter: { appId: number; privateKey: string } | null
  /** As whom the App lets people sign in to the board; null when it does not. */
  signIn: SignInSettings | null
  /** By the names that policy uses (P10). */
  modelEndpoints: Record<string, ModelEndpoint>
  /** What monitors, probes and alerts may reach (T35). */
  outbound: OutboundSettings
}

export type EnvironmentReading =
  | { kind: 'ready'; environment: Environment }
  /** No App credentials at all: open the set-up page. */
  | { kind: 'setUp' }
  | { kind: 'refused'; message: string }

/**
 * Check the process environment.
 *
 * @param variables as in `process.env`; empty values count as absent.
 * @returns `refused` with one message that lists every mistake, where to set it right, and nothing secret in it.
 */
export function readEnvironment(variables: Record<string, string | undefined>): EnvironmentReading {
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''),
  )
  const credentials = ['APP_ID', 'PRIVATE_KEY', 'PRIVATE_KEY_PATH', 'WEBHOOK_SECRET']
  if (credentials.every((name) => given[name] === undefined)) return { kind: 'setUp' }

  const mistakes: string[] = []
  const parsed = Variables.safeParse(given)
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0])
    mistakes.push(
      given[name] === undefined && name === 'APP_ID'
        ? "APP_ID is missing: the numeric id on the App's settings page"
        : `${name} ${issue.message}`,
    )
  }
  const privateKey = readKey(given, 'PRIVATE_KEY', mistakes)
  const drafterKey =
    given['DRAFTER_APP_ID'] === undefined ? null : readKey(given, 'DRAFTER_PRIVATE_KEY', mistakes)
  const baseUrl = parsed.data?.COUNTERSIGN_MODEL_BASE_URL ?? ''
  const modelEndpoints = readEndpoints(given, baseUrl, mistakes)
  const outbound = readOutbound(given, mistakes)
  const signIn = readSignIn(given, given['HOST'] ?? defaultHost, mistakes)
  if (!parsed.success || mistakes.length > 0) return { kind: 'refused', message: refusal(mistakes) }

  const {
    PRIVATE_KEY: _key,
    DRAFTER_PRIVATE_KEY: _drafterKey,
    GITHUB_CLIENT_ID: _clientId,
    GITHUB_CLIENT_SECRET: _clientSecret,
    ...rest
  } = parsed.data
  const drafter =
    rest.DRAFTER_APP_ID && drafterKey ? { appId: rest.DRAFTER_APP_ID, privateKey: drafterKey } : null
  return {
    kind: 'ready',
    environment: { ...rest, privateKey: privateKey ?? '', drafter, signIn, modelEndpoints, outbound },
  }
}

/** The PEM from `NAME` (literal `\n` allowed, as .env files need) or from the file at `NAME_PATH`. */
function readKey(given: Record<string, string | undefined>, name: string, mistakes: string[]): string | null {
  const path = given[`${name}_PATH`]
  let pem = given[name]?.replaceAll('\\n', '\n')
  if (pem === undefined && path !== undefined) {
    try {
      pem = readFileSync(path, 'utf8')
    } catch (error) {
      mistakes.push(
        `${name}_PATH cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'} at ${path}`,
      )
      return null
    }
  }
  if (pem === undefined) {
    mistakes.push(
      `${name} is missing: set it to the App's private key (PEM), or ${name}_PATH to the file that holds it`,
    )
    return null
  }
  if (!/-----BEGIN (RSA )?PRIVATE KEY-----/.test(pem)) {
    mistakes.push(
      `${name} is not a PEM private key: it must contain -----BEGIN RSA PRIVATE KEY----- or -----BEGIN PRIVATE KEY-----`,
    )
    return null
  }
  return pem
}

function refusal(mistakes: string[]): string {
  const lines = mistakes.map((mistake) => `  - ${mistake}`)
  return [
    `Countersign does not start: ${mistakes.length} ${mistakes.length === 1 ? 'setting is' : 'settings are'} wrong.`,
    ...lines,
    'Set them in .env (see .env.example) or in the environment, then start again. To create a new App instead, remove',
    'APP_ID, PRIVATE_KEY, PRIVATE_KEY_PATH and WEBHOOK_SECRET: the set-up page then opens.',
  ].join('\n')
}
