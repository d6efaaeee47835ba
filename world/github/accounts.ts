/** Makes people, organisations, teams and Apps: the set-up no API call of a test needs. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { findAccount, findRepo } from './access.ts'
import type { Site } from './site.ts'
import type { Account, App, Permissions, Role, Team } from './state.ts'

// RSA keys cost about 100 ms each, so one process makes each App's key only once.
const keys: { privateKeyPem: string; publicKeyPem: string }[] = []

function keyPair(index: number) {
  const known = keys[index]
  if (known !== undefined) return known
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const pair = { privateKeyPem: privateKey, publicKeyPem: publicKey }
  keys[index] = pair
  return pair
}

export type AccountInput = {
  type?: Account['type']
  bot?: boolean
  name?: string
  email?: string
  id?: number
  appId?: number
}

/** Creates an account; a bot's login ends in `[bot]`. Logins are unique regardless of case. */
export function createAccount(site: Site, login: string, input: AccountInput = {}): Account {
  if (findAccount(site.state, login) !== null) throw new Error(`createUser: ${login} exists already`)
  const type = input.bot === true ? 'Bot' : (input.type ?? 'User')
  const account: Account = {
    id: input.id ?? site.nextId(),
    login,
    name: input.name ?? null,
    email: input.email ?? `${login.replace(/[^\w.-]/g, '')}@example.test`,
    type,
    createdAt: site.now(),
    token: type === 'User' ? `ghp_${randomBytes(18).toString('hex')}` : null,
    appId: input.appId ?? null,
  }
  site.state.accounts.set(account.id, account)
  return account
}

/** A person who leaves GitHub: what was written stays and is nobody's. */
export function deleteAccount(account: Account): void {
  account.deleted = true
  account.token = null
}

export function accountNamed(site: Site, login: string): Account {
  const account = findAccount(site.state, login)
  if (account === null) throw new Error(`stand-in GitHub: no account named ${login}`)
  return account
}

export type OrgInput = { owners?: string[]; members?: string[]; pending?: string[] }

export function createOrg(site: Site, login: string, input: OrgInput = {}): Account {
  const org = createAccount(site, login, { type: 'Organization' })
  const members: Map<number, { role: 'admin' | 'member'; state: 'active' | 'pending' }> = new Map()
  for (const one of input.members ?? [])
    members.set(accountNamed(site, one).id, { role: 'member', state: 'active' })
  for (const one of input.pending ?? [])
    members.set(accountNamed(site, one).id, { role: 'member', state: 'pending' })
  for (const one of input.owners ?? [])
    members.set(accountNamed(site, one).id, { role: 'admin', state: 'active' })
  site.state.orgMembers.set(org.id, members)
  return org
}

export type TeamInput = {
  members?: string[]
  maintainers?: string[]
  pending?: string[]
  parent?: string
  repos?: Record<string, Role>
}

/** Creates a team of an organisation; `repos` maps repository names to the role the team has there. */
export function createTeam(site: Site, orgLogin: string, slug: string, input: TeamInput = {}): Team {
  const org = accountNamed(site, orgLogin)
  const parent = [...site.state.teams.values()].find((t) => t.orgId === org.id && t.slug === input.parent)
  if (input.parent !== undefined && parent === undefined)
    throw new Error(`createTeam: no parent team ${input.parent}`)
  const team: Team = {
    id: site.nextId(),
    orgId: org.id,
    slug,
    name: slug,
    parentId: parent?.id ?? null,
    members: new Map(),
    repositories: new Map(),
  }
  for (const one of input.members ?? [])
    team.members.set(accountNamed(site, one).id, { role: 'member', state: 'active' })
  for (const one of input.pending ?? [])
    team.members.set(accountNamed(site, one).id, { role: 'member', state: 'pending' })
  for (const one of input.maintainers ?? [])
    team.members.set(accountNamed(site, one).id, { role: 'maintainer', state: 'active' })
  for (const [name, role] of Object.entries(input.repos ?? {})) {
    const repo = findRepo(site.state, orgLogin, name)
    if (repo === null) throw new Error(`createTeam: no repository ${orgLogin}/${name}`)
    team.repositories.set(repo.id, role)
  }
  site.state.teams.set(team.id, team)
  return team
}

export type AppInput = {
  slug: string
  name?: string
  id?: number
  owner?: string
  permissions?: Permissions
  events?: string[]
  webhookSecret?: string
  webhookUrl?: string | null
  callbackUrls?: string[]
}

/** Registers an App and its bot account. Without an owner it belongs to the account `github`. */
export function createApp(site: Site, input: AppInput): App {
  const owner =
    input.owner === undefined
      ? (findAccount(site.state, 'github') ?? createAccount(site, 'github', { type: 'Organization' }))
      : accountNamed(site, input.owner)
  const id = input.id ?? site.nextId()
  const bot = createAccount(site, `${input.slug}[bot]`, { bot: true, appId: id })
  const app: App = {
    id,
    clientId: `Iv1.${randomBytes(8).toString('hex')}`,
    clientSecret: randomBytes(20).toString('hex'),
    slug: input.slug,
    name: input.name ?? input.slug,
    ownerId: owner.id,
    botId: bot.id,
    ...keyPair(site.state.apps.size),
    webhookSecret: input.webhookSecret ?? randomBytes(16).toString('hex'),
    webhookUrl: input.webhookUrl ?? null,
    callbackUrls: [...(input.callbackUrls ?? [])],
    permissions: { metadata: 'read', ...input.permissions },
    events: [...(input.events ?? [])],
    createdAt: site.now(),
  }
  site.state.apps.set(app.id, app)
  return app
}
