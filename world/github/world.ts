/** Starts a stand-in GitHub on 127.0.0.1 and hands out everything a test or the demo needs of it. */
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRepo } from './access.ts'
import {
  type AppInput,
  accountNamed,
  createAccount,
  createApp,
  createOrg,
  createTeam,
  deleteAccount,
} from './accounts.ts'
import type { RequestLogEntry, Violation } from './contract.ts'
import { createOutbox, type Outbox } from './deliveries.ts'
import { createPerson } from './driver/person.ts'
import { createEmitter } from './emit.ts'
import { createFaults } from './faults.ts'
import { createGitStore } from './git.ts'
import { installHooks } from './gitHttp.ts'
import { changeInstallationRepos, endInstallation, installApp } from './installations.ts'
import { queuesHear } from './ops/mergeQueue.ts'
import { createRepo, forkRepo, renameRepo } from './ops/repos.ts'
import { createRouter } from './router.ts'
import { registerRoutes } from './routes/index.ts'
import { createApiServer, type ServerParts } from './server.ts'
import type { PushEvent, Site, SiteEvent } from './site.ts'
import { createState, type Permissions, type Repo } from './state.ts'
import type { GitHubOptions, GitHubWorld } from './worldTypes.ts'

export type { GitHubOptions, GitHubWorld } from './worldTypes.ts'

const DEFAULT_PERMISSIONS: Permissions = {
  metadata: 'read',
  actions: 'read',
  administration: 'read',
  checks: 'write',
  contents: 'write',
  deployments: 'write',
  issues: 'write',
  members: 'read',
  merge_queues: 'read',
  pull_requests: 'write',
  statuses: 'write',
}
const DEFAULT_EVENTS = [
  'check_run',
  'check_suite',
  'deployment',
  'deployment_protection_rule',
  'deployment_status',
  'issue_comment',
  'issues',
  'merge_group',
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
  'pull_request_review_thread',
  'push',
  'repository',
  'status',
  'workflow_run',
]
const IDLE_LIMIT_MS = 60_000

/** Starts the world. It must be closed. */
export async function startGitHub(options: GitHubOptions = {}): Promise<GitHubWorld> {
  const clock = options.clock ?? { now: () => Date.now() }
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'github-world-')))
  await installHooks(dataDir)
  const state = createState()
  const router = createRouter()
  const faults = createFaults()
  const violations: Violation[] = []
  const requests: RequestLogEntry[] = []
  const events: SiteEvent[] = []
  const pushListeners: ((event: PushEvent) => void | Promise<void>)[] = []
  const eventListeners: ((event: SiteEvent) => void | Promise<void>)[] = [(event) => queuesHear(site, event)]
  const closeListeners: (() => void | Promise<void>)[] = []
  const manifests = new Map<string, AppInput>()
  let underWay = 0
  let url = ''
  let outbox: Outbox

  const background = (work: Promise<unknown>) => {
    underWay += 1
    work
      .catch((error: unknown) =>
        violations.push({
          kind: 'background',
          where: 'listener',
          message: String(error instanceof Error ? error.stack : error),
        }),
      )
      .finally(() => {
        underWay -= 1
      })
  }
  const site: Site = {
    state,
    git: createGitStore(),
    clock,
    dataDir,
    get url() {
      return url
    },
    now: () => new Date(Math.floor(clock.now() / 1000) * 1000).toISOString().replace('.000Z', 'Z'),
    nextId: () => state.nextId++,
    background,
    pushed: (event) => {
      for (const listener of pushListeners) background(Promise.resolve().then(() => listener(event)))
    },
    emit: (event, action, payload, how) => emitter(event, action, payload, how),
  }
  const emitter = createEmitter(site, {
    contract: options.contract ?? null,
    violations,
    send: (webhook) => outbox.send(webhook),
    tell: (event) => {
      events.push(event)
      for (const listener of eventListeners) background(Promise.resolve().then(() => listener(event)))
    },
  })
  outbox = createOutbox(site, faults, () => undefined)
  registerRoutes(router, {
    outbox: () => outbox,
    convert: (code) => {
      const input = manifests.get(code)
      manifests.delete(code)
      return input === undefined ? null : createApp(site, input)
    },
  })
  const parts: ServerParts = {
    site,
    router,
    faults,
    contract: options.contract ?? null,
    violations,
    requests,
    jwtNow: options.jwtNow ?? (() => Date.now()),
    rateLimit: options.rateLimit ?? 15_000,
    website: [],
    background,
  }
  const server = createApiServer(parts)
  server.keepAliveTimeout = 1000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const appOwner = options.appOwner ?? 'countersign-owner'
  createAccount(site, appOwner, { type: 'User' })
  const app = createApp(site, {
    slug: options.appSlug ?? 'countersign',
    owner: appOwner,
    permissions: options.permissions ?? DEFAULT_PERMISSIONS,
    events: options.events ?? DEFAULT_EVENTS,
    ...(options.appId === undefined ? {} : { id: options.appId }),
    ...(options.webhookSecret === undefined ? {} : { webhookSecret: options.webhookSecret }),
  })

  const repo = (fullName: string): Repo => {
    const [owner = '', name = ''] = fullName.split('/')
    const found = findRepo(state, owner, name)
    if (found === null) throw new Error(`stand-in GitHub: no repository ${fullName}`)
    return found
  }
  return {
    url,
    apiUrl: `${url}/api/v3`,
    dataDir,
    app,
    state,
    site,
    faults,
    violations,
    requests,
    events,
    setWebhookUrl: (to, which = app) => {
      which.webhookUrl = to
    },
    setCallbackUrls: (urls, which = app) => {
      which.callbackUrls = [...urls]
    },
    createUser: (login, input) => createAccount(site, login, input),
    renameUser: (login, to) => {
      accountNamed(site, login).login = to
    },
    deleteUser: (login) => deleteAccount(accountNamed(site, login)),
    createOrg: (login, input) => createOrg(site, login, input),
    createTeam: (org, slug, input) => createTeam(site, org, slug, input),
    createRepo: (owner, name, input = {}) => createRepo(site, accountNamed(site, owner), name, input),
    renameRepo: (of, to) => renameRepo(site, repo(of), to, accountNamed(site, appOwner)),
    fork: (login, of) => forkRepo(site, accountNamed(site, login), repo(of).id),
    createApp: (input) => createApp(site, input),
    installApp: (which, owner, input) => installApp(site, which, owner, input),
    changeInstallation: (one, { add = [], remove = [], by }) =>
      changeInstallationRepos(site, one, add, remove, accountNamed(site, by ?? appOwner)),
    endInstallation: (one, how, by) => endInstallation(site, one, how, accountNamed(site, by ?? appOwner)),
    setRole: (name, login, role) => {
      const { collaborators } = repo(name)
      if (role === 'none') collaborators.delete(accountNamed(site, login).id)
      else collaborators.set(accountNamed(site, login).id, role)
    },
    repo,
    tokenOf: (login) => {
      const { token } = accountNamed(site, login)
      if (token === null) throw new Error(`${login} is no person and has no token`)
      return token
    },
    as: (login) => createPerson(parts, accountNamed(site, login), repo),
    route: (method, template, how, handler) => router.route(method, template, how, handler),
    onPush: (listener) => void pushListeners.push(listener),
    onEvent: (listener) => void eventListeners.push(listener),
    serve: (handler) => void parts.website.push(handler),
    onClose: (listener) => void closeListeners.push(listener),
    offerManifest: (input) => {
      const code = `manifest-${site.nextId()}`
      manifests.set(code, input)
      return code
    },
    async idle() {
      const until = Date.now() + IDLE_LIMIT_MS
      let quiet = 0
      // Three quiet turns in a row: a webhook's receiver may just be about to ask back.
      while (quiet < 3) {
        quiet = underWay === 0 && outbox.pending() === 0 ? quiet + 1 : 0
        if (Date.now() > until)
          throw new Error(
            `stand-in GitHub is not idle after ${IDLE_LIMIT_MS} ms: ${underWay} tasks, ${outbox.pending()} webhooks`,
          )
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    },
    async close() {
      for (const listener of closeListeners) await listener()
      outbox.stop()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
