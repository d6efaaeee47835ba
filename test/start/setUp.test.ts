/** The set-up page as a process: from no credentials, over the manifest that GitHub converts, to an App that runs. */
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
  const [, url = ''] = await program.says(/Open (http:\S+) in a browser/)
  return { program, url }
}

test('without credentials the page opens, with the manifest of app.yml', async () => {
  const { program, url } = await openPage()
  const page = await (await fetch(`${url}/probot`)).text()
  expect(page).toContain(`action="${github.url}/settings/apps/new"`)
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

test('T33: GitHub converts the manifest, the credentials go to .env for the owner only, and the App starts with them', async () => {
  writeFileSync(join(folder, '.env'), '# my settings\nLOG_LEVEL=info\nAPP_ID=\n')
  const { program, url } = await openPage()
  const code = github.offerManifest({
    slug: 'countersign-of-mine',
    permissions: { metadata: 'read' },
    events: [],
  })
  const back = await fetch(`${url}/probot/setup?code=${code}`, { redirect: 'manual' })
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
