/** The stand-in's pages: what they show, that nothing in them can run, and what their buttons do. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Browser, chromium } from 'playwright-core'
import { createContract } from '../../world/contract/contract.ts'
import { createRun } from '../../world/github/ops/checks.ts'
import type { CheckRun } from '../../world/github/state.ts'
import { type GitHubWorld, startGitHub } from '../../world/github/world.ts'
import { markdown } from '../../world/page/markdown.ts'
import { type PageOptions, servePages } from '../../world/page/page.ts'
import { chromiumPath, describeWith } from '../support/require.ts'

const REPO = 'acme/shop'
const HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)>"\'&\u202Egnp'
const ANSWER = 'Approved by **ada**.\n\n| who | what |\n| --- | --- |\n| `ada` | plan |'

let world: GitHubWorld | undefined
let listener: Server | undefined

async function start(options: PageOptions = {}) {
  const started = await startGitHub({ contract: createContract() })
  world = started
  for (const login of ['ada', 'bob', 'stranger', 'acme']) started.createUser(login)
  await started.createRepo('acme', 'shop', { collaborators: { ada: 'write', bob: 'triage' } })
  started.installApp(started.app, 'acme')
  servePages(started, options)
  const ada = started.as('ada')
  const sha = await ada.push(REPO, 'topic', {
    files: { 'a.txt': 'one\ntwo\n' },
    message: `Add a\n\n${HOSTILE}`,
  })
  const pull = await ada.openPull(REPO, { title: `Topic ${HOSTILE}`, head: 'topic', body: HOSTILE })
  const bot = started.state.accounts.get(started.app.botId)
  if (bot === undefined) throw new Error('no bot')
  const run = await createRun(started.site, started.repo(REPO), started.app, bot, {
    name: 'countersign/plan',
    headSha: sha,
    conclusion: 'action_required',
    output: { title: 'Waits for an approval', summary: ANSWER, text: HOSTILE },
    actions: [
      { label: 'Approve plan', description: 'Approves the plan shown', identifier: 'approve:1' },
      { label: 'Request changes', description: 'Sends it back', identifier: 'reject:1' },
    ],
  })
  return { world: started, pull, run, path: `/${REPO}/pull/${pull.number}` }
}

afterEach(async () => {
  const ended = world
  world = undefined
  await ended?.close()
  await new Promise((done) => (listener === undefined ? done(null) : listener.close(done)))
  listener = undefined
  expect(new Set(ended?.violations.map((v) => `${v.where}: ${v.message}`))).toEqual(new Set())
})

const get = (path: string) =>
  fetch(`${world?.url}${path}`, { headers: { accept: 'text/html' }, redirect: 'manual' })
const text = async (path: string) => (await get(path)).text()

async function submit(
  path: string,
  login: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
) {
  const body = new URLSearchParams(fields)
  const posted = await fetch(`${world?.url}${path}?as=${login}`, {
    method: 'POST',
    body,
    headers,
    redirect: 'manual',
  })
  const location = posted.headers.get('location')
  return { status: posted.status, page: location === null ? await posted.text() : await text(location) }
}
const press = (path: string, login: string, run: CheckRun, identifier = 'approve:1') =>
  submit(path, login, { act: 'press', run: String(run.id), identifier })
const presses = (on: GitHubWorld) => on.events.filter((e) => e.action === 'requested_action')

describe('a page', () => {
  test('T37: shows hostile text as text, under a policy that runs nothing', async () => {
    const { path } = await start()
    const response = await get(path)
    const page = await response.text()
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'/,
    )
    expect(page).not.toMatch(/<script|<img|\u202E/)
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(page).toContain('[U+202E]gnp')
  })

  test('shows title, state, branches, the check with its summary as a table, commits and changes', async () => {
    const { path } = await start()
    const page = await text(path)
    for (const shown of [
      'Open',
      'countersign/plan',
      'waiting for a person',
      'Waits for an approval',
      '<strong>ada</strong>',
    ]) {
      expect(page).toContain(shown)
    }
    expect(page).toContain('<td><code>ada</code></td><td>plan</td>')
    expect(page).toContain('<span class="add">+two</span>')
    expect(page).not.toContain('<form')
    expect(page).toContain('Choose who you are')
    expect(page).not.toContain('http-equiv="refresh"')
    const list = await text('/')
    expect(list).toContain(`href="${path}"`)
  })

  test('refreshes itself only when asked to', async () => {
    const { path } = await start({ refreshS: 7 })
    expect(await text(`${path}?as=ada`)).toContain(
      `<meta http-equiv="refresh" content="7; url=${path}?as=ada">`,
    )
  })

  test('leaves API clients alone and answers 404 with a way back', async () => {
    const { world } = await start()
    expect((await fetch(`${world.apiUrl}/repos/${REPO}`)).headers.get('content-type')).toContain(
      'application/json',
    )
    const missing = await get('/acme/shop/pull/99')
    expect(missing.status).toBe(404)
    expect(await missing.text()).toContain('All repositories')
    expect((await get('/%E0%A4%A/x/pull/1')).status).toBe(404)
  })

  test('T36: a private repository is not there for whoever may not read it', async () => {
    const { world } = await start()
    await world.createRepo('acme', 'secret', { private: true })
    await world.as('acme').openIssue('acme/secret', { title: 'Hidden plans' })
    expect((await get('/acme/secret/issues/1?as=stranger')).status).toBe(404)
    expect(await text('/?as=stranger')).not.toContain('secret')
    expect(await text('/acme/secret/issues/1?as=acme')).toContain('Hidden plans')
    expect(
      (await submit('/acme/secret/issues/1', 'stranger', { act: 'say', how: 'comment', body: 'x' })).status,
    ).toBe(404)
  })
})

describe('a form', () => {
  test('A1: a press is sent in the name of the person, with the identifier that was shown', async () => {
    const { world, path, run } = await start()
    const { status, page } = await press(path, 'ada', run)
    expect(status).toBe(303)
    expect(page).toContain('ada pressed Approve plan on countersign/plan.')
    expect(page).toContain('http-equiv="refresh" content="2;')
    expect(presses(world).map((e) => e.payload)).toMatchObject([
      { sender: { login: 'ada' }, requested_action: { identifier: 'approve:1' }, check_run: { id: run.id } },
    ])
  })

  test('T39: the press of a page older than the run is sent as it was shown', async () => {
    const { world, path, run } = await start()
    await press(path, 'ada', run, 'approve:0')
    expect(presses(world).map((e) => e.payload)).toMatchObject([
      { requested_action: { identifier: 'approve:0' } },
    ])
  })

  test('A3: anybody may press, and the press says who; a bot and another site press nothing', async () => {
    const { world, path, run } = await start()
    await press(path, 'stranger', run)
    expect(presses(world).map((e) => e.payload)).toMatchObject([{ sender: { login: 'stranger' } }])
    expect((await press(path, encodeURIComponent('countersign[bot]'), run)).status).toBe(404)
    const fields = { act: 'press', run: String(run.id), identifier: 'approve:1' }
    expect((await submit(path, 'ada', fields, { origin: 'http://evil.test' })).status).toBe(403)
    expect((await submit(path, 'ada', { ...fields, run: '1' })).page).toContain('GitHub refused (404)')
    expect(presses(world)).toHaveLength(1)
  })

  test('an edit form holds the text exactly, invisible characters and all', async () => {
    const { path } = await start()
    expect(await text(`${path}?as=ada`)).toContain('&#39;&amp;\u202Egnp</textarea>')
  })

  test('comments, reviews, labels and edits obey the person’s permissions', async () => {
    const { world, path, pull } = await start()
    expect((await submit(path, 'stranger', { act: 'say', how: 'comment', body: 'a\r\nb' })).page).toContain(
      'Your comment is posted.',
    )
    expect([...world.state.comments.values()].map((one) => one.body)).toEqual(['a\nb'])
    expect((await submit(path, 'ada', { act: 'say', how: 'approve', body: '' })).page).toContain(
      'Can not approve your own pull request',
    )
    expect((await submit(path, 'bob', { act: 'say', how: 'approve', body: 'fine' })).page).toContain(
      'approved',
    )
    expect((await submit(path, 'bob', { act: 'say', how: 'changes', body: ' ' })).page).toContain(
      'Write something first.',
    )
    expect((await submit(path, 'stranger', { act: 'label', label: 'agent' })).page).toContain(
      'GitHub refused (403)',
    )
    expect((await submit(path, 'bob', { act: 'label', label: 'agent' })).page).toContain('Label agent added.')
    expect((await submit(path, 'bob', { act: 'unlabel', label: 'agent' })).page).toContain(
      'Label agent removed.',
    )
    expect((await submit(path, 'ada', { act: 'edit', title: 'New', body: 'Text' })).page).toContain(
      '<title>New · #1</title>',
    )
    expect((await submit(path, 'ada', { act: 'other' })).page).toContain('load the page again')
    expect(world.state.issues.get(pull.issueId)?.body).toBe('Text')
  })
})

describe('Markdown', () => {
  test.each([
    ['## Plan', '<h4>Plan</h4>'],
    ['a **b** *c* _d_ `e*f*`', '<p>a <strong>b</strong> <em>c</em> <em>d</em> <code>e*f*</code></p>'],
    ['a_b_c', '<p>a_b_c</p>'],
    ['- one\n- [x] two\n  more', '<ul><li>one</li><li>☑ two<br>more</li></ul>'],
    ['1. one\n2. two', '<ol><li>one</li><li>two</li></ol>'],
    ['> said', '<blockquote><p>said</p></blockquote>'],
    ['```ts\n<b>\n```', '<pre><code>&lt;b&gt;</code></pre>'],
    ['```\nopen', '<pre><code>open</code></pre>'],
    ['<!-- countersign:progress -->\nText', '<p>Text</p>'],
    [
      '<details><summary>More</summary>\n\nInside',
      '<details>\n<summary>More</summary>\n<p>Inside</p></details>',
    ],
    ['</details>', '<p>&lt;/details&gt;</p>'],
    ['| a |\n| - |\n| `x\\|y` |', /<td><code>x\|y<\/code><\/td>/],
    ['[x](javascript:alert(1))', '<p>[x](javascript:alert(1))</p>'],
    ['[x](https://a.test/_y_)', /^<p><a href="https:\/\/a.test\/_y_" rel="[a-z ]+">x<\/a><\/p>$/],
    ['[x](https://a.test/"onmouseover=alert(1))', /&quot;onmouseover/],
    ['<span title="why">word</span>', '<p><span title="why">word</span></p>'],
    ['<span title="a" onclick="b">w</span>', /&lt;span title=&quot;a&quot; onclick/],
  ])('renders %j', (source, wanted) => {
    const { markup } = markdown(source)
    if (typeof wanted === 'string') expect(markup).toBe(wanted)
    else expect(markup).toMatch(wanted)
  })

  test('ends on any input', () => {
    for (const source of [
      '|',
      '`',
      '>'.repeat(500),
      '- '.repeat(1000),
      '#',
      '|\n|-|',
      '*'.repeat(5000),
      '[a]('.repeat(2000),
    ]) {
      expect(typeof markdown(source).markup).toBe('string')
    }
  })
})

describeWith('chromium', 'in a browser', () => {
  let browser: Browser | undefined
  afterEach(async () => {
    await browser?.close()
    browser = undefined
  })

  /** A page without JavaScript, and what its console says. */
  async function openPage() {
    browser = await chromium.launch({
      ...(chromiumPath() === undefined ? {} : { executablePath: chromiumPath() ?? '' }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
    const context = await browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    const refused: string[] = []
    page.on('console', (message) => void refused.push(message.text()))
    return { page, refused }
  }

  test('T36: choosing a person and authorising an App leads back to it, on another site', async () => {
    const { world } = await start()
    const asked: string[] = []
    listener = createServer((req, res) => {
      asked.push(req.url ?? '')
      res.end('signed in')
    })
    await new Promise<void>((done) => listener?.listen(0, '127.0.0.1', done))
    // Another origin than the page's, and by name another site too.
    world.setCallbackUrls([`http://localhost:${(listener.address() as AddressInfo).port}/board/signed-in`])
    const { page, refused } = await openPage()
    await page.goto(`${world.url}/login/oauth/authorize?client_id=${world.app.clientId}&state=xyz`)
    await page.getByRole('link', { name: 'ada' }).click()
    await page.getByRole('button', { name: 'Authorize countersign' }).click()
    await page.waitForURL('http://localhost:*/**')
    expect(asked[0]).toMatch(/^\/board\/signed-in\?code=[0-9a-f]{20}&state=xyz$/)
    expect(refused.filter((one) => !one.includes('favicon'))).toEqual([])
  })

  test('A1: choosing a person and pressing the button delivers the requested_action webhook', async () => {
    const { world, path, run } = await start()
    const bodies: string[] = []
    listener = createServer((req, res) => {
      let body = ''
      req.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      req.on('end', () => {
        bodies.push(body)
        res.end()
      })
    })
    await new Promise<void>((done) => listener?.listen(0, '127.0.0.1', done))
    world.setWebhookUrl(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`)
    const { page, refused } = await openPage()
    await page.goto(`${world.url}${path}`)
    await page.getByRole('link', { name: 'ada' }).click()
    await page.getByRole('button', { name: 'Approve plan' }).click()
    await page.getByRole('status').waitFor()
    expect(await page.getByRole('status').textContent()).toBe('ada pressed Approve plan on countersign/plan.')
    await world.idle()
    expect(bodies.map((body) => JSON.parse(body) as unknown)).toContainEqual(
      expect.objectContaining({
        action: 'requested_action',
        requested_action: { identifier: 'approve:1' },
        sender: expect.objectContaining({ login: 'ada' }),
        check_run: expect.objectContaining({ id: run.id }),
      }),
    )
    expect(refused).toEqual([])
  })
})
