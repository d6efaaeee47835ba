/** What every operation of the stand-in GitHub is handed: its records, its clock, its git and its outbox. */
import type { GitStore } from './git.ts'
import type { Account, App, Installation, Permissions, Repo, State } from './state.ts'

export type Clock = { now(): number }

/** Who is asking. Handlers never look at headers again. */
export type Actor =
  | { kind: 'anonymous' }
  | { kind: 'user'; account: Account }
  | { kind: 'app'; app: App }
  /** An App that proves itself by client id and secret, for what it may do with the tokens of people. */
  | { kind: 'client'; app: App }
  /** A person through an App that they authorised: what the person and an installation of the App both reach. */
  | { kind: 'user-to-server'; app: App; account: Account }
  | {
      kind: 'installation'
      app: App
      installation: Installation
      account: Account
      permissions: Permissions
      repositoryIds: number[] | null
    }

export type PushEvent = {
  repo: Repo
  /** Full name: refs/heads/... or refs/tags/... */
  ref: string
  before: string
  after: string
  created: boolean
  deleted: boolean
  forced: boolean
  pusher: Account
}
export type SiteEvent = {
  event: string
  action: string | null
  repo: Repo | null
  payload: Record<string, unknown>
}

export type EmitOptions = {
  repo?: Repo
  /** The App itself hears of it, once, whatever its installations. */
  toApp?: App
  /** Only this App hears of it (check run buttons, installation changes). */
  onlyAppId?: number
  /** Delivered although the App did not subscribe. */
  always?: boolean
  sender: Account
  installation?: Installation
}

export type Site = {
  readonly state: State
  readonly git: GitStore
  readonly clock: Clock
  /** Root address without a trailing slash. */
  readonly url: string
  readonly dataDir: string
  /** The world's time as GitHub writes it: whole seconds, UTC. */
  now(): string
  nextId(): number
  emit(event: string, action: string | null, payload: Record<string, unknown>, options: EmitOptions): void
  /** Keeps idle() waiting until the promise settles; its failure is a violation. */
  background(work: Promise<unknown>): void
  /** Runs the push listeners (CI and the like). */
  pushed(event: PushEvent): void
}

/** Looks a record up and fails loudly: a dangling id is a bug in the stand-in itself. */
export function must<T>(map: ReadonlyMap<number, T>, id: number, what: string): T {
  const value = map.get(id)
  if (value === undefined) throw new Error(`stand-in GitHub: no ${what} with id ${id}`)
  return value
}

/** The account in whose name an actor writes. */
export function authorOf(actor: Actor): Account | null {
  return actor.kind === 'user' || actor.kind === 'installation' ? actor.account : null
}

export function viaApp(actor: Actor): number | null {
  return actor.kind === 'installation' ? actor.app.id : null
}

/** How the request log names a caller. */
export const actorName = (actor: Actor) =>
  actor.kind === 'anonymous'
    ? 'anonymous'
    : actor.kind === 'app' || actor.kind === 'client'
      ? `app/${actor.app.slug}`
      : actor.account.login
