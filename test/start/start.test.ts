/** `npm start` as a process: what it refuses, what it answers while it runs, and how it ends. */
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createContract } from '../../world/contract/contract.ts'
import { type GitHubWorld, startGitHub } from '../../world/index.ts'
import { type Program, runProgram, startProgram } from '../support/process.ts'

const secret = 'a-secret-of-more-than-16'
let place = ''
let github: GitHubWorld
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'countersign-start-'))
  github = await startGitHub({ contract: createContract(), webhookSecret: secret })
})
afterAll(async () => {
  await github.close()
  rmSync(place, { recursive: true, force: true })
})

/** Settings with which it starts, on a free port, with a data folder of its own. */
function settings(more: Record<string, string> = {}): Record<string, string> {
  return {
    APP_ID: String(github.app.id),
    PRIVATE_KEY: github.app.privateKeyPem,
    WEBHOOK_SECRET: secret,
    GITHUB_API_URL: github.apiUrl,
    PORT: '0',
    COUNTERSIGN_DATA_DIR: mkdtempSync(join(place, 'data-')),
    ...more,
  }
}

async function startApp(environment: Record<string, string>): Promise<{ program: Program; url: string }> {
  const program = startProgram('src/main.ts', [], { environment })
  const [, url = ''] = await program.says(/"url":"(http:[^"]+)"/)
  return { program, url }
}

describe('refusals', () => {
  test('T33: every setting that is wrong is listed in one message, with nothing secret in it', async () => {
    const { code, stdout, stderr } = await runProgram('src/main.ts', [], {
      environment: {
        APP_ID: 'countersign',
        PRIVATE_KEY: 'not-a-key-but-private',
        WEBHOOK_SECRET: 'development',
        PORT: '123456',
        REDIS_URL: 'http://cache',
        DATABASE_URL: 'mysql://db',
        COUNTERSIGN_SWEEP_SECONDS: '1',
        LOG_LEVEL: 'loud',
      },
    })
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/ {2}- APP_ID must be the numeric id/)
    expect(stderr).toMatch(/ {2}- PRIVATE_KEY is not a PEM private key/)
    expect(stderr).toMatch(/ {2}- WEBHOOK_SECRET is "development"/)
    expect(stderr).toMatch(/ {2}- PORT must be a whole number from 0 to 65535/)
    expect(stderr).toMatch(/ {2}- REDIS_URL must start with redis/)
    expect(stderr).toMatch(/ {2}- DATABASE_URL must start with postgres/)
    expect(stderr).toMatch(/ {2}- COUNTERSIGN_SWEEP_SECONDS must be a whole number from 5 to 3600/)
    expect(stderr).toMatch(/ {2}- LOG_LEVEL must be one of trace, /)
    expect(stderr).toMatch(/8 settings are wrong/)
    expect(stderr).not.toMatch(/not-a-key-but-private/)
    expect(stderr).toMatch(/\.env\.example/)
  })

  test('a second process on the same data folder is refused, with who holds it', async () => {
    const environment = settings()
    const first = await startApp(environment)
    const second = await runProgram('src/main.ts', [], { environment })
    expect(second.code).toBe(1)
    expect(second.stderr).toMatch(
      new RegExp(`does not start: the data folder .* is in use by process ${first.program.pid} on `),
    )
    expect(second.stderr).toMatch(/COUNTERSIGN_DATA_DIR/)
    expect((await fetch(`${first.url}/healthz`)).status).toBe(200)
  })

  test('a port that is taken is named, and the data folder is free again', async () => {
    const blocker = await new Promise<Server>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
    })
    const address = blocker.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const environment = settings({ PORT: String(port) })
    const refused = await runProgram('src/main.ts', [], { environment })
    await new Promise((resolve) => blocker.close(resolve))
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(`port ${port} on 127.0.0.1 is taken: set PORT to another one`)
    await startApp({ ...environment, PORT: '0' })
  })

  test('in production without credentials it says so instead of opening a page', async () => {
    const { code, stderr } = await runProgram('src/main.ts', [], { environment: { NODE_ENV: 'production' } })
    expect(code).toBe(1)
    expect(stderr).toMatch(/no GitHub App is configured.*WEBHOOK_SECRET/s)
  })
})

describe('while it runs', () => {
  test('O5: health, readiness and metrics answer, and SIGTERM ends it cleanly', async () => {
    const { program, url } = await startApp(settings())
    const health = await fetch(`${url}/healthz`)
    expect(health.status).toBe(200)
    expect(await health.json()).toEqual({ status: 'alive' })
    const ready = await fetch(`${url}/readyz`)
    expect(await ready.json()).toMatchObject({ ready: true, ledger: 'answers', queue: 'answers' })
    expect(ready.status).toBe(200)
    const metrics = await fetch(`${url}/metrics`)
    expect(await metrics.text()).toMatch(/^# TYPE countersign_\w+ /m)
    expect((await fetch(`${url}/nothing`)).status).toBe(404)

    const beganMs = performance.now()
    program.kill('SIGTERM')
    expect(await program.ended).toBe(0)
    expect(performance.now() - beganMs).toBeLessThan(15_000)
    expect(program.output().stderr).toBe('')
  })

  test('O5: the log is one JSON object a line, without the secret, the key or a token', async () => {
    const { program, url } = await startApp(settings({ LOG_LEVEL: 'debug' }))
    await deliver(`${url}/api/github/webhooks`, 'wrong'.repeat(4))
    await deliver(`${url}/api/github/webhooks`, secret)
    program.kill('SIGTERM')
    await program.ended
    const { stdout } = program.output()
    for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg')
    expect(stdout).not.toContain(secret)
    expect(stdout).not.toContain('BEGIN RSA')
    expect(stdout).not.toMatch(/ghs_/)
  })

  test('T7: webhooks are taken at their own path and, as the set-up page writes it, at the bare address', async () => {
    const { url } = await startApp(settings())
    for (const address of [`${url}/api/github/webhooks`, `${url}/`]) {
      expect((await deliver(address, secret)).status).toBe(202)
      expect((await deliver(address, 'wrong'.repeat(4))).status).toBe(401)
    }
    expect((await fetch(`${url}/`)).status).not.toBe(202)
  })
})

/** A signed ping, as GitHub sends it when the webhook was configured. */
function deliver(address: string, key: string): Promise<Response> {
  const body = JSON.stringify({ zen: 'Keep it logically awesome.', hook_id: 1, hook: { type: 'App' } })
  return fetch(address, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'ping',
      'x-github-delivery': crypto.randomUUID(),
      'x-hub-signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
    },
  })
}
