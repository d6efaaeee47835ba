/** People sign in for an App: the web application flow, the token it ends in, and what that token reaches. */
import { describe, expect, test } from '@jest/globals'
import { exchangeWebFlowCode, getWebFlowAuthorizationUrl } from '@octokit/oauth-methods'
import { Octokit } from '@octokit/rest'
import type { GitHubWorld } from '../../world/index.ts'
import { servePages } from '../../world/page/page.ts'
import { asApp, asPerson, type Body, conforms, receive, refuses, request, world } from './github.ts'

const CALLBACK = 'https://countersign.example/board/signed-in'

/** A world whose clock the test moves, with the App's callback known. */
async function stand() {
  const clock = { now: Date.parse('2026-03-02T10:00:00Z') }
  const github = await world({ clock: { now: () => clock.now } })
  github.setCallbackUrls([CALLBACK, 'https://other.example/back'])
  return { github, clock }
}

const addressOf = (github: GitHubWorld, more: Record<string, string> = {}) =>
  `${github.url}/login/oauth/authorize?${new URLSearchParams({ client_id: github.app.clientId, state: 'xyz', ...more })}`

const toldBy = (address: string) => Object.fromEntries(new URL(address).searchParams)

async function codeFor(
  github: GitHubWorld,
  login: string,
  more: Record<string, string> = {},
): Promise<string> {
  return toldBy(await github.as(login).authorize(addressOf(github, more))).code ?? ''
}

/** Exchanges as GitHub's own library does: JSON in, JSON out. */
async function exchange(github: GitHubWorld, fields: Record<string, string>): Promise<Body> {
  const whole = { client_id: github.app.clientId, client_secret: github.app.clientSecret, ...fields }
  const accept = { accept: 'application/json' }
  const answer = await request(github.url, null, 'POST', '/login/oauth/access_token', whole, accept)
  expect(answer.status).toBe(200)
  return answer.body
}

const tokenFor = async (github: GitHubWorld, login: string): Promise<string> =>
  (await exchange(github, { code: await codeFor(github, login) })).access_token

const asUser = async (github: GitHubWorld, login: string) => {
  const token = await tokenFor(github, login)
  return (method: string, path: string, body?: unknown) =>
    request(github.apiUrl, `Bearer ${token}`, method, path, body)
}

describe('the authorise page', () => {
  test('sends the person back with a code and the state, to the callback asked for or the first', async () => {
    const { github } = await stand()
    const back = new URL(await github.as('bob').authorize(addressOf(github)))
    expect(back.origin + back.pathname).toBe(CALLBACK)
    expect(toldBy(back.href)).toEqual({ code: expect.stringMatching(/^[0-9a-f]{20}$/), state: 'xyz' })
    const other = await github
      .as('bob')
      .authorize(addressOf(github, { redirect_uri: 'https://other.example/back' }))
    expect(other).toMatch(/^https:\/\/other\.example\/back\?code=/)
  })

  test.each([
    'https://countersign.example/board/signed-in/',
    'https://countersign.example/board/signed-in?next=1',
    'https://countersign.example/board/signed-in/../elsewhere',
    'https://countersign.example.evil.test/board/signed-in',
    'http://countersign.example/board/signed-in',
  ])('takes nobody to %s, which is no callback URL of the App', async (redirect_uri) => {
    const { github } = await stand()
    const back = await github.as('bob').authorize(addressOf(github, { redirect_uri }))
    expect(back.startsWith(`${CALLBACK}?`)).toBe(true)
    expect(toldBy(back)).toMatchObject({ error: 'redirect_uri_mismatch', state: 'xyz' })
  })

  test('tells the App of a person who says no, and is not there for an unknown client id', async () => {
    const { github } = await stand()
    const back = await github.as('bob').authorize(addressOf(github), 'cancel')
    expect(toldBy(back)).toEqual({
      error: 'access_denied',
      error_description: 'The user has denied your application access.',
      error_uri: expect.stringContaining('#access-denied'),
      state: 'xyz',
    })
    await refuses(github.as('bob').authorize(addressOf(github, { client_id: 'Iv1.unknown' })), 404)
  })

  test('is a form in a browser: choose who you are, then authorise or cancel', async () => {
    const { github } = await stand()
    servePages(github)
    const html = { headers: { accept: 'text/html' }, redirect: 'manual' as const }
    const address = addressOf(github)
    const nobody = await (await fetch(address, html)).text()
    expect(nobody).toContain('Choose who you are')
    expect(nobody).not.toContain('<form')
    expect(nobody).toContain(`?client_id=${github.app.clientId}&amp;state=xyz&amp;as=bob`)

    const shown = await fetch(`${address}&login=bob`, html)
    const page = await shown.text()
    expect(shown.headers.get('content-security-policy')).toContain(
      "form-action 'self' https://countersign.example;",
    )
    expect(page).toContain('You are <strong>bob</strong>')
    const [, action = ''] = /<form method="post" action="([^"]+)"/.exec(page) ?? []
    const press = (answer: string, origin = github.url) =>
      fetch(github.url + action.replaceAll('&amp;', '&'), {
        method: 'POST',
        body: new URLSearchParams({ answer }),
        headers: { origin },
        redirect: 'manual',
      })
    const pressed = await press('authorize')
    expect(pressed.status).toBe(302)
    const { code = '' } = toldBy(pressed.headers.get('location') ?? '')
    expect(await exchange(github, { code })).toMatchObject({ token_type: 'bearer' })
    expect(toldBy((await press('cancel')).headers.get('location') ?? '').error).toBe('access_denied')
    expect((await press('authorize', 'https://evil.test')).status).toBe(403)
    const wrong = await fetch(`${address}&redirect_uri=https://evil.test/`, html)
    expect([wrong.status, toldBy(wrong.headers.get('location') ?? '').error]).toEqual([
      302,
      'redirect_uri_mismatch',
    ])
    expect((await fetch(`${github.url}/login/oauth/authorize?client_id=none`, html)).status).toBe(404)
    conforms(github)
  })
})

describe('a code', () => {
  test('becomes a token of eight hours, without scopes', async () => {
    const { github } = await stand()
    expect(await exchange(github, { code: await codeFor(github, 'bob') })).toEqual({
      access_token: expect.stringMatching(/^ghu_\w{36}$/),
      expires_in: 28_800,
      refresh_token: expect.stringMatching(/^ghr_\w{76}$/),
      refresh_token_expires_in: 15_897_600,
      scope: '',
      token_type: 'bearer',
    })
    conforms(github)
  })

  test('counts once, for ten minutes, for its App and its callback only', async () => {
    const { github, clock } = await stand()
    const code = await codeFor(github, 'bob')
    const elsewhere = { code, redirect_uri: 'https://other.example/back' }
    expect((await exchange(github, elsewhere)).error).toBe('redirect_uri_mismatch')
    const other = github.createApp({ slug: 'other', callbackUrls: [CALLBACK] })
    const stolen = { code, client_id: other.clientId, client_secret: other.clientSecret }
    expect((await exchange(github, stolen)).error).toBe('bad_verification_code')
    expect((await exchange(github, { code, client_secret: 'guessed' })).error).toBe(
      'incorrect_client_credentials',
    )
    expect((await exchange(github, { code, redirect_uri: CALLBACK })).token_type).toBe('bearer')
    expect(await exchange(github, { code })).toEqual({
      error: 'bad_verification_code',
      error_description: 'The code passed is incorrect or expired.',
      error_uri: expect.stringContaining('#bad-verification-code'),
    })
    const late = await codeFor(github, 'bob')
    clock.now += 10 * 60_000
    expect((await exchange(github, { code: late })).error).toBe('bad_verification_code')
    conforms(github)
  })

  test('is exchanged by form and query too, and the answer is a form unless JSON is asked for', async () => {
    const { github } = await stand()
    const { clientId, clientSecret } = github.app
    const query = new URLSearchParams({ client_id: clientId, client_secret: clientSecret })
    const answer = await fetch(`${github.url}/login/oauth/access_token?${query}`, {
      method: 'POST',
      body: new URLSearchParams({ code: await codeFor(github, 'bob') }),
    })
    expect(answer.headers.get('content-type')).toMatch(/^application\/x-www-form-urlencoded/)
    const told = new URLSearchParams(await answer.text())
    expect(told.get('access_token')).toMatch(/^ghu_/)
    expect(told.get('scope')).toBe('')
    conforms(github)
  })

  test('is not exchanged below the API’s address', async () => {
    const { github } = await stand()
    const fields = { client_id: github.app.clientId, client_secret: github.app.clientSecret }
    expect((await request(github.apiUrl, null, 'POST', '/login/oauth/access_token', fields)).status).toBe(404)
  })

  test('GitHub’s own library signs a person in', async () => {
    const { github } = await stand()
    const { clientId, clientSecret } = github.app
    const to = new Octokit({ baseUrl: github.apiUrl }).request
    const app = {
      clientType: 'github-app',
      clientId,
      clientSecret,
      redirectUrl: CALLBACK,
      request: to,
    } as const
    const { url } = getWebFlowAuthorizationUrl({ ...app, state: 'abc' })
    const { code = '', state } = toldBy(await github.as('bob').authorize(url))
    expect(state).toBe('abc')
    const { authentication } = await exchangeWebFlowCode({ ...app, code })
    const { body } = await request(github.apiUrl, `token ${authentication.token}`, 'GET', '/user')
    expect(body.login).toBe('bob')
    conforms(github)
  })
})

describe('a person’s token through an App', () => {
  test('names the person until it expires, is taken back by the App, or by the person', async () => {
    const { github, clock } = await stand()
    const bob = await asUser(github, 'bob')
    expect((await bob('GET', '/user')).body).toMatchObject({ login: 'bob', type: 'User' })
    clock.now += 28_800_000
    expect((await bob('GET', '/user')).status).toBe(401)

    const token = await tokenFor(github, 'bob')
    const { clientId, clientSecret } = github.app
    const path = `/applications/${clientId}/token`
    const basic = (secret: string) => `basic ${btoa(`${clientId}:${secret}`)}`
    const take = (secret: string) =>
      request(github.apiUrl, basic(secret), 'DELETE', path, { access_token: token })
    expect((await take('guessed')).status).toBe(401)
    expect((await asPerson(github, 'bob')('DELETE', path, { access_token: token })).status).toBe(401)
    expect((await request(github.apiUrl, `Bearer ${token}`, 'GET', '/user')).status).toBe(200)
    expect((await take(clientSecret)).status).toBe(204)
    expect((await request(github.apiUrl, `Bearer ${token}`, 'GET', '/user')).status).toBe(401)
    expect((await take(clientSecret)).status).toBe(422)
    expect((await request(github.apiUrl, basic(clientSecret), 'GET', '/user')).status).toBe(401)

    const again = await asUser(github, 'bob')
    const hooks = await receive(github)
    await github.as('bob').revoke(github.app)
    await github.idle()
    expect((await again('GET', '/user')).status).toBe(401)
    expect(hooks.map((hook) => [hook.event, hook.body.action, hook.body.sender.login])).toEqual([
      ['github_app_authorization', 'revoked', 'bob'],
    ])
    conforms(github)
  })

  test('reaches a private repository only where both the person and an installation do', async () => {
    const { github } = await stand()
    await github.createRepo('acme', 'inside', { private: true, collaborators: { bob: 'write' } })
    await github.createRepo('acme', 'outside', { private: true, collaborators: { bob: 'write' } })
    await github.createRepo('bob', 'own', { private: true })
    const [one] = github.state.installations.values()
    if (one === undefined) throw new Error('not installed')
    github.changeInstallation(one, { add: [github.repo('acme/inside').id] })
    const bob = await asUser(github, 'bob')
    const rita = await asUser(github, 'rita')
    const read = async (who: typeof bob, name: string) => (await who('GET', `/repos/${name}`)).status
    expect(await read(bob, 'acme/inside')).toBe(200)
    expect(await read(rita, 'acme/inside')).toBe(404)
    expect(await read(bob, 'acme/outside')).toBe(404)
    expect(await read(bob, 'bob/own')).toBe(404)
    expect((await asPerson(github, 'bob')('GET', '/repos/acme/outside')).status).toBe(200)
    // Everybody reads what is public.
    expect(await read(rita, 'acme/shop')).toBe(200)

    github.setRole('acme/inside', 'bob', 'none')
    expect(await read(bob, 'acme/inside')).toBe(404)
    github.setRole('acme/inside', 'bob', 'read')
    expect(await read(bob, 'acme/inside')).toBe(200)
    github.endInstallation(one, 'suspend')
    expect(await read(bob, 'acme/inside')).toBe(404)
    conforms(github)
  })

  test('shows the person’s own permissions', async () => {
    const { github } = await stand()
    const permissions = async (login: string) =>
      (await (await asUser(github, login))('GET', '/repos/acme/shop')).body.permissions
    const none = { admin: false, maintain: false, push: false, triage: false, pull: true }
    expect(await permissions('sam')).toEqual(none)
    expect(await permissions('tess')).toEqual({ ...none, triage: true })
    expect(await permissions('bob')).toEqual({ ...none, triage: true, push: true })
    conforms(github)
  })

  test('acts on nothing, by API, GraphQL or git', async () => {
    const { github } = await stand()
    const bob = await asUser(github, 'bob')
    expect((await bob('POST', '/repos/acme/shop/issues', { title: 'x' })).status).toBe(403)
    expect((await bob('GET', '/repos/acme/shop/issues')).status).toBe(403)
    expect((await bob('POST', '/graphql', { query: '{ __typename }' })).status).toBe(403)
    const git = '/acme/shop.git/info/refs?service=git-receive-pack'
    const basic = btoa(`x-access-token:${await tokenFor(github, 'bob')}`)
    expect((await request(github.url, `basic ${basic}`, 'GET', git)).status).toBe(403)
  })

  test('lists installations and repositories that somebody gave the person a role on, in pages', async () => {
    const { github } = await stand()
    for (let n = 0; n < 3; n += 1)
      await github.createRepo('acme', `closed-${n}`, { private: true, collaborators: { bob: 'read' } })
    await github.createRepo('acme', 'public')
    github.createOrg('elsewhere')
    await github.createRepo('elsewhere', 'open')
    github.installApp(github.app, 'elsewhere')
    const other = github.createApp({ slug: 'other' })
    github.installApp(other, 'acme')

    const bob = await asUser(github, 'bob')
    const { body } = await bob('GET', '/user/installations')
    expect(body.installations.map((one: Body) => [one.app_slug, one.account.login])).toEqual([
      ['countersign', 'acme'],
    ])
    const id = body.installations[0].id
    const listed = async (page: number) => {
      const answer = await bob('GET', `/user/installations/${id}/repositories?per_page=2&page=${page}`)
      return { names: answer.body.repositories.map((one: Body) => one.name), ...answer }
    }
    const first = await listed(1)
    expect([first.names, first.body.total_count]).toEqual([['shop', 'closed-0'], 4])
    expect(first.body.repositories[0].permissions).toMatchObject({ push: true, maintain: false })
    expect(first.headers.get('link')).toContain('rel="next"')
    expect((await listed(2)).names).toEqual(['closed-1', 'closed-2'])

    const sam = await asUser(github, 'sam')
    expect((await sam('GET', '/user/installations')).body).toEqual({ total_count: 0, installations: [] })
    expect((await sam('GET', `/user/installations/${id}/repositories`)).status).toBe(404)
    expect((await asPerson(github, 'bob')('GET', '/user/installations')).status).toBe(403)
    expect((await asApp(github)('GET', '/user/installations')).status).toBe(403)

    const one = github.state.installations.get(id)
    if (one === undefined) throw new Error('not installed')
    github.endInstallation(one, 'suspend')
    const suspended = await bob('GET', '/user/installations')
    expect(suspended.body.installations[0].suspended_at).not.toBeNull()
    expect((await bob('GET', `/user/installations/${id}/repositories`)).status).toBe(403)
    conforms(github)
  })
})
