/** Users by login and id, organisations, teams and their members. */
import { findAccount, teamMembership } from '../access.ts'
import { forbidden, notFound } from '../errors.ts'
import { type Call, list, noContent, ok, type Router } from '../router.ts'
import { must } from '../site.ts'
import type { Account, Team } from '../state.ts'
import { publicUser, simpleOrganization, simpleUser, teamFull } from '../views/account.ts'

function orgAt(c: Call): Account {
  const org = findAccount(c.site.state, c.params.org ?? '')
  if (org === null || org.type !== 'Organization') throw notFound()
  return org
}

function findTeam(c: Call): Team | undefined {
  const org = orgAt(c)
  return [...c.site.state.teams.values()].find(
    (team) => team.orgId === org.id && team.slug === c.params.team_slug,
  )
}

function teamAt(c: Call): Team {
  const team = findTeam(c)
  if (team === undefined) throw notFound()
  return team
}

function userAt(c: Call, name = 'username'): Account {
  const account = findAccount(c.site.state, c.params[name] ?? '')
  if (account === null) throw notFound()
  return account
}

/** Members and teams are seen by Apps with members:read on this organisation, and by its own members. */
function insideOrg(c: Call): Account {
  const org = orgAt(c)
  if (c.actor.kind === 'installation' && c.actor.installation.accountId !== org.id)
    throw forbidden('Resource not accessible by integration')
  if (
    c.actor.kind === 'user' &&
    c.site.state.orgMembers.get(org.id)?.get(c.actor.account.id)?.state !== 'active'
  )
    throw notFound()
  return org
}

export function peopleRoutes(router: Router): void {
  const members = { permission: 'members:read' }
  router.route('GET', '/users/{username}', { permission: 'public' }, (c) => ok(publicUser(c.site, userAt(c))))
  router.route('GET', '/user/{account_id}', { permission: 'public' }, (c) => {
    const account = c.site.state.accounts.get(c.id('account_id'))
    if (account === undefined || account.deleted === true) throw notFound()
    return ok(publicUser(c.site, account))
  })
  router.route('GET', '/user', { permission: 'any', throughApp: true }, (c) => {
    if (c.actor.kind !== 'user' && c.actor.kind !== 'user-to-server')
      throw forbidden('Resource not accessible by integration')
    return ok(publicUser(c.site, c.actor.account))
  })
  router.route('GET', '/orgs/{org}/members', members, (c) => {
    const org = insideOrg(c)
    const all = [...(c.site.state.orgMembers.get(org.id) ?? [])].filter(([, m]) => m.state === 'active')
    return list(c, all, ([id]) => simpleUser(c.site, must(c.site.state.accounts, id, 'account')))
  })
  router.route('GET', '/orgs/{org}/members/{username}', members, (c) => {
    if (c.site.state.orgMembers.get(insideOrg(c).id)?.get(userAt(c).id)?.state !== 'active') throw notFound()
    return noContent()
  })
  router.route('GET', '/orgs/{org}/memberships/{username}', members, (c) => {
    const org = insideOrg(c)
    const user = userAt(c)
    const membership = c.site.state.orgMembers.get(org.id)?.get(user.id)
    if (membership === undefined) throw notFound()
    const url = `${c.site.url}/orgs/${org.login}`
    return ok({
      url: `${url}/memberships/${user.login}`,
      state: membership.state,
      role: membership.role === 'admin' ? 'admin' : 'member',
      organization_url: url,
      organization: simpleOrganization(c.site, org),
      user: simpleUser(c.site, user),
    })
  })
  router.route('GET', '/orgs/{org}/teams/{team_slug}', members, (c) => {
    insideOrg(c)
    return ok(teamFull(c.site, teamAt(c)))
  })
  router.route('GET', '/orgs/{org}/teams/{team_slug}/members', members, (c) => {
    insideOrg(c)
    const team = teamAt(c)
    const all = [...c.site.state.accounts.values()].filter(
      (a) => teamMembership(c.site.state, team, a.id)?.state === 'active',
    )
    return list(c, all, (a) => simpleUser(c.site, a))
  })
  router.route('GET', '/orgs/{org}/teams/{team_slug}/memberships/{username}', members, (c) => {
    const org = insideOrg(c)
    const team = findTeam(c)
    const user = userAt(c)
    const membership = team ? teamMembership(c.site.state, team, user.id) : null
    // The one 404 that GitHub describes as empty.
    if (team === undefined || membership === null) return { status: 404 }
    return ok({
      url: `${c.site.url}/organizations/${org.id}/team/${team.id}/memberships/${user.login}`,
      role: membership.role === 'maintainer' ? 'maintainer' : 'member',
      state: membership.state,
    })
  })
}
