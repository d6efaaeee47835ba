/** Clients of Amazon Bedrock and Google Vertex AI: their packages are loaded only when an endpoint asks for one (P10). */
import type Anthropic from '@anthropic-ai/sdk'
import type { ClientOptions } from '@anthropic-ai/sdk'
import type { EndpointAccess } from './endpoint.ts'

/** What sessions use of a client; every kind of client has it. */
export type SessionClient = Pick<Anthropic, 'beta'>

type Constructor<Made> = new (options: object) => Made
/** What is used of Google's own sign-in. */
interface GoogleSignIn {
  getClient(): Promise<{ getRequestHeaders(): Promise<Headers> }>
}
/** Makes a client of one platform for an endpoint. */
export type MakeClient = (access: EndpointAccess, options: ClientOptions) => SessionClient
export type Platforms = Partial<Record<'bedrock' | 'vertex', MakeClient>>

const packages = { bedrock: '@anthropic-ai/bedrock-sdk', vertex: '@anthropic-ai/vertex-sdk' } as const
const googleScope = 'https://www.googleapis.com/auth/cloud-platform'

/**
 * Load what the endpoints need. They are no dependencies of Countersign: with what they bring they are larger than all
 * the rest, and few operators need one.
 *
 * @throws Error with a sentence for the operator when a package is not installed.
 */
export async function loadPlatforms(endpoints: Record<string, EndpointAccess>): Promise<Platforms> {
  const platforms: Platforms = {}
  for (const [name, { kind }] of Object.entries(endpoints)) {
    if (kind === 'bedrock') platforms.bedrock ??= bedrockClients(await load(packages.bedrock, name, kind))
    if (kind === 'vertex')
      platforms.vertex ??= vertexClients(
        await load(packages.vertex, name, kind),
        // Brought along by the package above, whose own default would end the process where credentials are missing.
        await load('google-auth-library', name, kind),
      )
  }
  return platforms
}

async function load(packageName: string, endpoint: string, kind: string): Promise<Record<string, unknown>> {
  try {
    return await import(packageName)
  } catch (error) {
    if (!/^(?:ERR_)?MODULE_NOT_FOUND$/.test(String((error as NodeJS.ErrnoException).code))) throw error
    throw new Error(
      `the model endpoint "${endpoint}" is of kind ${kind}, and the package ${packageName} is not installed. Install it beside Countersign (npm install ${packages[kind as keyof typeof packages]}), or change the endpoint in COUNTERSIGN_MODEL_ENDPOINTS.`,
      { cause: error },
    )
  }
}

/** With a key as bearer token, otherwise by AWS's own chain of credentials (role, profile, environment). */
function bedrockClients(module: Record<string, unknown>): MakeClient {
  const AnthropicBedrock = constructorOf<SessionClient>(module, 'AnthropicBedrock')
  return ({ baseUrl, key, region }, options) =>
    new AnthropicBedrock({ ...options, ...addressOf(baseUrl), awsRegion: region, apiKey: key })
}

/** With a key as access token, otherwise by Google's application default credentials, asked for when first used. */
function vertexClients(module: Record<string, unknown>, google: Record<string, unknown>): MakeClient {
  const AnthropicVertex = constructorOf<SessionClient>(module, 'AnthropicVertex')
  const GoogleAuth = constructorOf<GoogleSignIn>(google, 'GoogleAuth')
  return ({ baseUrl, key, region, project }, options) => {
    const authClient = {
      projectId: project,
      getRequestHeaders: async () =>
        key === null
          ? (await new GoogleAuth({ scopes: googleScope }).getClient()).getRequestHeaders()
          : new Headers({ authorization: `Bearer ${key}` }),
    }
    return new AnthropicVertex({ ...options, ...addressOf(baseUrl), region, projectId: project, authClient })
  }
}

function addressOf(baseUrl: string | null): { baseURL?: string } {
  return baseUrl === null ? {} : { baseURL: baseUrl }
}

function constructorOf<Made>(module: Record<string, unknown>, name: string): Constructor<Made> {
  const found = module[name]
  if (typeof found !== 'function')
    throw new Error(`the installed package has no ${name}; Countersign was made for version 1 of it`)
  return found as Constructor<Made>
}
