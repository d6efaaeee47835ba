/** The set-up page as a process: from no credentials, over the manifest that GitHub converts, to an App that runs. */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { createContract } from '../../world/contract/contract.ts'
import { type GitHubWorld, startGitHub } from '../../world/index.ts'
import { root, startProgram } from '../support/process.ts'

let github: GitHubWorld
/** A checkout as far as the set-up page reads it. */
let folder = ''
beforeAll(async () => {
  github = await startGitHub({ contract: createContract() })
})
afterAll(() => github.close())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-setup-'))
  for (const file of ['app.yml', 'package.json']) cpSync(join(root, file), join(folder, file))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** As `npm start` does it, with the stand-in in the place of github.com. */
async function openPage() {
  const program = startProgram('src/main.ts', [], {
    cwd: folder,
    node: ['--env-file-if-exists=.env'],
    environment: { PORT: '0', GHE_PROTOCOL: 'http', GHE_HOST: new URL(github.url).host },
  })
  const [, address = ''] = await program.says(/Open (http:\S+) in a browser/)
  const url = new URL(address).origin
  const entered = await fetch(address, { redirect: 'manual' })
  const [cookie = ''] = (entered.headers.get('set-cookie') ?? '').split(';')
  const inside = (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, { redirect: 'manual', ...init, headers: { cookie } })
  const page = await (await inside('/probot')).text()
  const [, state = ''] = /settings\/apps\/new\?state=([^"]+)"/.exec(page) ?? []
  return { program, url, inside, page, state, entered }
}

/** The ports of this machine that a process listens on, as anybody on it may find out. */
function portsOf(pid: number): number[] {
  const own = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`)
    } catch {
      // Closed since it was listed.
      return ''
    }
  })
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A' && own.includes(`socket:[${fields[9]}]`))
    .map((fields) => Number.parseInt(fields[1]?.split(':')[1] ?? '', 16))
}
const theirs = () =>
  github.offerManifest({ slug: 'of-a-stranger', permissions: { metadata: 'read' }, events: [] })

test('without credentials the page opens, with the manifest of app.yml', async () => {
  const { program, url, page, state } = await openPage()
  expect(page).toContain(`action="${github.url}/settings/apps/new?state=${state}"`)
  expect(state).toMatch(/^[\w-]{32}$/)
  // As Probot writes it: unescaped, so an apostrophe in app.yml would end it here.
  const [, quoted = ''] = /name="manifest"[^>]* value='([^']*)'/.exec(page) ?? []
  const manifest = JSON.parse(quoted)
  expect(manifest).toMatchObject({
    name: 'countersign',
    public: false,
    hook_attributes: { url: `${url}/` },
    redirect_url: `${url}/probot/setup`,
    default_permissions: { checks: 'write', contents: 'write' },
  })
  expect(manifest.default_events).toContain('check_run')
  program.kill('SIGTERM')
  expect(await program.ended).toBe(0)
})

test('T25, T33: nobody hands in an App of their own: without the key, from another page, or past the door', async () => {
  const { program, url, inside, entered } = await openPage()
  expect(entered.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax/)
  const own = JSON.stringify({ appId: '1', pem: 'theirs', webhook_secret: 'theirs' })
  const post = { method: 'POST', body: own }
  for (const path of ['/', '/probot', '/probot/import', `/probot/setup?code=${theirs()}`, '/?key=x'])
    expect((await fetch(`${url}${path}`, { redirect: 'manual' })).status).toBe(403)
  expect((await fetch(`${url}/probot/import`, post)).status).toBe(403)
  // A link on another page, followed in the operator's browser.
  for (const state of ['', '&state=x'])
    expect((await inside(`/probot/setup?code=${theirs()}${state}`)).status).toBe(403)
  const inner = portsOf(program.pid).filter((port) => port !== Number(new URL(url).port))
  expect(inner).toHaveLength(1)
  for (const [path, init] of [
    ['/probot/import', post],
    [`/probot/setup?code=${theirs()}`, {}],
  ] as const)
    expect((await fetch(`http://127.0.0.1:${inner[0]}${path}`, { redirect: 'manual', ...init })).status).toBe(
      500,
    )
  expect(existsSync(join(folder, '.env'))).toBe(false)
  expect((await inside('/probot/import', post)).status).toBe(200)
  expect(readFileSync(join(folder, '.env'), 'utf8')).toContain('PRIVATE_KEY="theirs"')
  program.kill('SIGTERM')
  expect(await program.ended).toBe(0)
})

test('T33: GitHub converts the manifest, the credentials go to .env for the owner only, and the App starts with them', async () => {
  writeFileSync(join(folder, '.env'), '# my settings\nLOG_LEVEL=info\nAPP_ID=\n')
  const { program, inside, state } = await openPage()
  const code = github.offerManifest({
    slug: 'countersign-of-mine',
    permissions: { metadata: 'read' },
    events: [],
  })
  const back = await inside(`/probot/setup?code=${code}&state=${state}`)
  expect(back.status).toBe(302)
  expect(back.headers.get('location')).toMatch(/countersign-of-mine\/installations\/new$/)
  await program.says(/credentials of the App are in/)
  program.kill('SIGINT')
  await program.ended

  const written = readFileSync(join(folder, '.env'), 'utf8')
  expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600)
  expect(written).toMatch(/^# my settings\nLOG_LEVEL=info\nAPP_ID=\d+\n/)
  expect(written).toMatch(/^PRIVATE_KEY="-----BEGIN/m)
  expect(program.output().stdout).not.toContain('BEGIN')

  const app = startProgram('src/main.ts', [], {
    cwd: folder,
    node: ['--env-file-if-exists=.env'],
    environment: { PORT: '0', GITHUB_API_URL: github.apiUrl },
  })
  const [, address = ''] = await app.says(/"url":"(http:[^"]+)"/)
  expect((await fetch(`${address}/healthz`)).status).toBe(200)
  app.kill('SIGTERM')
  expect(await app.ended).toBe(0)
  expect(github.violations).toEqual([])
})
