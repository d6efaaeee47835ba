/** Who may do what: App JWTs, installation tokens and their narrowing, roles of people. */
import { describe, expect, test } from '@jest/globals'
import { createAppAuth } from '@octokit/auth-app'
import { Octokit } from '@octokit/rest'
import { asApp, asInstallation, asPerson, conforms, jwt, mint, REPO, request, world } from './github.ts'

const at = (path: string) => `/repos/${REPO}${path}`

describe('an App proves itself', () => {
  test('a JWT signed by the App names it', async () => {
    const github = await world()
    const { status, body } = await asApp(github)('GET', '/app')
    expect([status, body.slug, body.id]).toEqual([200, 'countersign', github.app.id])
    conforms(github)
  })

  test.each([
    ['expired', { exp: Math.floor(Date.now() / 1000) - 1 }],
    ['valid for longer than ten minutes', { exp: Math.floor(Date.now() / 1000) + 3600 }],
    ['from an unknown issuer', { iss: 1 }],
  ])('a JWT that is %s is refused', async (_, claims) => {
    const github = await world()
    expect((await request(github.apiUrl, `Bearer ${jwt(github.app, claims)}`, 'GET', '/app')).status).toBe(
      401,
    )
  })

  test('a JWT signed with another key is refused', async () => {
    const github = await world()
    const other = github.createApp({ slug: 'other' })
    const forged = jwt({ ...other, id: github.app.id })
    expect((await request(github.apiUrl, `Bearer ${forged}`, 'GET', '/app')).status).toBe(401)
  })

  test('the real Octokit with App authentication works against it', async () => {
    const github = await world()
    const installation = [...github.state.installations.values()][0]
    const octokit = new Octokit({
      baseUrl: github.apiUrl,
      authStrategy: createAppAuth,
      auth: { appId: github.app.id, privateKey: github.app.privateKeyPem, installationId: installation?.id },
    })
    const { data } = await octokit.rest.repos.get({ owner: 'acme', repo: 'shop' })
    expect(data.default_branch).toBe('main')
    await octokit.rest.issues.create({ owner: 'acme', repo: 'shop', title: 'from an App' })
    const paths = (await octokit.paginate('GET /repos/{owner}/{repo}/contents/{path}', {
      owner: 'acme',
      repo: 'shop',
      path: 'src',
    })) as { path: string }[]
    expect(paths.map((p) => p.path)).toEqual(['src/cart.ts'])
    conforms(github)
  })
})

describe('installation tokens', () => {
  test('last one hour by the clock', async () => {
    let now = Date.now()
    const github = await world({ clock: { now: () => now } })
    const app = await asInstallation(github)
    expect((await app('GET', at(''))).status).toBe(200)
    now += 3_600_000
    expect((await app('GET', at(''))).status).toBe(401)
  })

  test('are narrowed to repositories: another public one answers 403, another private one 404', async () => {
    const github = await world()
    await github.createRepo('acme', 'open')
    await github.createRepo('acme', 'closed', { private: true })
    const app = await asInstallation(github, { repositories: ['shop'] })
    expect((await app('GET', '/repos/acme/shop')).status).toBe(200)
    const refused = await app('POST', '/repos/acme/open/issues', { title: 'x' })
    expect([refused.status, refused.body.message]).toEqual([403, 'Resource not accessible by integration'])
    expect((await app('GET', '/repos/acme/closed')).status).toBe(404)
    const listed = await app('GET', '/installation/repositories')
    expect(listed.body.repositories.map((r: { name: string }) => r.name)).toEqual(['shop'])
    conforms(github)
  })

  test('are narrowed to permissions: a write without the permission answers 403', async () => {
    const github = await world()
    const app = await asInstallation(github, { permissions: { issues: 'read', contents: 'read' } })
    expect((await app('GET', at('/issues'))).status).toBe(200)
    expect((await app('POST', at('/issues'), { title: 'x' })).status).toBe(403)
    expect((await app('POST', at('/check-runs'), { name: 'x', head_sha: '0'.repeat(40) })).status).toBe(403)
    conforms(github)
  })

  test('asking for more than the installation has answers 422', async () => {
    const github = await world()
    expect((await mint(github, { permissions: { administration: 'write' } })).status).toBe(422)
    expect((await mint(github, { repositories: ['nowhere'] })).status).toBe(422)
    conforms(github)
  })

  test('can be given back, and are refused from then on', async () => {
    const github = await world()
    const app = await asInstallation(github)
    expect((await app('DELETE', '/installation/token')).status).toBe(204)
    expect((await app('GET', at(''))).status).toBe(401)
    conforms(github)
  })

  test('of a suspended installation are refused', async () => {
    const github = await world()
    const app = await asInstallation(github)
    const [one] = github.state.installations.values()
    if (one === undefined) throw new Error('not installed')
    github.endInstallation(one, 'suspend')
    expect((await app('GET', at(''))).status).toBe(403)
    github.endInstallation(one, 'unsuspend')
    expect((await app('GET', at(''))).status).toBe(200)
    conforms(github)
  })

  test('of one App cannot be minted by another', async () => {
    const github = await world()
    const other = github.createApp({ slug: 'other' })
    const id = [...github.state.installations.keys()][0]
    expect((await asApp(github, other)('POST', `/app/installations/${id}/access_tokens`)).status).toBe(404)
  })
})

describe('people', () => {
  test.each([
    ['mia', 'write', 'maintain'],
    ['bob', 'write', 'write'],
    ['tess', 'read', 'triage'],
    ['rita', 'read', 'read'],
    ['alice', 'admin', 'admin'],
    ['sam', 'read', 'read'],
  ])("%s's permission is folded to %s, role_name keeps %s", async (login, permission, role) => {
    const github = await world()
    const app = await asInstallation(github)
    const { body } = await app('GET', at(`/collaborators/${login}/permission`))
    expect([body.permission, body.role_name]).toEqual([permission, role])
    conforms(github)
  })

  test('a private repository does not exist for a stranger', async () => {
    const github = await world()
    await github.createRepo('acme', 'closed', { private: true })
    expect((await asPerson(github, 'sam')('GET', '/repos/acme/closed')).status).toBe(404)
    expect((await request(github.apiUrl, null, 'GET', '/repos/acme/closed')).status).toBe(404)
  })

  test('team membership is active or pending, and members of a child team count for the parent', async () => {
    const github = await world()
    github.createTeam('acme', 'engineers', { members: ['bob'], pending: ['sam'] })
    github.createTeam('acme', 'seniors', { members: ['wendy'], parent: 'engineers' })
    const app = await asInstallation(github)
    const state = async (login: string) => {
      const { status, body } = await app('GET', `/orgs/acme/teams/engineers/memberships/${login}`)
      return status === 200 ? body.state : status
    }
    expect([await state('bob'), await state('sam'), await state('wendy'), await state('rita')]).toEqual([
      'active',
      'pending',
      'active',
      404,
    ])
    conforms(github)
  })

  test('a user is found by numeric id, which a rename would keep', async () => {
    const github = await world()
    const bob = github.createUser('robert')
    const { body } = await request(github.apiUrl, null, 'GET', `/user/${bob.id}`)
    expect(body.login).toBe('robert')
    conforms(github)
  })
})

test('the small routes answer in their described form', async () => {
  const github = await world()
  github.createTeam('acme', 'engineers', { members: ['bob'] })
  const app = await asInstallation(github)
  const issue = await github.as('bob').openIssue(REPO, { title: 'x' })
  const assigned = await app('POST', at(`/issues/${issue.number}/assignees`), { assignees: ['bob'] })
  expect(assigned.body.assignees.map((a: { login: string }) => a.login)).toEqual(['bob'])
  const sha = (await app('GET', at('/branches/main'))).body.commit.sha
  expect((await app('GET', at(`/commits/${sha}/branches-where-head`))).body[0].name).toBe('main')
  for (const path of [
    '/rate_limit',
    '/meta',
    '/orgs/acme/teams',
    '/orgs/acme/teams/engineers',
    '/orgs/acme/members',
    '/orgs/acme/memberships/alice',
    at('/collaborators'),
    at('/labels'),
    at('/branches'),
    at('/commits'),
    at('/installation'),
  ]) {
    const answer = await (path.endsWith('/installation') ? asApp(github) : app)('GET', path)
    expect([path, answer.status]).toEqual([path, 200])
  }
  expect((await asApp(github)('GET', '/app/hook/config')).body.url).toBe('')
  conforms(github)
})

describe('the shape of every answer', () => {
  test('carries limits and a request id, and an unchanged read answers 304', async () => {
    const github = await world({ rateLimit: 3 })
    const app = await asInstallation(github)
    const first = await app('GET', at(''))
    expect(first.headers.get('x-ratelimit-remaining')).toBe('2')
    expect(first.headers.get('x-github-request-id')).toBeTruthy()
    const again = await app('GET', at(''), undefined, { 'if-none-match': first.headers.get('etag') ?? '' })
    expect(again.status).toBe(304)
    await app('GET', at(''))
    expect((await app('GET', at(''))).status).toBe(403)
  })

  test('lists are paged with Link headers', async () => {
    const github = await world()
    for (let i = 0; i < 5; i++) await github.as('bob').openIssue(REPO, { title: `issue ${i}` })
    const app = await asInstallation(github)
    const page = await app('GET', at('/issues?per_page=2&page=2'))
    expect(page.body).toHaveLength(2)
    const link = page.headers.get('link') ?? ''
    for (const rel of ['next', 'prev', 'first', 'last']) expect(link).toContain(`rel="${rel}"`)
    conforms(github)
  })

  test('a route that does not exist is recorded as a violation', async () => {
    const github = await world()
    const answer = await (await asInstallation(github))('GET', at('/no-such-thing'))
    expect([answer.status, answer.headers.get('x-world-violation')]).toEqual([404, 'unknown-route'])
    expect(github.violations.map((v) => v.kind)).toEqual(['unknown-route'])
  })

  test('each request is logged with its caller, template and what the token was narrowed to', async () => {
    const github = await world()
    const app = await asInstallation(github, { repositories: ['shop'], permissions: { issues: 'write' } })
    await app('POST', at('/issues'), { title: 'x' })
    const entry = github.requests.at(-1)
    expect(entry).toMatchObject({
      template: '/repos/{owner}/{repo}/issues',
      actor: 'countersign[bot]',
      status: 201,
    })
    expect(entry?.token).toEqual({
      repositoryIds: [github.repo(REPO).id],
      permissions: { issues: 'write', metadata: 'read' },
    })
  })
})
