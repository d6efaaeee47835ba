/** Who may do what: roles of people, reach and permissions of installation tokens. */
import { badCredentials, forbidden, GitHubError, notAccessible, notFound } from './errors.ts'
import type { Route } from './router.ts'
import type { Actor, Site } from './site.ts'
import type { Account, App, Level, Membership, Permissions, Repo, Role, State, Team } from './state.ts'

const ROLES: readonly Role[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin']
const LEVELS: readonly Level[] = ['read', 'write', 'admin']

export const roleAtLeast = (role: Role, least: Role) => ROLES.indexOf(role) >= ROLES.indexOf(least)
export const levelAtLeast = (level: Level | undefined, least: Level) =>
  level !== undefined && LEVELS.indexOf(level) >= LEVELS.indexOf(least)

export function findAccount(state: State, login: string): Account | null {
  const wanted = login.toLowerCase()
  for (const account of state.accounts.values())
    if (account.login.toLowerCase() === wanted && account.deleted !== true) return account
  return null
}

export function findRepo(state: State, owner: string, name: string): Repo | null {
  const account = findAccount(state, owner)
  if (account === null) return null
  const wanted = name.toLowerCase()
  const owned = [...state.repos.values()].filter((repo) => repo.ownerId === account.id)
  // A name from before a renaming leads on, as GitHub's redirects do, until somebody takes it.
  return (
    owned.find((repo) => repo.name.toLowerCase() === wanted) ??
    owned.find((repo) => repo.formerNames?.includes(wanted)) ??
    null
  )
}

/** Team membership, counting members of child teams as members of the parent, as GitHub does. */
export function teamMembership(state: State, team: Team, accountId: number): Membership | null {
  const own = team.members.get(accountId)
  if (own !== undefined) return own
  for (const child of state.teams.values()) {
    if (child.parentId !== team.id) continue
    const inherited = teamMembership(state, child, accountId)
    if (inherited !== null) return { role: 'member', state: inherited.state }
  }
  return null
}

/** The highest role a person has on a repository, from ownership, organisation, teams, collaboration and its being public. */
export function roleOn(state: State, repo: Repo, account: Account): Role {
  if (account.deleted === true) return 'none'
  const explicit = explicitRoleOn(state, repo, account)
  return explicit === 'none' && !repo.private ? 'read' : explicit
}

/** The role that somebody gave this person: what everybody may do with a public repository is not in it. */
export function explicitRoleOn(state: State, repo: Repo, account: Account): Role {
  if (account.deleted === true) return 'none'
  if (repo.ownerId === account.id) return 'admin'
  const member = state.orgMembers.get(repo.ownerId)?.get(account.id)
  if (member?.state === 'active' && member.role === 'admin') return 'admin'
  const candidates: Role[] = [repo.collaborators.get(account.id) ?? 'none']
  for (const team of state.teams.values()) {
    const role = team.repositories.get(repo.id)
    if (role !== undefined && teamMembership(state, team, account.id)?.state === 'active')
      candidates.push(role)
  }
  return candidates.reduce((best, role) => (roleAtLeast(role, best) ? role : best), 'none')
}

export function installationCovers(site: Site, installationId: number, repo: Repo): boolean {
  const installation = site.state.installations.get(installationId)
  if (installation === undefined || installation.accountId !== repo.ownerId) return false
  return installation.selection === 'all' || installation.repositoryIds.has(repo.id)
}

/** Whether an installation of the App that is not suspended holds the repository. */
export function appReaches(site: Site, app: App, repo: Repo): boolean {
  return [...site.state.installations.values()].some(
    (one) => one.appId === app.id && one.suspendedAt === null && installationCovers(site, one.id, repo),
  )
}

/** True when one of the alternatives (`issues:write|pull_requests:write`) is granted. */
export function grants(permissions: Permissions, needed: string): boolean {
  return needed.split('|').some((one) => {
    const [name = '', level = 'read'] = one.split(':')
    if (name === 'metadata') return true
    return levelAtLeast(permissions[name], level as Level)
  })
}

/** Refuses as GitHub does when the actor may not use this route on this repository. */
export function checkAccess(site: Site, actor: Actor, route: Route, repo: Repo | null): void {
  const { permission } = route
  if (permission === 'public') return
  if (permission === 'jwt') {
    if (actor.kind !== 'app') throw new GitHubError(401, 'A JSON web token could not be decoded')
    return
  }
  if (permission === 'client' || actor.kind === 'client') {
    if (permission !== 'client' || actor.kind !== 'client') throw badCredentials()
    return
  }
  if (actor.kind === 'app')
    throw forbidden('This endpoint needs an installation access token, not an App token')
  if (actor.kind === 'anonymous') {
    if (repo?.private === true) throw notFound()
    if (route.method !== 'GET' || repo === null) throw new GitHubError(401, 'Requires authentication')
    return
  }
  if (actor.kind === 'installation') {
    checkInstallation(site, actor, route, repo)
    return
  }
  if (actor.kind === 'user-to-server') {
    if (repo !== null && !canSee(site, actor, repo)) throw notFound()
    // On GitHub a person acts through an App too, as far as both may. Nothing here needs that, so it is refused, not guessed.
    if (route.throughApp !== true) throw notAccessible()
    return
  }
  if (permission === 'installation')
    throw forbidden('You must authenticate with an installation access token')
  if (repo === null) return
  const role = roleOn(site.state, repo, actor.account)
  if (role === 'none') throw notFound()
  if (route.role === 'app-only') throw forbidden('You must authenticate via a GitHub App.')
  if (!roleAtLeast(role, route.role ?? 'read')) {
    throw forbidden(
      route.role === 'admin'
        ? 'Must have admin rights to Repository.'
        : 'Must have push access to repository.',
    )
  }
}

function checkInstallation(
  site: Site,
  actor: Actor & { kind: 'installation' },
  route: Route,
  repo: Repo | null,
): void {
  if (actor.installation.suspendedAt !== null) throw forbidden('This installation has been suspended')
  if (repo !== null && !canSee(site, actor, repo)) throw repo.private ? notFound() : notAccessible()
  if (route.permission === 'any' || route.permission === 'installation') return
  if (!grants(actor.permissions, route.permission)) throw notAccessible()
}

/** Whether the repository is within the reach of this actor at all. */
export function canSee(site: Site, actor: Actor, repo: Repo): boolean {
  if (actor.kind === 'user') return roleOn(site.state, repo, actor.account) !== 'none'
  if (actor.kind === 'user-to-server')
    return (
      !repo.private ||
      (roleOn(site.state, repo, actor.account) !== 'none' && appReaches(site, actor.app, repo))
    )
  if (actor.kind !== 'installation') return !repo.private
  if (!installationCovers(site, actor.installation.id, repo)) return false
  return actor.repositoryIds === null || actor.repositoryIds.includes(repo.id)
}

/** For handlers whose rule depends on more than the route: a person needs the role, an App passed its permission already. */
export function requireRole(site: Site, actor: Actor, repo: Repo, least: Role, message: string): void {
  if (actor.kind === 'user' && !roleAtLeast(roleOn(site.state, repo, actor.account), least))
    throw forbidden(message)
}
