/** People who look at the board: signing in, what GitHub shows them, and how both end. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createViewers } from '../../../src/adapters/github/viewers.ts'
import { RetryLater } from '../../../src/core/errors.ts'
import type { Viewers } from '../../../src/core/ports.ts'
import { type Bench, silent, startBench } from './support.ts'

const callback = 'https://countersign.example/board/signed-in'

let bench: Bench
let viewers: Viewers
const viewersOf = (more: { clientSecret?: string; timeoutMs?: number } = {}) =>
  createViewers({
    credentials: { clientId: bench.world.app.clientId, clientSecret: bench.world.app.clientSecret, ...more },
    baseUrl: bench.world.apiUrl,
    clock: bench.clock,
    log: silent,
    metrics: bench.counts,
    onSecret: (secret) => bench.secrets.push(secret),
    ...(more.timeoutMs === undefined ? {} : { timeoutMs: more.timeoutMs }),
  })

beforeEach(async () => {
  bench = await startBench()
  bench.world.setCallbackUrls([callback])
  viewers = viewersOf()
})
afterEach(() => bench.close())

/** What the browser brings back from GitHub. */
async function codeFor(login: string): Promise<string> {
  const back = await bench.world.as(login).authorize(viewers.address({ state: 's', callback }))
  return new URL(back).searchParams.get('code') ?? ''
}

async function tokenFor(login: string): Promise<string> {
  const signedIn = await viewers.signIn({ code: await codeFor(login), callback })
  if (signedIn === null) throw new Error(`${login} was not signed in`)
  return signedIn.token
}

const isOn = (path: string) => (request: { path: string }) => request.path === path
const tokensLeft = () => bench.world.state.userTokens.size

/** Many repositories without the cost of their git: what is listed of them is in their records. */
function records(count: number, of: string, names: (index: number) => string): void {
  const { state, site } = bench.world
  const model = bench.world.repo(of)
  for (let index = 0; index < count; index += 1) {
    const id = site.nextId()
    state.repos.set(id, { ...model, id, name: names(index) })
  }
}

describe('T36: signing in', () => {
  test('leads to GitHub with our state and callback, and ends with who it is and until when', async () => {
    const address = new URL(viewers.address({ state: 'a&b', callback }))
    expect(address.origin + address.pathname).toBe(`${bench.world.url}/login/oauth/authorize`)
    expect(Object.fromEntries(address.searchParams)).toMatchObject({
      client_id: bench.world.app.clientId,
      redirect_uri: callback,
      state: 'a&b',
    })
    expect(await viewers.signIn({ code: await codeFor('lin'), callback })).toEqual({
      account: { id: expect.any(Number), login: 'lin', type: 'User' },
      token: expect.stringMatching(/^ghu_/),
      expiresMs: bench.clock.nowMs() + 8 * 3_600_000,
    })
    expect(bench.counts.take()).toEqual({ token: 1, read: 1 })
  })

  test('is nothing with a code that is wrong, used or old', async () => {
    expect(await viewers.signIn({ code: 'guessed', callback })).toBeNull()
    const code = await codeFor('lin')
    expect(await viewers.signIn({ code, callback })).not.toBeNull()
    expect(await viewers.signIn({ code, callback })).toBeNull()
    const old = await codeFor('lin')
    bench.clock.advance(10 * 60_000)
    expect(await viewers.signIn({ code: old, callback })).toBeNull()
  })

  test('names the setting that is wrong', async () => {
    const code = await codeFor('lin')
    await expect(viewersOf({ clientSecret: 'guessed' }).signIn({ code, callback })).rejects.toMatchObject({
      name: 'Terminal',
      forUser: expect.stringMatching(/does not accept GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET/),
    })
    const elsewhere = 'https://countersign.example/elsewhere'
    await expect(viewers.signIn({ code, callback: elsewhere })).rejects.toMatchObject({
      forUser: expect.stringMatching(
        /nobody back to https:\/\/countersign\.example\/elsewhere.*COUNTERSIGN_URL/,
      ),
    })
  })

  test('O5: the log knows every token, at each use and the one that refreshes too', async () => {
    const token = await tokenFor('lin')
    expect(bench.secrets).toContain(token)
    expect(bench.secrets.filter((secret) => secret.startsWith('ghr_'))).toHaveLength(1)
    bench.secrets.length = 0
    await viewers.mayRead(token, bench.name)
    expect(bench.secrets).toEqual([token])
  })

  test('leaves no token behind when GitHub does not say whose it is', async () => {
    const code = await codeFor('lin')
    bench.world.faults.rest({ kind: 'error', status: 503, when: isOn('/user') })
    await expect(viewers.signIn({ code, callback })).rejects.toBeInstanceOf(RetryLater)
    expect(tokensLeft()).toBe(0)
  })

  test('lasts eight hours where GitHub names no end', async () => {
    const { app, state } = bench.world
    bench.world.route('POST', '/login/oauth/access_token', { permission: 'public' }, () => {
      const one = { token: 'ghu_without_end', appId: app.id, expiresAtMs: Number.POSITIVE_INFINITY }
      const [lin] = [...state.accounts.values()].filter(({ login }) => login === 'lin')
      state.userTokens.set(one.token, { ...one, accountId: lin?.id ?? 0 })
      return { status: 200, body: { access_token: one.token, scope: '', token_type: 'bearer' } }
    })
    const signedIn = await viewers.signIn({ code: 'any', callback })
    expect(signedIn).toMatchObject({
      account: { login: 'lin' },
      expiresMs: bench.clock.nowMs() + 8 * 3_600_000,
    })
  })
})

describe('T36: a token ends', () => {
  test('after its eight hours', async () => {
    const token = await tokenFor('lin')
    bench.clock.advance(8 * 3_600_000 - 1)
    expect(await viewers.mayRead(token, bench.name)).toBe('yes')
    bench.clock.advance(1)
    expect(await viewers.mayRead(token, bench.name)).toBe('gone')
    expect(await viewers.repositories(token)).toBeNull()
  })

  test('when the person takes the authorisation back', async () => {
    const token = await tokenFor('lin')
    await bench.world.as('lin').revoke(bench.world.app)
    expect(await viewers.mayRead(token, bench.name)).toBe('gone')
    expect(await viewers.repositories(token)).toBeNull()
  })

  test('when the person signs out, and whatever GitHub says to that', async () => {
    const token = await tokenFor('lin')
    const other = await tokenFor('lin')
    await viewers.signOut(token)
    expect(await viewers.mayRead(token, bench.name)).toBe('gone')
    expect(await viewers.mayRead(other, bench.name)).toBe('yes')
    await viewers.signOut(token)
    bench.world.faults.rest({ kind: 'cut', when: ({ method }) => method === 'DELETE' })
    await viewers.signOut(other)
  })
})

describe('T36: what a person may open', () => {
  test.each([
    ['ada', 'private', 'yes'],
    ['rex', 'private', 'yes'],
    ['eve', 'private', 'no'],
    ['ada', 'public', 'yes'],
    ['tess', 'public', 'yes'],
    ['rex', 'public', 'no'],
    ['eve', 'public', 'no'],
  ])('%s, of a %s repository: %s', async (login, kind, answer) => {
    const { world } = bench
    for (const one of ['eve', 'tess']) world.createUser(one)
    await world.createRepo('acme', 'open', {
      collaborators: { ada: 'admin', tess: 'triage', rex: 'read' },
    })
    const name = kind === 'private' ? 'acme/shop' : 'acme/open'
    const token = await tokenFor(login)
    expect(await viewers.mayRead(token, name)).toBe(answer)
    expect((await viewers.repositories(token))?.includes(name)).toBe(answer === 'yes')
  })

  test('ends with the role, at the next look', async () => {
    const token = await tokenFor('lin')
    expect(await viewers.mayRead(token, 'acme/shop')).toBe('yes')
    bench.world.setRole('acme/shop', 'lin', 'none')
    expect(await viewers.mayRead(token, 'acme/shop')).toBe('no')
    expect(await viewers.repositories(token)).toEqual([])
  })

  test('is named as it is now, in whatever case; its old name, and none, are nothing', async () => {
    const token = await tokenFor('lin')
    bench.world.renameRepo('acme/shop', 'store')
    expect(await viewers.mayRead(token, 'acme/shop')).toBe('no')
    expect(await viewers.mayRead(token, 'acme/store')).toBe('yes')
    expect(await viewers.mayRead(token, 'Acme/Store')).toBe('yes')
    expect(await viewers.mayRead(token, 'acme/nothing')).toBe('no')
  })

  test('is nothing outside of the installations, or in one that is suspended', async () => {
    const { world } = bench
    await world.createRepo('acme', 'vault', { private: true, collaborators: { lin: 'admin' } })
    const [one] = world.state.installations.values()
    if (one === undefined) throw new Error('not installed')
    world.changeInstallation(one, { add: [world.repo('acme/shop').id] })
    const token = await tokenFor('lin')
    expect(await viewers.mayRead(token, 'acme/vault')).toBe('no')
    expect(await viewers.repositories(token)).toEqual(['acme/shop'])
    const listing = isOn(`/user/installations/${one.id}/repositories`)
    world.faults.rest({ kind: 'error', status: 404, when: listing })
    expect(await viewers.repositories(token)).toEqual([])
    world.endInstallation(one, 'suspend')
    expect(await viewers.mayRead(token, 'acme/shop')).toBe('no')
    bench.counts.take()
    expect(await viewers.repositories(token)).toEqual([])
    expect(bench.counts.take()).toEqual({ read: 1 })
  })

  test('is listed from all pages of all installations, sorted by name', async () => {
    const { world } = bench
    world.createOrg('beta')
    await world.createRepo('beta', 'Zoo', { private: true, collaborators: { lin: 'read' } })
    await world.createRepo('beta', 'alpha', { private: true, collaborators: { lin: 'read' } })
    world.installApp(world.app, 'beta')
    records(230, 'acme/shop', (index) => `shop-${String(999 - index)}`)
    const token = await tokenFor('lin')
    bench.counts.take()
    const listed = await viewers.repositories(token)
    expect(listed).toHaveLength(233)
    expect(listed?.slice(0, 2)).toEqual(['acme/shop', 'acme/shop-770'])
    expect(listed?.slice(-3)).toEqual(['acme/shop-999', 'beta/alpha', 'beta/Zoo'])
    expect(bench.counts.take()).toEqual({ read: 1 + 3 + 1 })
  })

  test('is listed up to a thousand', async () => {
    records(1050, 'acme/shop', (index) => `shop-${index}`)
    const token = await tokenFor('lin')
    bench.counts.take()
    const listed = await viewers.repositories(token)
    expect(new Set(listed).size).toBe(1000)
    expect(bench.counts.take()).toEqual({ read: 11 })
  })
})

describe('when GitHub is limited or out', () => {
  const onShop = isOn('/repos/acme/shop')

  test('the answer is to come back later, never yes or no', async () => {
    const token = await tokenFor('lin')
    for (const fault of [
      { kind: 'error', status: 503 },
      { kind: 'cut' },
      { kind: 'primary-limit', resetInS: 60 },
      { kind: 'secondary-limit', status: 429, retryAfterS: 60 },
    ] as const) {
      bench.world.faults.rest({ ...fault, when: onShop })
      await expect(viewers.mayRead(token, bench.name)).rejects.toBeInstanceOf(RetryLater)
      bench.clock.advance(60_000)
    }
    bench.world.faults.rest({ kind: 'error', status: 502, when: isOn('/user/installations') })
    await expect(viewers.repositories(token)).rejects.toBeInstanceOf(RetryLater)
    bench.world.faults.rest({ kind: 'cut', when: isOn('/login/oauth/access_token') })
    const code = await codeFor('lin')
    await expect(viewers.signIn({ code, callback })).rejects.toBeInstanceOf(RetryLater)
  })

  test('one person’s limit is waited out, and holds up nobody else', async () => {
    const [lin, ada] = [await tokenFor('lin'), await tokenFor('ada')]
    bench.world.faults.rest({ kind: 'secondary-limit', status: 403, retryAfterS: 30, when: onShop })
    await expect(viewers.mayRead(lin, bench.name)).rejects.toMatchObject({ retryAfterMs: 30_000 })
    bench.clock.advance(10_000)
    bench.counts.take()
    await expect(viewers.mayRead(lin, bench.name)).rejects.toMatchObject({ retryAfterMs: 20_000 })
    expect(bench.counts.take()).toEqual({})
    expect(await viewers.mayRead(ada, bench.name)).toBe('yes')
    bench.clock.advance(20_000)
    expect(await viewers.mayRead(lin, bench.name)).toBe('yes')
  })

  test('a request that is never answered ends', async () => {
    const token = await tokenFor('lin')
    bench.world.faults.stall({ at: 'received', when: onShop, reached: () => undefined })
    await expect(viewersOf({ timeoutMs: 200 }).mayRead(token, bench.name)).rejects.toBeInstanceOf(RetryLater)
  })

  test('an answer that is not GitHub’s is none', async () => {
    const proxy = () => ({ status: 200, raw: '<html>', headers: { 'content-type': 'text/html' } })
    bench.world.route('POST', '/login/oauth/access_token', { permission: 'public' }, proxy)
    await expect(viewers.signIn({ code: 'any', callback })).rejects.toBeInstanceOf(RetryLater)
  })
})
