/**
 * Signing people in for an App: GitHub's web application flow, from the authorise page to the person's token.
 *
 * As GitHub documents it under "Generating a user access token for a GitHub App", and its errors under
 * "Troubleshooting authorization request errors" and "Troubleshooting OAuth app access token request errors".
 */
import { randomBytes } from 'node:crypto'
import { GitHubError, notFound } from './errors.ts'
import type { Site } from './site.ts'
import type { Account, App } from './state.ts'
import { appWithClientId } from './tokens.ts'
import { simpleUser } from './views/account.ts'

export const AUTHORIZE_PATH = '/login/oauth/authorize'
export const TOKEN_PATH = '/login/oauth/access_token'

const CODE_LIVES_MS = 10 * 60_000
const TOKEN_LIVES_S = 8 * 3600
const REFRESH_TOKEN_LIVES_S = 184 * 24 * 3600

const REQUEST_ERRORS = {
  redirect_uri_mismatch: 'The redirect_uri MUST match the registered callback URL for this application.',
  access_denied: 'The user has denied your application access.',
}
const TOKEN_ERRORS = {
  incorrect_client_credentials: 'The client_id and/or client_secret passed are incorrect.',
  redirect_uri_mismatch: REQUEST_ERRORS.redirect_uri_mismatch,
  bad_verification_code: 'The code passed is incorrect or expired.',
  // Tokens are not refreshed here: the App has people sign in again.
  unsupported_grant_type: 'The grant_type is not supported.',
}

export type Asked = {
  app: App
  /** One of the App's callback URLs. */
  callbackUrl: string
  state: string | null
  /** Whether it was asked to send the person elsewhere than to a callback URL: then the App is told so, and nobody is asked. */
  mismatch: boolean
}

/** What the address of the authorise page asks for. Throws 404 for a client id that no App has. */
export function askedBy(site: Site, query: URLSearchParams): Asked {
  const app = appWithClientId(site, query.get('client_id') ?? '')
  if (app === null) throw notFound()
  const [first] = app.callbackUrls
  if (first === undefined) throw new GitHubError(422, `${app.name} has no callback URL registered.`)
  const wanted = query.get('redirect_uri') ?? first
  // For GitHub Apps the match is exact; only OAuth apps may ask for another path or, on loopback, another port.
  const mismatch = !app.callbackUrls.includes(wanted)
  return { app, callbackUrl: mismatch ? first : wanted, state: query.get('state'), mismatch }
}

/** Where the browser is sent when the page was answered with no, or not shown at all. */
export function refusalAddress(asked: Asked, error: keyof typeof REQUEST_ERRORS): string {
  const base = '/apps/managing-oauth-apps/troubleshooting-authorization-request-errors'
  return backTo(asked, {
    error,
    error_description: REQUEST_ERRORS[error],
    error_uri: `${base}/#${error.replaceAll('_', '-')}`,
  })
}

/** The person agrees: where the browser is sent, with a code that counts once and for ten minutes. */
export function authorizedAddress(site: Site, asked: Asked, account: Account): string {
  const code = randomBytes(10).toString('hex')
  site.state.authorizationCodes.set(code, {
    code,
    appId: asked.app.id,
    accountId: account.id,
    callbackUrl: asked.callbackUrl,
    expiresAtMs: site.clock.now() + CODE_LIVES_MS,
  })
  return backTo(asked, { code })
}

function backTo({ callbackUrl, state }: Asked, told: Record<string, string>): string {
  const address = new URL(callbackUrl)
  for (const [name, value] of Object.entries(told)) address.searchParams.set(name, value)
  if (state !== null) address.searchParams.set('state', state)
  return address.href
}

/** What a browser in which the person is signed in does with the address of the page; returns where GitHub sends it. */
export function answerAs(
  site: Site,
  account: Account,
  address: string,
  answer: 'authorize' | 'cancel',
): string {
  const url = new URL(address)
  if (url.origin !== site.url || url.pathname !== AUTHORIZE_PATH) throw notFound()
  const asked = askedBy(site, url.searchParams)
  if (asked.mismatch) return refusalAddress(asked, 'redirect_uri_mismatch')
  return answer === 'cancel'
    ? refusalAddress(asked, 'access_denied')
    : authorizedAddress(site, asked, account)
}

/** Exchanges a code for a token. Refusals are answers, as on GitHub, whose status is 200 either way. */
export function exchange(site: Site, fields: URLSearchParams): Record<string, string | number> {
  const app = appWithClientId(site, fields.get('client_id') ?? '')
  if (app === null || app.clientSecret !== fields.get('client_secret'))
    return tokenError('incorrect_client_credentials')
  if (fields.has('grant_type')) return tokenError('unsupported_grant_type')
  const code = site.state.authorizationCodes.get(fields.get('code') ?? '')
  if (code === undefined || code.appId !== app.id || code.expiresAtMs <= site.clock.now())
    return tokenError('bad_verification_code')
  const callbackUrl = fields.get('redirect_uri')
  if (callbackUrl !== null && callbackUrl !== code.callbackUrl) return tokenError('redirect_uri_mismatch')
  site.state.authorizationCodes.delete(code.code)
  const token = `ghu_${randomBytes(18).toString('hex')}`
  site.state.userTokens.set(token, {
    token,
    appId: app.id,
    accountId: code.accountId,
    expiresAtMs: site.clock.now() + TOKEN_LIVES_S * 1000,
  })
  return {
    access_token: token,
    expires_in: TOKEN_LIVES_S,
    refresh_token: `ghr_${randomBytes(38).toString('hex')}`,
    refresh_token_expires_in: REFRESH_TOKEN_LIVES_S,
    scope: '',
    token_type: 'bearer',
  }
}

function tokenError(error: keyof typeof TOKEN_ERRORS): Record<string, string> {
  const page = '/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors'
  return {
    error,
    error_description: TOKEN_ERRORS[error],
    error_uri: `${page}/#${error.replaceAll('_', '-')}`,
  }
}

/** The person takes back, in the settings, what the App may do in their name: every token ends, and the App is told. */
export function revokeAuthorization(site: Site, app: App, account: Account): void {
  for (const one of site.state.userTokens.values())
    if (one.appId === app.id && one.accountId === account.id) site.state.userTokens.delete(one.token)
  const payload = { action: 'revoked', sender: simpleUser(site, account) }
  site.emit('github_app_authorization', 'revoked', payload, { toApp: app, sender: account })
}
