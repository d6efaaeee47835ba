/** The board through the front door: who is let in, what they see, and that it is what the check runs say (O2, T36, T37). */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { createReader, type Reader } from '../../demo/reader.ts'
import { createClock } from '../../src/adapters/clock.ts'
import { toldReadingsLiveMs } from '../../src/adapters/github/readings.ts'
import { factsOf } from '../../src/core/facts.ts'
import { rememberedMs } from '../../src/web/access.ts'
import { protectMain } from './town.ts'
import { diagnosis, openWorkshop, repository, type Workshop } from './workshop.ts'

jest.setTimeout(180_000)

const hostile = '<script>window.pwned=1</script><img src=x onerror="window.pwned=1">"\'&'

/** What is remembered and kept for a while passes ten times as fast. */
const clock = createClock(10)

let shop: Workshop
let issue: number
let ana: Reader
beforeAll(async () => {
  // A sweep reads everything anew by itself.
  shop = await openWorkshop({ sessions: [diagnosis], clock, settings: { COUNTERSIGN_SWEEP_SECONDS: '3600' } })
  const { github } = shop.stage
  await github.createRepo('acme', 'secret', { private: true, collaborators: { ben: 'read' } })
  github.createUser('stranger')
  issue = await shop.delegate()
  await shop.ana.editIssue(repository, issue, { title: `Two decimals ${hostile}` })
  await shop.pull()
  await shop.stage.settle()
  ana = createReader(shop.stage, shop.ana)
})
afterAll(async () => {
  await shop?.close()
  expect(shop?.stage.github.violations ?? []).toEqual([])
})
const as = (login: string) => createReader(shop.stage, shop.stage.github.as(login))

describe('T36: who is let in', () => {
  test('T36: nobody is shown anything before GitHub has said who they are', async () => {
    const nobody = as('stranger')
    const home = await nobody.open('/board')
    expect(home.text).toContain('Sign in with GitHub')
    expect(home.html).not.toContain('acme')
    for (const path of [`/board/${repository}`, `/board/${repository}/issues/${issue}`, '/board/no/such']) {
      const sent = await nobody.open(path)
      expect(sent.headers.get('location')).toContain('/login/oauth/authorize?')
    }
  })

  test('O2: signing in leads back to the page that was asked for', async () => {
    const page = await ana.signIn(`/board/${repository}/issues/${issue}`)
    expect(page.path).toBe(`/board/${repository}/issues/${issue}`)
    expect(page.status).toBe(200)
    expect(page.text).toContain('Sign out')
    expect((await ana.open('/')).path).toBe('/board')
  })

  test('T36: a repository that GitHub does not show the viewer looks like one that does not exist', async () => {
    const eve = as('stranger')
    const home = await eve.signIn()
    expect(home.html).not.toContain('acme')
    const hidden = await eve.open(`/board/${repository}`)
    const absent = await eve.open('/board/acme/nothing')
    expect(hidden.status).toBe(404)
    expect(hidden.text).toBe(absent.text)
    for (const path of ['issues/1', 'pulls/1', 'enforcement', 'figures', 'environments/production'])
      expect((await eve.open(`/board/${repository}/${path}`)).status).toBe(404)
  })

  test('T36: an answer of GitHub counts only in the browser that asked for it', async () => {
    const other = as('ben')
    const mine = as('ana')
    await other.open('/board/sign-in')
    const begun = await mine.open('/board/sign-in')
    const back = new URL(await shop.ana.authorize(begun.headers.get('location') ?? ''))
    // The attacker's own code, in the victim's browser, would sign the victim in as the attacker.
    const planted = await other.open(`${back.pathname}${back.search}`)
    expect(planted.status).toBe(403)
    expect(planted.text).toContain('not begun in this browser')
    expect((await other.open('/board')).text).toContain('Sign in with GitHub')
    expect((await mine.open(`${back.pathname}${back.search}`)).path).toBe('/board')
  })

  test('T36: a refusal at GitHub, and a code that it does not know, sign nobody in', async () => {
    const ben = as('ben')
    const begun = await ben.open('/board/sign-in')
    const address = begun.headers.get('location') ?? ''
    const back = new URL(await shop.ben.authorize(address, 'cancel'))
    expect((await ben.open(`${back.pathname}${back.search}`)).text).toContain('GitHub did not sign you in')
    const again = await ben.open('/board/sign-in')
    const state = new URL(again.headers.get('location') ?? '').searchParams.get('state')
    const made = await ben.open(`/board/signed-in?code=made-up&state=${state}`)
    expect(made.text).toContain('does not know that sign-in')
    expect((await ben.open('/board')).text).toContain('Sign in with GitHub')
  })

  test('T36: who loses access is shut out within half a minute, and who signs out at once', async () => {
    const ben = as('ben')
    await ben.signIn()
    const page = `/board/${repository}`
    expect((await ben.open(page)).status).toBe(200)
    shop.stage.github.setRole(repository, 'ben', 'none')
    await clock.sleep(rememberedMs + 500)
    expect((await ben.open(page)).status).toBe(404)

    const again = as('ana')
    await again.signIn()
    const copied = new Map(again.cookies)
    expect((await again.post('/board/sign-out', { origin: 'https://evil.example' })).status).toBe(403)
    expect((await again.open(page)).status).toBe(200)
    expect((await again.post('/board/sign-out', { origin: shop.stage.app.url })).path).toBe('/board')
    for (const [name, value] of copied) again.cookies.set(name, value)
    // The cookie was copied, and GitHub no longer knows the token in it.
    expect((await again.open(page)).headers.get('location')).toContain('/login/oauth/authorize?')
  })

  test('S9: while GitHub does not answer, nothing is shown', async () => {
    const reader = as('ana')
    await reader.signIn()
    const when = ({ path }: { path: string }) => path === `/repos/${repository}`
    shop.stage.github.faults.rest({ kind: 'error', status: 502, count: 20, when })
    const page = await reader.open(`/board/${repository}`)
    shop.stage.github.faults.clear()
    expect(page.status).toBe(503)
    expect(page.html).not.toContain('Two decimals')
    expect(page.headers.get('retry-after')).toMatch(/^\d+$/)
  })
})

describe('O2: what is shown', () => {
  test('O2: the first page lists what is under way in the repositories of the viewer, and no other', async () => {
    const home = await ana.signIn()
    expect(home.text).toContain(`${repository}`)
    expect(home.text).toContain('1 task open')
    expect(home.html).not.toContain('acme/secret')
  })

  test('O2: a task stands with its phases, its sentence and its checks, the same words as on GitHub', async () => {
    const page = await ana.open(`/board/${repository}`)
    const pull = await shop.pull()
    expect(page.text).toContain(`#${issue}`)
    expect(page.text).toContain('diagnosis')
    expect(page.text).toContain('plan asks')
    const progress = shop.comments(issue).find((body) => body.includes('| phase |')) ?? ''
    const sentence = /\*\*Countersign\*\*: (.*)/.exec(progress)?.[1]?.replaceAll(/[*`]/g, '') ?? 'none'
    expect(page.text).toContain(sentence)
    expect(page.html).toContain(`/board/${repository}/pulls/${pull.number}`)
  })

  test('O2: each session stands with what it handed in and what it cost', async () => {
    const page = await ana.open(`/board/${repository}/issues/${issue}`)
    const [ended] = factsOf(await shop.facts(issue), 'attempt.ended')
    expect(page.text).toContain('diagnosis 1')
    expect(page.text).toContain(ended?.body.model ?? 'no model')
    expect(page.text).toContain(`$${ended?.body.costUsd.toFixed(2)}`)
    expect(page.text).toContain("export const price = '5'")
    expect(page.text).toContain('label agent')
  })

  test('O2, A1: a pull request stands with its gates and its next step as its check runs have them', async () => {
    const pull = await shop.pull()
    const page = await ana.open(`/board/${repository}/pulls/${pull.number}`)
    expect(page.status).toBe(200)
    for (const run of shop.stage.github.state.checkRuns.values())
      if (run.headSha === pull.headSha && run.name.startsWith('countersign/'))
        expect(page.text).toContain(run.name)
    expect(page.text).toContain('Press Approve or Request changes on countersign/plan')
    expect(page.text).toContain('Nobody has decided on this commit')
  })

  test('A5: the enforcement of the rules stands clause by clause, and changes with the rules on GitHub', async () => {
    const home = `/board/${repository}`
    const before = await ana.open(`${home}/enforcement`)
    expect(before.text).toContain(`countersign -- doctor ${repository}`)
    expect((await ana.open(home)).text).toMatch(/Enforcement (not enforced|to mend) /)
    const { github } = shop.stage
    await protectMain(github.as('owner'), repository, github.app.id)
    await shop.stage.until('the page to tell', async () =>
      /Enforcement not proven /.test((await ana.open(home)).text) ? true : undefined,
    )
    const after = await ana.open(`${home}/enforcement`)
    expect(after.text).not.toBe(before.text)
    // Who may bypass the rules is shown to administrators only: that is said, and never green.
    expect(after.text).toContain('Who may bypass not seen Shown only to an administrator')
  })

  test('O2: a page that is left open asks GitHub for nothing, and shows what has changed as soon as that is told', async () => {
    const home = `/board/${repository}`
    // A round of the App's own may ask for something meanwhile; a page that is asked for alone does not.
    await shop.stage.until('a page that asks for nothing', async () => {
      await shop.stage.settle()
      await ana.open(home)
      // By now rounds would read every issue and pull request anew.
      await clock.sleep(toldReadingsLiveMs + 5000)
      const from = shop.stage.github.requests.length
      await ana.open(home)
      const asked = shop.stage.github.requests.slice(from).map(({ path, method }) => `${method} ${path}`)
      return asked.some((one) => /graphql|issues|pulls|check-runs/.test(one)) ? undefined : true
    })
    await shop.ana.comment(repository, issue, '/agent stop')
    await shop.stage.until('the page to tell', async () =>
      (await ana.open(home)).text.includes('Stopped.') ? true : undefined,
    )
  })

  test('O2: addresses that mean nothing are not there; another case of the name leads to the right one', async () => {
    for (const path of ['issues/999', 'issues/0', 'issues/1x', 'pulls/999', 'wiki', '..', 'environments/'])
      expect((await ana.open(`/board/${repository}/${path}`)).status).toBe(404)
    expect((await ana.open('/board/ACME/Shop')).path).toBe('/board/acme/shop')
    expect((await ana.open('/board/acme')).status).toBe(404)
    expect((await ana.open(`/board/${'a'.repeat(3000)}`)).status).toBe(413)
  })

  test('T37: text of others stays text, and nothing from elsewhere may run or load', async () => {
    for (const path of ['', `/issues/${issue}`]) {
      const page = await ana.open(`/board/${repository}${path}`)
      expect(page.text).toContain(hostile)
      expect(page.html).not.toContain('<script>window')
      expect(page.html).not.toContain('<img')
      const csp = page.headers.get('content-security-policy') ?? ''
      expect(csp).toContain("default-src 'none'")
      expect(csp).not.toMatch(/unsafe|\*|data:|https?:/)
      expect(page.headers.get('cache-control')).toBe('no-store')
      expect(page.html).not.toMatch(/<[^>]*\s(?:style|on[a-z]+)=/)
    }
  })

  test('O2: the board changes nothing: no request of its own writes', async () => {
    const before = shop.stage.github.requests.length
    const facts = (await shop.facts(issue)).length
    for (const path of ['', `/${repository}`, `/${repository}/issues/${issue}`])
      expect((await ana.open(`/board${path}`)).text).toContain('Sign out')
    const asked = shop.stage.github.requests.slice(before)
    expect(asked.filter(({ method, path }) => method !== 'GET' && path !== '/graphql')).toEqual([])
    expect((await shop.facts(issue)).length).toBe(facts)
  })
})
