/** Webhooks and faults: signed, in order, recorded, redeliverable; lost, doubled, late and cut on demand. */
import { describe, expect, test } from '@jest/globals'
import {
  asApp,
  asInstallation,
  asPerson,
  conforms,
  mint,
  names,
  REPO,
  receive,
  request,
  world,
} from './github.ts'

const at = (path: string) => `/repos/${REPO}${path}`

describe('deliveries', () => {
  test('are signed, carry a GUID, the event and the installation, and keep their order', async () => {
    const github = await world()
    const hooks = await receive(github)
    for (let i = 0; i < 5; i++) await github.as('bob').openIssue(REPO, { title: `n${i}` })
    await github.idle()
    expect(hooks.map((h) => h.body.issue.title)).toEqual(['n0', 'n1', 'n2', 'n3', 'n4'])
    expect(new Set(hooks.map((h) => h.guid)).size).toBe(5)
    expect(hooks.every((h) => h.signed && h.body.installation.id > 0)).toBe(true)
    conforms(github)
  })

  test('that failed are listed and come again with the same GUID when asked for', async () => {
    const github = await world()
    let up = false
    const hooks = await receive(github, () => (up ? 200 : 503))
    await github.as('bob').openIssue(REPO, { title: 'x' })
    await github.idle()
    const app = asApp(github)
    const failed = await app('GET', '/app/hook/deliveries?status=failure')
    expect(failed.body).toMatchObject([
      { event: 'issues', action: 'opened', status_code: 503, redelivery: false },
    ])
    up = true
    expect((await app('POST', `/app/hook/deliveries/${failed.body[0].id}/attempts`)).status).toBe(202)
    await github.idle()
    expect(hooks.map((h) => h.guid)).toEqual([failed.body[0].guid, failed.body[0].guid])
    expect(hooks[1]?.body).toEqual(hooks[0]?.body)
    const all = await app('GET', '/app/hook/deliveries')
    expect(
      all.body.map((d: { redelivery: boolean; status_code: number }) => [d.redelivery, d.status_code]),
    ).toEqual([
      [true, 200],
      [false, 503],
    ])
    const one = await app('GET', `/app/hook/deliveries/${failed.body[0].id}`)
    expect(one.body.request.payload.action).toBe('opened')
    conforms(github)
  })

  test('are paged by cursor, newest first', async () => {
    const github = await world()
    await receive(github)
    for (let i = 0; i < 3; i++) await github.as('bob').openIssue(REPO, { title: `n${i}` })
    await github.idle()
    const app = asApp(github)
    const first = await app('GET', '/app/hook/deliveries?per_page=2')
    const next = /<[^>]*\?([^>]*)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1]
    const second = await app('GET', `/app/hook/deliveries?${next}`)
    expect([first.body.length, second.body.length]).toEqual([2, 1])
    expect(first.body[0].id).toBeGreaterThan(second.body[0].id)
  })

  test('an App hears only of events it subscribed to, with the permission for them, in repositories it is installed on', async () => {
    const github = await world()
    await github.createRepo('acme', 'other', { collaborators: { bob: 'write' } })
    const deaf = github.createApp({
      slug: 'deaf',
      permissions: { contents: 'read' },
      events: ['issues', 'push'],
    })
    github.installApp(deaf, 'acme', { repos: ['other'] })
    const hooks = await receive(github, () => 200, deaf)
    await github.as('bob').openIssue('acme/other', { title: 'x' })
    await github.as('bob').push('acme/other', 'one', { files: { a: 'a' } })
    await github.as('bob').push(REPO, 'one', { files: { a: 'a' } })
    await github.idle()
    expect(names(hooks)).toEqual(['push'])
    expect(hooks[0]?.body.repository.name).toBe('other')
  })

  test('an installation and its change of repositories are told to the App', async () => {
    const github = await world()
    const app = github.createApp({ slug: 'late', permissions: { issues: 'read' } })
    const hooks = await receive(github, () => 200, app)
    const one = github.installApp(app, 'acme', { repos: ['shop'] })
    const more = await github.createRepo('acme', 'more')
    github.changeInstallation(one, { add: [more.id], by: 'alice' })
    await github.idle()
    expect(names(hooks)).toEqual(['installation.created', 'installation_repositories.added'])
    expect(hooks[1]?.body.repositories_added[0].full_name).toBe('acme/more')
    conforms(github)
  })
})

describe('webhook faults', () => {
  const three = async (github: Awaited<ReturnType<typeof world>>) => {
    for (const title of ['a', 'b', 'c']) await github.as('bob').openIssue(REPO, { title })
    await github.idle()
  }
  const title = (h: { body: { issue: { title: string } } }) => h.body.issue.title
  const second = (w: { payload: Record<string, unknown> }) =>
    (w.payload.issue as { title: string }).title === 'b'

  test('duplicate: twice with one GUID', async () => {
    const github = await world()
    const hooks = await receive(github)
    github.faults.webhook({ kind: 'duplicate', when: second })
    await three(github)
    expect(hooks.map(title)).toEqual(['a', 'b', 'b', 'c'])
    expect(hooks[1]?.guid).toBe(hooks[2]?.guid)
  })

  test('lose: never arrives, but can be asked for again', async () => {
    const github = await world()
    const hooks = await receive(github)
    github.faults.webhook({ kind: 'lose', when: second })
    await three(github)
    expect(hooks.map(title)).toEqual(['a', 'c'])
    const failed = await asApp(github)('GET', '/app/hook/deliveries?status=failure')
    await asApp(github)('POST', `/app/hook/deliveries/${failed.body[0].id}/attempts`)
    await github.idle()
    expect(hooks.map(title)).toEqual(['a', 'c', 'b'])
  })

  test('delay, reorder and hold change when it arrives', async () => {
    const github = await world()
    const hooks = await receive(github)
    github.faults.webhook({ kind: 'delay', ms: 50, when: second })
    await three(github)
    expect(hooks.splice(0).map(title)).toEqual(['a', 'c', 'b'])
    github.faults.webhook({ kind: 'hold', when: second })
    await three(github)
    expect(hooks.map(title)).toEqual(['a', 'c'])
    github.faults.release()
    await github.idle()
    expect(hooks.splice(0).map(title)).toEqual(['a', 'c', 'b'])
    github.faults.webhook({ kind: 'reorder', when: second })
    await three(github)
    expect([
      ['a', 'c', 'b'],
      ['a', 'b', 'c'],
    ]).toContainEqual(hooks.map(title))
  })

  test('reorder swaps two that are waiting together', async () => {
    const github = await world()
    const { promise: gate, resolve: release } = Promise.withResolvers<void>()
    const hooks = await receive(github, async () => {
      await gate
      return 200
    })
    github.faults.webhook({ kind: 'reorder', when: second })
    for (const one of ['a', 'b', 'c']) await github.as('bob').openIssue(REPO, { title: one })
    release()
    await github.idle()
    expect(hooks.map(title)).toEqual(['a', 'c', 'b'])
  })
})

describe('REST faults', () => {
  const open = {
    when: (r: { method: string; path: string }) => r.method === 'POST' && r.path.endsWith('/issues'),
  }

  test('an error is answered so many times, then all is well; people are never disturbed', async () => {
    const github = await world()
    const app = await asInstallation(github)
    github.faults.rest({ ...open, kind: 'error', status: 502, count: 2 })
    expect((await asPerson(github, 'bob')('POST', at('/issues'), { title: 'x' })).status).toBe(201)
    const statuses = []
    for (let i = 0; i < 3; i++) statuses.push((await app('POST', at('/issues'), { title: 'x' })).status)
    expect(statuses).toEqual([502, 502, 201])
    expect(github.requests.filter((r) => r.fault === 'error')).toHaveLength(2)
  })

  test.each([
    [403, 7, '7'],
    [429, undefined, null],
  ] as const)('the secondary limit answers %s with retry-after %s', async (status, retryAfterS, header) => {
    const github = await world()
    const app = await asInstallation(github)
    github.faults.rest({
      ...open,
      kind: 'secondary-limit',
      status,
      ...(retryAfterS === undefined ? {} : { retryAfterS }),
    })
    const answer = await app('POST', at('/issues'), { title: 'x' })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, header])
    expect(answer.body.message).toMatch(/secondary rate limit/)
  })

  test('applied but answer lost: it happened and the connection broke', async () => {
    const github = await world()
    const app = await asInstallation(github)
    github.faults.rest({ ...open, kind: 'applied-but-lost' })
    await expect(app('POST', at('/issues'), { title: 'kept' })).rejects.toThrow()
    expect([...github.state.issues.values()].map((i) => i.title)).toEqual(['kept'])
  })

  test('cut: it did not happen; slow: it took its time', async () => {
    const github = await world()
    const app = await asInstallation(github)
    github.faults.rest({ ...open, kind: 'cut' })
    await expect(app('POST', at('/issues'), { title: 'never' })).rejects.toThrow()
    expect(github.state.issues.size).toBe(0)
    github.faults.rest({ ...open, kind: 'slow', ms: 80 })
    const started = performance.now()
    expect((await app('POST', at('/issues'), { title: 'late' })).status).toBe(201)
    expect(performance.now() - started).toBeGreaterThan(75)
  })

  test('a fault can hit the minting of tokens', async () => {
    const github = await world()
    github.faults.rest({ kind: 'error', status: 500, when: (r) => r.path.endsWith('/access_tokens') })
    expect((await mint(github)).status).toBe(500)
    expect((await mint(github)).status).toBe(201)
  })
})

test('a manifest code is converted once, with the key and secrets of the new App', async () => {
  const github = await world()
  const code = github.offerManifest({ slug: 'fresh', permissions: { issues: 'write' }, events: ['issues'] })
  const first = await request(github.apiUrl, null, 'POST', `/app-manifests/${code}/conversions`)
  expect([first.status, first.body.slug]).toEqual([201, 'fresh'])
  expect(first.body.pem).toMatch(/PRIVATE KEY/)
  expect((await request(github.apiUrl, null, 'POST', `/app-manifests/${code}/conversions`)).status).toBe(404)
  conforms(github)
})
