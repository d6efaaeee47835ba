/** Credentials: an App's RS256 JWT and client secret, tokens of installations and people; a header becomes an actor. */
import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { z } from 'zod'
import { levelAtLeast } from './access.ts'
import { badCredentials, GitHubError, invalid } from './errors.ts'
import type { Actor, Site } from './site.ts'
import { must } from './site.ts'
import type { App, Installation, InstallationToken, Permissions } from './state.ts'

const HOUR_MS = 3_600_000
const MAX_JWT_S = 600
const LEEWAY_S = 60

const jwtHeader = z.object({ alg: z.literal('RS256') })
const jwtClaims = z.object({ iss: z.union([z.string(), z.number()]), iat: z.number(), exp: z.number() })

function decodePart(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    throw new GitHubError(401, 'A JSON web token could not be decoded')
  }
}

/** Checks signature, issuer and life time (at most ten minutes ahead) of an App's token. `nowMs` is real time. */
export function verifyAppJwt(site: Site, token: string, nowMs: number): App {
  const [head = '', body = '', signature = ''] = token.split('.')
  const claims = jwtClaims.safeParse(decodePart(body))
  if (!jwtHeader.safeParse(decodePart(head)).success || !claims.success) {
    throw new GitHubError(401, 'A JSON web token could not be decoded')
  }
  const issuer = String(claims.data.iss)
  const app = [...site.state.apps.values()].find((a) => String(a.id) === issuer || a.clientId === issuer)
  if (app === undefined) throw new GitHubError(401, 'Integration not found')
  const signed = verify(
    'sha256',
    Buffer.from(`${head}.${body}`),
    createPublicKey(app.publicKeyPem),
    Buffer.from(signature, 'base64url'),
  )
  if (!signed) throw new GitHubError(401, 'A JSON web token could not be decoded')
  const now = nowMs / 1000
  if (claims.data.exp <= now)
    throw new GitHubError(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    )
  if (claims.data.exp > now + MAX_JWT_S + LEEWAY_S)
    throw new GitHubError(401, "'Expiration time' claim ('exp') is too far in the future")
  if (claims.data.iat > now + LEEWAY_S)
    throw new GitHubError(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    )
  return app
}

/** Mints an installation token, narrowed to repositories and permissions; more than the installation has is 422. */
export function mintToken(
  site: Site,
  installation: Installation,
  narrow: { repositoryIds: number[] | null; permissions: Permissions | null },
): InstallationToken {
  for (const [name, level] of Object.entries(narrow.permissions ?? {})) {
    if (!levelAtLeast(installation.permissions[name], level)) {
      throw invalid([], 'The permissions requested are not granted to this installation.')
    }
  }
  const permissions: Permissions = { ...(narrow.permissions ?? installation.permissions) }
  if (installation.permissions.metadata !== undefined) permissions.metadata ??= 'read'
  const token: InstallationToken = {
    token: `ghs_${randomBytes(30).toString('base64url').replace(/[-_]/g, 'x')}`,
    installationId: installation.id,
    repositoryIds: narrow.repositoryIds,
    permissions,
    expiresAtMs: site.clock.now() + HOUR_MS,
  }
  site.state.tokens.set(token.token, token)
  return token
}

/** Reads an Authorization header (Bearer, token or Basic as git sends it). No header is anonymous, a wrong one is 401. */
export function actorFor(site: Site, header: string | undefined, jwtNowMs: number): Actor {
  if (header === undefined || header === '') return { kind: 'anonymous' }
  const [scheme = '', value = ''] = header.split(/\s+/, 2)
  switch (scheme.toLowerCase()) {
    case 'basic': {
      const [username, password] = splitOnce(Buffer.from(value, 'base64').toString('utf8'))
      const app = appWithClientId(site, username)
      if (app === null) return actorForToken(site, password)
      if (app.clientSecret !== password) throw badCredentials()
      return { kind: 'client', app }
    }
    case 'bearer':
    case 'token':
      if (value.split('.').length === 3) return { kind: 'app', app: verifyAppJwt(site, value, jwtNowMs) }
      return actorForToken(site, value)
    default:
      throw badCredentials()
  }
}

export function appWithClientId(site: Site, clientId: string): App | null {
  return [...site.state.apps.values()].find((app) => app.clientId === clientId) ?? null
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf(':')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function actorForToken(site: Site, token: string): Actor {
  const known = site.state.tokens.get(token)
  if (known !== undefined) {
    if (known.expiresAtMs <= site.clock.now()) throw badCredentials()
    const installation = site.state.installations.get(known.installationId)
    if (installation === undefined) throw badCredentials()
    const app = must(site.state.apps, installation.appId, 'app')
    const account = must(site.state.accounts, app.botId, 'account')
    // What the installation lost since the token was minted, the token has lost too.
    const permissions: Permissions = {}
    for (const [name, level] of Object.entries(known.permissions)) {
      if (levelAtLeast(installation.permissions[name], level)) permissions[name] = level
    }
    return {
      kind: 'installation',
      app,
      installation,
      account,
      permissions,
      repositoryIds: known.repositoryIds,
    }
  }
  const personal = site.state.userTokens.get(token)
  if (personal !== undefined) {
    const account = must(site.state.accounts, personal.accountId, 'account')
    if (personal.expiresAtMs <= site.clock.now() || account.deleted === true) throw badCredentials()
    return { kind: 'user-to-server', app: must(site.state.apps, personal.appId, 'app'), account }
  }
  for (const account of site.state.accounts.values()) {
    if (token !== '' && account.token === token) return { kind: 'user', account }
  }
  throw badCredentials()
}
