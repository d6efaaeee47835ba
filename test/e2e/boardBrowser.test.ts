/** The board in a real browser: signing in by the pages themselves, what it prints, what it may run, and how it renews itself. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { type Browser, chromium, type Page } from 'playwright-core'
import { servePages } from '../../world/page/page.ts'
import { chromiumPath, describeWith } from '../support/require.ts'
import { diagnosis, openWorkshop, repository, type Workshop } from './workshop.ts'

jest.setTimeout(180_000)

describeWith('chromium', 'O2, T37: the board in a browser', () => {
  let shop: Workshop
  let issue: number
  let browser: Browser
  let page: Page
  const said: string[] = []

  beforeAll(async () => {
    shop = await openWorkshop({ sessions: [diagnosis] })
    servePages(shop.stage.github)
    issue = await shop.delegate()
    await shop.ana.editIssue(repository, issue, { title: '<img src=x onerror="window.pwned=1">' })
    await shop.pull()
    await shop.stage.settle()
    browser = await chromium.launch({ executablePath: chromiumPath() as string, args: ['--no-sandbox'] })
    page = await browser.newPage({ viewport: { width: 390, height: 800 } })
    page.on('console', (message) => said.push(message.text()))
    page.on('pageerror', (error) => said.push(String(error)))
  })
  afterAll(async () => {
    await browser?.close()
    await shop?.close()
    expect(shop?.stage.github.violations ?? []).toEqual([])
  })

  test('O2: a person signs in by GitHub’s page and comes to the board', async () => {
    await page.goto(`${shop.stage.app.url}/board`)
    await page.getByRole('link', { name: 'Sign in with GitHub' }).click()
    expect(page.url()).toContain(shop.stage.github.url)
    await page.goto(`${page.url()}&as=ana`)
    await page.getByRole('button', { name: /authorize/i }).click()
    await page.waitForURL(`${shop.stage.app.url}/board`)
    await page.getByRole('link', { name: repository }).click()
    await page.waitForURL(`${shop.stage.app.url}/board/${repository}`)
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(repository)
  })

  test('O2, T37: every page fits a phone, runs nothing of others, and breaks no rule of its own', async () => {
    const pull = await shop.pull()
    const home = `${shop.stage.app.url}/board/${repository}`
    for (const path of ['', `/issues/${issue}`, `/pulls/${pull.number}`, '/figures', '/enforcement']) {
      const answer = await page.goto(`${home}${path}`)
      expect([path, answer?.status()]).toEqual([path, 200])
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      expect([path, overflow]).toEqual([path, 0])
      expect(await page.evaluate('window.pwned')).toBeUndefined()
    }
    expect(said).toEqual([])
  })

  test('O2: an open page says what is new by itself, and what was unfolded stays so', async () => {
    await page.goto(`${shop.stage.app.url}/board/${repository}/issues/${issue}`)
    await page.getByText('What it handed in').first().click()
    await page.getByText('Print two decimals.').first().waitFor()
    await shop.ana.comment(repository, issue, '/agent stop')
    await page.getByText('goes on where it was').first().waitFor({ timeout: 60_000 })
    expect(await page.locator('details').first().getAttribute('open')).not.toBeNull()
    expect(said).toEqual([])
  })

  test('O2: signing out ends it', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(`${shop.stage.app.url}/board`)
    await page.getByRole('link', { name: 'Sign in with GitHub' }).waitFor()
    expect(await page.context().cookies(shop.stage.app.url)).toEqual([])
  })
})
