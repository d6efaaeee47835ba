/** What an App does with the tokens of people: exchange a code, take a token back, and list what both reach. */
import { z } from 'zod'
import { explicitRoleOn } from '../access.ts'
import { forbidden, invalid, notFound } from '../errors.ts'
import { exchange, TOKEN_PATH } from '../oauth.ts'
import { type Call, counted, noContent, type Reply, type Router } from '../router.ts'
import type { Installation, Repo } from '../state.ts'
import { installationView } from '../views/account.ts'
import { permissionsOf, repository } from '../views/repo.ts'

const exchangeBody = z.record(z.string(), z.unknown())
const tokenBody = z.object({ access_token: z.string() })

/** The fields count in the query as well as in the body; the answer is JSON only for those who ask for it. */
function exchangeRoute(c: Call): Reply {
  const fields = new URLSearchParams(c.query)
  for (const [name, value] of Object.entries(c.parse(exchangeBody))) fields.set(name, String(value))
  const answer = exchange(c.site, fields)
  if ((c.headers.accept ?? '').includes('application/json')) return { status: 200, body: answer }
  const text = new URLSearchParams()
  for (const [name, value] of Object.entries(answer)) text.set(name, String(value))
  return {
    status: 200,
    raw: text.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
  }
}

function deleteToken(c: Call): Reply {
  if (c.actor.kind !== 'client' || c.actor.app.clientId !== c.params.client_id) throw notFound()
  const token = c.site.state.userTokens.get(c.parse(tokenBody).access_token)
  if (token === undefined || token.appId !== c.actor.app.id) throw invalid([])
  c.site.state.userTokens.delete(token.token)
  return noContent()
}

function throughApp(c: Call) {
  if (c.actor.kind !== 'user-to-server')
    throw forbidden('You must authenticate with an access token authorized to a GitHub App')
  return c.actor
}

/** What somebody gave this person a role on: a repository that only everybody may read is not listed. */
function reached(c: Call, one: Installation): Repo[] {
  const { account } = throughApp(c)
  return [...c.site.state.repos.values()].filter(
    (repo) =>
      repo.ownerId === one.accountId &&
      (one.selection === 'all' || one.repositoryIds.has(repo.id)) &&
      explicitRoleOn(c.site.state, repo, account) !== 'none',
  )
}

/** Installations of the App that the person has to do with: their own, their organisations', and where they have a repository. */
function installations(c: Call): Installation[] {
  const { app, account } = throughApp(c)
  return [...c.site.state.installations.values()].filter(
    (one) =>
      one.appId === app.id &&
      (one.accountId === account.id ||
        c.site.state.orgMembers.get(one.accountId)?.get(account.id)?.state === 'active' ||
        reached(c, one).length > 0),
  )
}

export function oauthRoutes(router: Router): void {
  const person = { permission: 'any', throughApp: true } as const
  router.route('POST', TOKEN_PATH, { permission: 'public' }, exchangeRoute)
  router.route('DELETE', '/applications/{client_id}/token', { permission: 'client' }, deleteToken)
  router.route('GET', '/user/installations', person, (c) =>
    counted(c, 'installations', installations(c), (one) => installationView(c.site, one)),
  )
  router.route('GET', '/user/installations/{installation_id}/repositories', person, async (c) => {
    const one = installations(c).find(({ id }) => id === c.id('installation_id'))
    if (one === undefined) throw notFound()
    // GitHub blocks what the account owns, and does not say with which status (unverified).
    if (one.suspendedAt !== null) throw forbidden('This installation has been suspended')
    const { account } = throughApp(c)
    const reply = await counted(c, 'repositories', reached(c, one), (repo) => ({
      ...repository(c.site, repo),
      permissions: permissionsOf(explicitRoleOn(c.site.state, repo, account)),
    }))
    return { ...reply, body: { ...reply.body, repository_selection: one.selection } }
  })
}
