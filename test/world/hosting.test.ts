/** The stand-in's jobs really deploy: a commit becomes a process, its address a deployment's, and nothing outlives the world. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import {
  behaviourChange,
  behaviours,
  deployOnDeployment,
  deployOnPush,
  serviceFiles,
} from '../../demo/deploying.ts'
import { filesBelow } from '../../demo/stage.ts'
import { enableCi } from '../../world/ci/ci.ts'
import { evaluate, outputsOf } from '../../world/ci/expressions.ts'
import { partByNeeds } from '../../world/ci/needs.ts'
import type { WorkflowRun } from '../../world/ci/records.ts'
import { latestAttempt } from '../../world/ci/records.ts'
import { mintToken } from '../../world/github/tokens.ts'
import { type Hosting, startHosting } from '../../world/hosting/hosting.ts'
import type { Files, GitHubWorld } from '../../world/index.ts'
import { request, world } from './github.ts'

const SHOP = 'acme/ledgerly'
// A story starts half a dozen services, one after the other, on whatever machine this is.
jest.setTimeout(240_000)
/** A zombie that nobody has reaped yet has ended too. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}

/** The services that this process has started and that have not ended, known to their host or not. */
function services(): string[] {
  const { stdout } = spawnSync('ps', ['-o', 'stat=,args=', '--ppid', String(process.pid)], {
    encoding: 'utf8',
  })
  return stdout.split('\n').filter((line) => line.endsWith('node service/server.ts') && !line.startsWith('Z'))
}

async function town() {
  const github = await world({ events: ['deployment', 'deployment_status', 'deployment_protection_rule'] })
  const hosting = await startHosting({ world: github })
  await github.createRepo('acme', 'ledgerly', {
    files: { ...(await filesBelow('demo/repository')), ...(await serviceFiles()) },
    collaborators: { bob: 'write' },
  })
  const ci = await enableCi(github, SHOP, deployOnPush(hosting))
  await enableCi(github, SHOP, deployOnDeployment(hosting))
  const push = async (files: Files) => {
    const sha = await github.as('bob').push(SHOP, 'main', { files })
    await github.idle()
    return sha
  }
  return { hosting, github, ci, push }
}

function byApp(github: GitHubWorld, method: string, path: string, body: unknown) {
  const [installation] = [...github.state.installations.values()]
  if (!installation) throw new Error('not installed')
  const { token } = mintToken(github.site, installation, { repositoryIds: null, permissions: null })
  return request(github.apiUrl, `Bearer ${token}`, method, `/repos/${SHOP}${path}`, body)
}
const told = (github: GitHubWorld) =>
  [...github.state.deployments.values()].map(({ environment, sha, statuses }) => ({
    environment,
    sha,
    states: statuses.map(({ state }) => state),
    url: statuses.findLast(({ state }) => state === 'success')?.environmentUrl,
  }))
const health = async (url: string | undefined) => {
  const answer = await fetch(`${url}/health`)
  return { code: answer.status, ...((await answer.json()) as { version: string }) }
}
const clean = (github: GitHubWorld) => expect(github.violations).toEqual([])

test('R1: a push deploys its commit to staging, then to production; a later one replaces it at the same address', async () => {
  const { hosting, github, push } = await town()
  const first = await push(behaviourChange(behaviours.healthy))
  const { staging, production } = hosting.running()
  expect(told(github)).toEqual([
    { environment: 'staging', sha: first, states: ['in_progress', 'success'], url: staging?.url },
    { environment: 'production', sha: first, states: ['in_progress', 'success'], url: production?.url },
  ])
  expect(staging?.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(await health(staging?.url)).toMatchObject({ version: first })

  const ends = github.events.filter(({ event, action }) => event === 'workflow_run' && action === 'completed')
  expect(ends).toHaveLength(1)

  const second = await push(behaviourChange(behaviours.unwell))
  expect(hosting.running()['staging']).toMatchObject({ version: second, url: staging?.url })
  expect(await health(staging?.url)).toMatchObject({ code: 503, version: second })
  expect([staging, production].map((one) => isAlive(one?.pid ?? 0))).toEqual([false, false])
  clean(github)
})

test('R1: a branch deploys nothing; a version that does not start fails its job, and the old one goes on', async () => {
  const { hosting, github, ci, push } = await town()
  const good = await push(behaviourChange({}))
  await github.as('bob').push(SHOP, 'topic', { files: behaviourChange({ errorRatio: 1 }) })
  await github.idle()
  expect(told(github)).toHaveLength(2)
  const bad = await push({ 'service/behaviour.json': '{ "errorRatio": 2 }' })
  expect(told(github).slice(2)).toEqual([
    { environment: 'staging', sha: bad, states: ['in_progress', 'failure'], url: undefined },
  ])
  const [run] = ci.runs(bad)
  if (!run) throw new Error('no run')
  expect(latestAttempt(run)).toMatchObject({
    conclusion: 'failure',
    jobs: [
      { name: 'staging', conclusion: 'failure' },
      { name: 'production', conclusion: 'skipped' },
    ],
  })
  expect(ci.logs(run)['staging']).toContain('behaviour.json: errorRatio is a number from 0 to 1')
  expect(await health(hosting.running()['staging']?.url)).toMatchObject({ code: 200, version: good })
  clean(github)
})

test('R2: production waits for the App after staging runs; its no leaves the old version where it is', async () => {
  const { hosting, github, push } = await town()
  const first = await push(behaviourChange({}))
  const rule = '/environments/production/deployment_protection_rules'
  const token = github.tokenOf('alice')
  const made = await request(github.apiUrl, `Bearer ${token}`, 'POST', `/repos/${SHOP}${rule}`, {
    integration_id: github.app.id,
  })
  expect(made.status).toBe(201)
  const second = await push(behaviourChange({ delayMs: 1 }))
  expect(told(github).slice(2)).toMatchObject([
    { environment: 'staging', sha: second, states: ['in_progress', 'success'] },
    { environment: 'production', sha: second, states: ['waiting'] },
  ])
  // The question comes when staging runs, not before.
  const order = github.events
    .filter(({ payload }) => (payload['deployment'] as { sha?: string } | undefined)?.sha === second)
    .map(({ event, payload }) => `${event} ${(payload['deployment'] as { environment: string }).environment}`)
  expect(order.indexOf('deployment_protection_rule production')).toBeGreaterThan(
    order.lastIndexOf('deployment_status staging'),
  )
  const [held] = [...github.state.holds]
  await byApp(github, 'POST', `/actions/runs/${held?.runId}/deployment_protection_rule`, {
    environment_name: 'production',
    state: 'rejected',
    comment: 'not this one',
  })
  await github.idle()
  expect(hosting.running()).toMatchObject({ staging: { version: second }, production: { version: first } })
  clean(github)
})

test('R4: a deployment of an older commit really brings it back, and is told so with the address', async () => {
  const { hosting, github, push } = await town()
  const good = await push(behaviourChange({}))
  const bad = await push(behaviourChange(behaviours.failing))
  expect(hosting.running()['production']?.version).toBe(bad)
  const { status, body } = await byApp(github, 'POST', '/deployments', {
    ref: good,
    environment: 'production',
    auto_merge: false,
    required_contexts: [],
  })
  expect(status).toBe(201)
  await github.idle()
  expect(github.state.deployments.get(body.id)?.statuses).toMatchObject([
    { state: 'in_progress' },
    { state: 'success', environmentUrl: hosting.running()['production']?.url },
  ])
  expect(await health(hosting.running()['production']?.url)).toMatchObject({ version: good })
  clean(github)
})

test('the end of the world is the end of its services, also of one that is being brought', async () => {
  const { hosting, github, push } = await town()
  await push(behaviourChange({}))
  const pids = Object.values(hosting.running()).map(({ pid }) => pid)
  expect(pids.map(isAlive)).toEqual([true, true])
  await github.as('bob').push(SHOP, 'main', { files: behaviourChange({ delayMs: 1 }) })
  // The next version has been started beside the one that runs.
  for (const deadline = Date.now() + 60_000; services().length < 3 && Date.now() < deadline; )
    await new Promise((resolve) => setTimeout(resolve, 5))
  expect(services().length).toBeGreaterThan(2)
  await github.close()
  github.close = async () => undefined
  expect([...pids.filter(isAlive), ...services()]).toEqual([])
})

describe('the host', () => {
  const put = (url: string, body: Buffer | string) =>
    fetch(`${url}/environments/a%20b?version=1`, { method: 'PUT', body: new Uint8Array(Buffer.from(body)) })

  async function archive(files: Record<string, string>): Promise<Buffer> {
    const folder = await mkdtemp(join(tmpdir(), 'hosting-test-'))
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    const tar = execFileSync('tar', ['-c', '-C', folder, '.'])
    await rm(folder, { recursive: true })
    return tar
  }
  async function host(): Promise<Hosting> {
    hosting = await startHosting({ env: { WORD: 'hello' } })
    return hosting
  }
  let hosting: Hosting | undefined
  afterEach(() => hosting?.close())

  test('refuses what is no archive, names no command, or never listens, with the reason', async () => {
    const { url, running } = await host()
    for (const [body, reason] of [
      ['no archive at all', /no tar archive|Procfile/],
      [await archive({ 'a.txt': 'a' }), /Procfile/],
      [await archive({ Procfile: 'worker: true' }), /no line "web: COMMAND"/],
      [await archive({ Procfile: 'web: sh -c "echo broken; exit 3"' }), /ended before it listened:\nbroken/],
    ] as const) {
      const answer = await put(url, body)
      expect([answer.status, await answer.text()]).toEqual([422, expect.stringMatching(reason)])
    }
    expect(running()).toEqual({})
  })

  test('a service gets its variables and none of ours, and ends with what it started', async () => {
    const { url, running } = await host()
    const server = `
      const child = require('node:child_process').spawn('sleep', ['600'])
      require('node:http').createServer((q, r) => r.end(JSON.stringify({ ...process.env, child: child.pid }))).listen(process.env.PORT)`
    const { url: address } = (await (
      await put(url, await archive({ Procfile: 'web: node server.cjs', 'server.cjs': server }))
    ).json()) as { url: string }
    const { child, ...env } = (await (await fetch(address)).json()) as Record<string, string>
    expect(env).toMatchObject({ WORD: 'hello', VERSION: '1' })
    expect(Object.keys(env).sort()).toEqual(
      expect.not.arrayContaining(['COUNTERSIGN_REQUIRE', 'NODE_OPTIONS', 'npm_config_user_agent']),
    )
    expect([running()['a b']?.pid ?? 0, Number(child)].map(isAlive)).toEqual([true, true])
    await hosting?.close()
    expect(isAlive(Number(child))).toBe(false)
    const outcome = await fetch(address).then(
      () => 'answered',
      () => 'gone',
    )
    expect(outcome).toBe('gone')
  })
})

describe('the words of a workflow', () => {
  const said = (expression: string) => `\${{ ${expression} }}`
  const run = {
    headSha: 'abc',
    payload: { inputs: { to: 'staging' }, deployment: { environment: 'production' } },
  }
  test.each([
    [said('inputs.to'), 'staging'],
    [`x-${said('github.event.deployment.environment')}`, 'x-production'],
    [said('github.sha'), 'abc'],
    [said('steps.any.outputs.url'), 'http://a/'],
    [said('steps.any.outputs.other'), ''],
    [said('github.event.constructor.name'), ''],
    ['plain', 'plain'],
  ])('%s', (text, value) => {
    expect(evaluate(text, run as unknown as WorkflowRun, { outputs: { url: 'http://a/' } })).toBe(value)
  })

  test('outputs are lines, or texts with an end of their own', () => {
    expect(outputsOf('url=http://a/?b=c\nbody<<END\none\ntwo=2\nEND\nlast=1\nopen<<NEVER\nx')).toEqual({
      url: 'http://a/?b=c',
      body: 'one\ntwo=2',
      last: '1',
    })
  })

  test('a job waits for what it needs, and for nothing that does not exist', () => {
    const outline = (name: string, ...needs: string[]) => ({ name, needs })
    const job = (name: string, conclusion: 'success' | 'failure' | null) => ({
      name,
      status: conclusion === null ? ('in_progress' as const) : ('completed' as const),
      conclusion,
    })
    const jobs = [job('a', 'success'), job('b', 'failure'), job('c', null)]
    const outlines = [
      outline('d', 'a'),
      outline('e', 'a', 'b'),
      outline('f', 'a', 'c'),
      outline('g', 'd'),
      outline('h'),
    ]
    const { ready, skipped, waiting } = partByNeeds(outlines, jobs)
    expect([ready, skipped, waiting].map((part) => part.map(({ name }) => name))).toEqual([
      ['d', 'h'],
      ['e'],
      ['f', 'g'],
    ])
    expect(() => partByNeeds([outline('x', 'nobody')], jobs)).toThrow('x needs nobody, which is no job')
  })
})
