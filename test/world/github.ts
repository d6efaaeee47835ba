/** Set-up shared by the stand-in GitHub's own tests: a world with people, an App client and a webhook receiver. */
import { createHmac, createSign } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect } from '@jest/globals'
import { createContract } from '../../world/contract/contract.ts'
import type { App } from '../../world/github/state.ts'
import { type GitHubOptions, type GitHubWorld, startGitHub } from '../../world/index.ts'

// biome-ignore lint/suspicious/noExplicitAny: checked against GitHub's description at run time, read loosely here
export type Body = any
export type Answer = { status: number; headers: Headers; body: Body }
type Json = Record<string, unknown>

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

export const REPO = 'acme/shop'
export const FILES = {
  'README.md': '# Shop\n',
  'src/cart.ts': 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n',
}

/** owner Alice, writers Bob and Wendy, triager Tess, reader Rita, stranger Sam; the App is installed on acme. */
export async function world(options: GitHubOptions = {}): Promise<GitHubWorld> {
  const github = await startGitHub({
    webhookSecret: 'a secret of the test',
    contract: createContract(),
    ...options,
  })
  open.push(github)
  for (const login of ['alice', 'bob', 'wendy', 'tess', 'rita', 'sam', 'mia']) github.createUser(login)
  github.createOrg('acme', { owners: ['alice'] })
  await github.createRepo('acme', 'shop', {
    files: FILES,
    collaborators: { bob: 'write', wendy: 'write', tess: 'triage', rita: 'read', mia: 'maintain' },
  })
  github.installApp(github.app, 'acme')
  return github
}

export function jwt(app: App, claims: Json = {}): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const unsigned = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: now - 30, exp: now + 540, iss: app.id, ...claims })}`
  return `${unsigned}.${createSign('sha256').update(unsigned).sign(app.privateKeyPem, 'base64url')}`
}

export async function request(
  base: string,
  authorization: string | null,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(base + path, {
    method,
    headers: { ...(authorization === null ? {} : { authorization }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  const json = answer.headers.get('content-type')?.includes('json') === true && text !== ''
  return { status: answer.status, headers: answer.headers, body: json ? JSON.parse(text) : text }
}

export type Client = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>

export const asApp =
  (github: GitHubWorld, app = github.app): Client =>
  (method, path, body, headers) =>
    request(github.apiUrl, `Bearer ${jwt(app)}`, method, path, body, headers)

export const asPerson =
  (github: GitHubWorld, login: string): Client =>
  (method, path, body, headers) =>
    request(github.apiUrl, `token ${github.tokenOf(login)}`, method, path, body, headers)

export async function mint(github: GitHubWorld, narrow?: Json, app = github.app): Promise<Answer> {
  const installation = [...github.state.installations.values()].find((i) => i.appId === app.id)
  return asApp(github, app)('POST', `/app/installations/${installation?.id}/access_tokens`, narrow)
}

/** A client with an installation token, narrowed as asked. */
export async function asInstallation(github: GitHubWorld, narrow?: Json, app = github.app): Promise<Client> {
  const { body, status } = await mint(github, narrow, app)
  expect(status).toBe(201)
  return (method, path, payload, headers) =>
    request(github.apiUrl, `token ${body.token}`, method, path, payload, headers)
}

export type Received = {
  event: string
  guid: string
  body: Body
  headers: IncomingHttpHeaders
  signed: boolean
}

/** Receives webhooks and answers each with what `answer` says (default 200 at once). */
export async function receive(
  github: GitHubWorld,
  answer: (hook: Received) => number | Promise<number> = () => 200,
  app = github.app,
): Promise<Received[]> {
  const received: Received[] = []
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', async () => {
      const bytes = Buffer.concat(chunks)
      const signature = `sha256=${createHmac('sha256', app.webhookSecret).update(bytes).digest('hex')}`
      const hook: Received = {
        event: `${req.headers['x-github-event']}`,
        guid: `${req.headers['x-github-delivery']}`,
        body: JSON.parse(bytes.toString('utf8')),
        headers: req.headers,
        signed: req.headers['x-hub-signature-256'] === signature,
      }
      received.push(hook)
      res.writeHead(await answer(hook)).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  github.setWebhookUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, app)
  open.push({
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  })
  return received
}

export const names = (hooks: Received[]) =>
  hooks.map((h) => (h.body.action === undefined ? h.event : `${h.event}.${h.body.action}`))

/** A branch with one change and an open pull request by Bob. */
export async function pullByBob(github: GitHubWorld, input: { draft?: boolean; branch?: string } = {}) {
  const branch = input.branch ?? 'topic'
  const sha = await github.as('bob').push(REPO, branch, {
    files: { 'src/cart.ts': FILES['src/cart.ts'].replace('five', 'FIVE') },
    message: 'Shout five',
  })
  const pull = await github
    .as('bob')
    .openPull(REPO, { title: 'Shout', head: branch, body: 'because', draft: input.draft ?? false })
  return { sha, pull, branch }
}

/** Nothing that happened broke GitHub's description, and nobody asked for a route that does not exist. */
export function conforms(github: GitHubWorld): void {
  expect(github.violations).toEqual([])
}

export const refuses = async (work: Promise<unknown>, status: number, message?: RegExp) => {
  const error = await work.then(
    () => null,
    (e: unknown) => e as { status: number; message: string },
  )
  expect(error).not.toBeNull()
  expect(error?.status).toBe(status)
  if (message !== undefined) expect(error?.message).toMatch(message)
}
