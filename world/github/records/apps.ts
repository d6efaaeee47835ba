/** Apps, their installations, tokens and webhook deliveries. */
import type { Permissions } from './people.ts'

export type App = {
  id: number
  clientId: string
  clientSecret: string
  slug: string
  name: string
  ownerId: number
  botId: number
  privateKeyPem: string
  publicKeyPem: string
  webhookSecret: string
  webhookUrl: string | null
  /** Where people may be sent back to after they authorised the App; the first is used when none is asked for. */
  callbackUrls: string[]
  permissions: Permissions
  events: string[]
  createdAt: string
}
export type Installation = {
  id: number
  appId: number
  accountId: number
  selection: 'all' | 'selected'
  repositoryIds: Set<number>
  permissions: Permissions
  createdAt: string
  updatedAt: string
  suspendedAt: string | null
}
export type InstallationToken = {
  token: string
  installationId: number
  /** null means every repository of the installation. */
  repositoryIds: number[] | null
  permissions: Permissions
  expiresAtMs: number
}
/** What a person agreed to on the authorise page, until the App exchanges it: once, within ten minutes. */
export type AuthorizationCode = {
  code: string
  appId: number
  accountId: number
  callbackUrl: string
  expiresAtMs: number
}
/** A person's token through an App; GitHub calls it a user access token. */
export type UserToken = {
  token: string
  appId: number
  accountId: number
  expiresAtMs: number
}
export type Delivery = {
  id: number
  guid: string
  appId: number
  event: string
  action: string | null
  installationId: number | null
  repositoryId: number | null
  deliveredAt: string
  redelivery: boolean
  durationS: number
  statusCode: number
  status: string
  /** The exact body that was signed. */
  body: string
  requestHeaders: Record<string, string>
  responseBody: string
  url: string
}
