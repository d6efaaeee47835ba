/** What a started stand-in GitHub takes and offers. */
import type { AccountInput, AppInput, OrgInput, TeamInput } from './accounts.ts'
import type { ContractChecker, RequestLogEntry, Violation } from './contract.ts'
import type { PersonDriver } from './driver/person.ts'
import type { Faults } from './faults.ts'
import type { InstallInput } from './installations.ts'
import type { RepoInput } from './ops/repos.ts'
import type { Handler, RouteOptions } from './router.ts'
import type { WebHandler } from './server.ts'
import type { Clock, PushEvent, Site, SiteEvent } from './site.ts'
import type { Account, App, Installation, Permissions, Repo, Role, State, Team } from './state.ts'

export type GitHubOptions = {
  clock?: Clock
  /** Kept after close() when given; otherwise a temporary folder that close() removes. */
  dataDir?: string
  /** Secret of the first App's webhooks. */
  webhookSecret?: string
  appId?: number
  appSlug?: string
  /** The account that owns the first App; created when missing. */
  appOwner?: string
  permissions?: Permissions
  events?: string[]
  contract?: ContractChecker
  /** Requests an hour for each caller; default 15,000. */
  rateLimit?: number
  /** Real time in ms for App JWTs. */
  jwtNow?: () => number
}

export type GitHubWorld = {
  /** Root of website, git and API. */
  readonly url: string
  /** Base URL for Octokit: `${url}/api/v3`. */
  readonly apiUrl: string
  readonly dataDir: string
  /** The App under test. */
  readonly app: App
  readonly state: State
  readonly site: Site
  readonly faults: Faults
  readonly violations: Violation[]
  readonly requests: RequestLogEntry[]
  /** Every webhook event once, in the order it happened, delivered or not. */
  readonly events: SiteEvent[]
  setWebhookUrl(url: string | null, app?: App): void
  /** Where people may be sent back to after they authorised the App; the first is the default. */
  setCallbackUrls(urls: string[], app?: App): void
  createUser(login: string, input?: AccountInput): Account
  /** The login changes, the id stays; the old login is free for anybody. */
  renameUser(login: string, to: string): void
  deleteUser(login: string): void
  createOrg(login: string, input?: OrgInput): Account
  createTeam(org: string, slug: string, input?: TeamInput): Team
  createRepo(owner: string, name: string, input?: RepoInput): Promise<Repo>
  renameRepo(repo: string, to: string): void
  fork(login: string, repo: string): Promise<Repo>
  createApp(input: AppInput): App
  installApp(app: App, owner: string, input?: InstallInput): Installation
  /** Adds and removes repositories (by id) of an installation, told as installation_repositories. */
  changeInstallation(
    installation: Installation,
    change: { add?: number[]; remove?: number[]; by?: string },
  ): void
  /** Suspends, unsuspends or deletes an installation, told to its App. */
  endInstallation(installation: Installation, how: 'suspend' | 'unsuspend' | 'deleted', by?: string): void
  /** Gives a person a role on `owner/name`; `none` takes it away. */
  setRole(repo: string, login: string, role: Role): void
  /** `owner/name` */
  repo(fullName: string): Repo
  tokenOf(login: string): string
  as(login: string): PersonDriver
  route(method: string, template: string, options: RouteOptions, handler: Handler): void
  onPush(listener: (event: PushEvent) => void | Promise<void>): void
  onEvent(listener: (event: SiteEvent) => void | Promise<void>): void
  /** Serves what is not the API (pages, downloads); the handlers are asked in order before it. */
  serve(handler: WebHandler): void
  /** Runs when the world closes, before its server stops. */
  onClose(listener: () => void | Promise<void>): void
  /** Prepares an App that POST /app-manifests/{code}/conversions answers; returns the code. */
  offerManifest(input: AppInput): string
  /** Resolves when no request, webhook or listener is under way (held webhooks do not count). */
  idle(): Promise<void>
  close(): Promise<void>
}
