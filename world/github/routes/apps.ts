/** Routes of the App itself: identity, installations, tokens, webhook deliveries, manifest conversion. */
import { z } from 'zod'
import { findAccount, installationCovers } from '../access.ts'
import type { Outbox } from '../deliveries.ts'
import { invalid, notFound } from '../errors.ts'
import { type Call, counted, created, list, listAfter, ok, type Reply, type Router } from '../router.ts'
import { must, type Site } from '../site.ts'
import type { App, Delivery, Installation, Repo } from '../state.ts'
import { mintToken } from '../tokens.ts'
import { appView, installationView } from '../views/account.ts'
import { repository } from '../views/repo.ts'

const level = z.enum(['read', 'write', 'admin'])
const tokenBody = z.object({
  repositories: z.array(z.string()).max(500).optional(),
  repository_ids: z.array(z.number().int()).max(500).optional(),
  permissions: z.record(z.string(), level).optional(),
})

const appOf = (c: Call) => {
  if (c.actor.kind !== 'app') throw notFound()
  return c.actor.app
}

function ownInstallation(c: Call): Installation {
  const one = c.site.state.installations.get(c.id('installation_id'))
  if (one === undefined || one.appId !== appOf(c).id) throw notFound()
  return one
}

const covered = (site: Site, one: Installation): Repo[] =>
  [...site.state.repos.values()].filter((r) => installationCovers(site, one.id, r))

function narrowed(
  c: Call,
  one: Installation,
  names: string[] | undefined,
  ids: number[] | undefined,
): number[] | null {
  if (names === undefined && ids === undefined) return null
  const all = covered(c.site, one)
  const byName = (names ?? []).map((n) => all.find((r) => r.name.toLowerCase() === n.toLowerCase()))
  const byId = (ids ?? []).map((id) => all.find((r) => r.id === id))
  return [...byName, ...byId].map((r) => {
    if (r === undefined)
      throw invalid(
        [],
        'There is at least one repository that does not exist or is not accessible to the parent installation.',
      )
    return r.id
  })
}

function mint(c: Call): Reply {
  const one = ownInstallation(c)
  const input = c.parse(tokenBody)
  const token = mintToken(c.site, one, {
    repositoryIds: narrowed(c, one, input.repositories, input.repository_ids),
    permissions: input.permissions ?? null,
  })
  return created({
    token: token.token,
    expires_at: new Date(token.expiresAtMs).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    permissions: token.permissions,
    repository_selection: token.repositoryIds === null ? one.selection : 'selected',
    ...(token.repositoryIds === null
      ? {}
      : {
          repositories: token.repositoryIds.map((id) =>
            repository(c.site, must(c.site.state.repos, id, 'repository')),
          ),
        }),
  })
}

const deliveryItem = (d: Delivery) => ({
  id: d.id,
  guid: d.guid,
  delivered_at: d.deliveredAt,
  redelivery: d.redelivery,
  duration: d.durationS,
  status: d.status,
  status_code: d.statusCode,
  event: d.event,
  action: d.action,
  installation_id: d.installationId,
  repository_id: d.repositoryId,
  throttled_at: null,
})

function ownDelivery(c: Call): Delivery {
  const one = c.site.state.deliveries.get(c.id('delivery_id'))
  if (one === undefined || one.appId !== appOf(c).id) throw notFound()
  return one
}

/** Newest first, in pages by cursor, as GitHub lists deliveries. */
function deliveries(c: Call): Promise<Reply> {
  const wanted = c.query.get('status')
  const all = [...c.site.state.deliveries.values()]
    .filter((d) => d.appId === appOf(c).id)
    .filter((d) => wanted === null || (wanted === 'success') === (d.statusCode >= 200 && d.statusCode < 400))
    .reverse()
  return listAfter(c, 'cursor', all, deliveryItem)
}

export function appRoutes(router: Router, outbox: () => Outbox, convert: (code: string) => App | null): void {
  const jwt = { permission: 'jwt' }
  router.route('GET', '/app', jwt, (c) => {
    const app = appOf(c)
    const count = [...c.site.state.installations.values()].filter((i) => i.appId === app.id).length
    return ok({ ...appView(c.site, app), installations_count: count })
  })
  router.route('GET', '/app/installations', jwt, (c) =>
    list(
      c,
      [...c.site.state.installations.values()].filter((i) => i.appId === appOf(c).id),
      (i) => installationView(c.site, i),
    ),
  )
  router.route('GET', '/app/installations/{installation_id}', jwt, (c) =>
    ok(installationView(c.site, ownInstallation(c))),
  )
  router.route('POST', '/app/installations/{installation_id}/access_tokens', jwt, mint)
  router.route('GET', '/repos/{owner}/{repo}/installation', jwt, (c) => {
    const one = [...c.site.state.installations.values()].find(
      (i) => i.appId === appOf(c).id && installationCovers(c.site, i.id, c.repo),
    )
    if (one === undefined) throw notFound()
    return ok(installationView(c.site, one))
  })
  for (const [template, param] of [
    ['/orgs/{org}/installation', 'org'],
    ['/users/{username}/installation', 'username'],
  ] as const) {
    router.route('GET', template, jwt, (c) => {
      const account = findAccount(c.site.state, c.params[param] ?? '')
      const one = [...c.site.state.installations.values()].find(
        (i) => i.appId === appOf(c).id && i.accountId === account?.id,
      )
      if (one === undefined) throw notFound()
      return ok(installationView(c.site, one))
    })
  }
  router.route('GET', '/app/hook/deliveries', jwt, deliveries)
  router.route('GET', '/app/hook/deliveries/{delivery_id}', jwt, (c) => {
    const d = ownDelivery(c)
    const request = { headers: d.requestHeaders, payload: JSON.parse(d.body) }
    return ok({ ...deliveryItem(d), url: d.url, request, response: { headers: {}, payload: d.responseBody } })
  })
  router.route('POST', '/app/hook/deliveries/{delivery_id}/attempts', jwt, (c) => {
    outbox().redeliver(ownDelivery(c))
    return { status: 202, body: {} }
  })
  router.route('POST', '/app-manifests/{code}/conversions', { permission: 'public' }, (c) => {
    const app = convert(c.params.code ?? '')
    if (app === null) throw notFound()
    const secrets = {
      client_id: app.clientId,
      client_secret: app.clientSecret,
      webhook_secret: app.webhookSecret,
      pem: app.privateKeyPem,
    }
    return created({ ...appView(c.site, app), ...secrets })
  })
  router.route('GET', '/installation/repositories', { permission: 'installation' }, (c) => {
    if (c.actor.kind !== 'installation') throw notFound()
    const { installation, repositoryIds } = c.actor
    const repos = covered(c.site, installation).filter(
      (r) => repositoryIds === null || repositoryIds.includes(r.id),
    )
    return counted(c, 'repositories', repos, (r) => repository(c.site, r))
  })
}
