/** The stand-in's Actions: real commands on real commits, reported as GitHub reports them. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { ACTIONS_APP_ID, type Ci, type CiInput, enableCi } from '../../world/ci/ci.ts'
import { latestAttempt, type WorkflowRun } from '../../world/ci/records.ts'
import { asksToSkip } from '../../world/ci/skip.ts'
import { zip } from '../../world/ci/zip.ts'
import { createContract } from '../../world/contract/contract.ts'
import { mintToken } from '../../world/github/tokens.ts'
import { type GitHubWorld, startGitHub } from '../../world/github/world.ts'

const REPO = 'acme/shop'
const WORKFLOW = '.github/workflows/ci.yml'
const PASSING = `import test from 'node:test'\nimport assert from 'node:assert'\ntest('adds', () => assert.equal(1 + 1, 2))\n`
const FAILING = PASSING.replace('2))', '3))')

let world: GitHubWorld | undefined

async function start(input: Partial<CiInput> = {}): Promise<{ world: GitHubWorld; ci: Ci }> {
  const started = await startGitHub({ contract: createContract() })
  world = started
  started.createUser('ada')
  started.createUser('acme')
  started.createUser('reader')
  await started.createRepo('acme', 'shop', {
    collaborators: { ada: 'write' },
    files: {
      [WORKFLOW]: 'name: CI\n',
      'package.json': JSON.stringify({ type: 'module', scripts: { test: 'node --test' } }),
      'sum.test.js': PASSING,
    },
  })
  started.installApp(started.app, 'acme')
  return {
    world: started,
    ci: await enableCi(started, REPO, { jobs: [{ name: 'test', run: 'npm test' }], ...input }),
  }
}

afterEach(async () => {
  const ended = world
  world = undefined
  await ended?.close()
  expect(new Set(ended?.violations.map((v) => `${v.where}: ${v.message}`))).toEqual(new Set())
})

async function api(on: GitHubWorld, path: string, init: RequestInit & { token?: string } = {}) {
  const token = init.token ?? on.tokenOf('ada')
  return fetch(`${on.apiUrl}/repos/${REPO}${path}`, {
    redirect: 'manual',
    ...init,
    headers: { authorization: `Bearer ${token}` },
  })
}
const json = async (on: GitHubWorld, path: string) =>
  (await api(on, path)).json() as Promise<Record<string, never>>

const only = (runs: WorkflowRun[]): WorkflowRun => {
  expect(runs).toHaveLength(1)
  const [run] = runs
  if (run === undefined) throw new Error('no run')
  return run
}
const told = (on: GitHubWorld, ...events: string[]) =>
  on.events.filter((e) => events.includes(e.event)).map((e) => `${e.event}.${e.action}`)

describe('a push', () => {
  test('G17: really runs the tests of that commit and reports run, suite and check as GitHub Actions does', async () => {
    const { world, ci } = await start()
    const sha = await world.as('ada').push(REPO, 'topic', { files: { 'a.txt': 'a' } })
    await world.idle()
    const checks = await json(world, `/commits/${sha}/check-runs`)
    expect(checks).toMatchObject({
      total_count: 1,
      check_runs: [
        {
          name: 'test',
          status: 'completed',
          conclusion: 'success',
          app: { id: ACTIONS_APP_ID, slug: 'github-actions' },
        },
      ],
    })
    const run = only(ci.runs(sha))
    expect(await json(world, `/actions/runs?head_sha=${sha}`)).toMatchObject({
      total_count: 1,
      workflow_runs: [
        {
          id: run.id,
          event: 'push',
          path: WORKFLOW,
          head_sha: sha,
          head_branch: 'topic',
          conclusion: 'success',
          check_suite_id: run.suiteId,
        },
      ],
    })
    expect(told(world, 'workflow_run', 'workflow_job', 'check_run', 'check_suite')).toEqual([
      'check_suite.requested',
      'workflow_run.requested',
      'check_run.created',
      'workflow_job.queued',
      'workflow_job.in_progress',
      'workflow_run.in_progress',
      'check_run.completed',
      'check_suite.completed',
      'workflow_job.completed',
      'workflow_run.completed',
    ])
  })

  test('P8: a failing test is a failed check with an annotation and a dated log that names it', async () => {
    const { world, ci } = await start()
    const sha = await world.as('ada').push(REPO, 'topic', { files: { 'sum.test.js': FAILING } })
    await world.idle()
    const run = only(ci.runs(sha))
    expect(latestAttempt(run).conclusion).toBe('failure')
    const { jobs } = (await json(world, `/actions/runs/${run.id}/jobs`)) as unknown as {
      jobs: { id: number; steps: unknown[] }[]
    }
    const job = jobs[0]?.id
    expect(jobs[0]?.steps).toContainEqual(
      expect.objectContaining({ name: 'Run npm test', conclusion: 'failure' }),
    )
    const redirect = await api(world, `/actions/jobs/${job}/logs`)
    expect(redirect.status).toBe(302)
    const log = await (await fetch(redirect.headers.get('location') ?? '')).text()
    expect(log).toContain('##[group]Run npm test')
    expect(log).toContain('\u001b[36;1mnpm test\u001b[0m')
    expect(log).toMatch(/AssertionError.* 2 == 3/)
    expect(
      log
        .trimEnd()
        .split('\n')
        .every((line) => /^\uFEFF?\d{4}-\d\d-\d\dT[\d:]{8}\.\d{7}Z /.test(line)),
    ).toBe(true)
    expect(log).toContain('##[error]Process completed with exit code 1.')
    const [annotation] = (await json(world, `/check-runs/${job}/annotations`)) as unknown as {
      message: string
    }[]
    expect(annotation?.message).toBe('Process completed with exit code 1.')
  })

  test('T25: the command sees none of our environment, and the node that runs us', async () => {
    process.env['WORLD_CI_SECRET'] = 'hush'
    const { world, ci } = await start({
      jobs: [{ name: 'env', run: 'env; node --version; git rev-parse HEAD' }],
      env: { EXTRA: 'yes' },
    })
    const sha = await world.as('ada').push(REPO, 'topic', { files: { 'a.txt': 'a' } })
    await world.idle()
    const log = ci.logs(only(ci.runs(sha)))['env'] ?? ''
    expect(log).not.toContain('hush')
    expect(log).toContain('EXTRA=yes')
    expect(log).toContain(process.version)
    expect(log).toContain(` ${sha}\n`)
    delete process.env['WORLD_CI_SECRET']
  })

  test('T16: no run when the commit lacks the workflow file or asks to skip', async () => {
    const { world, ci } = await start({ events: ['push', 'pull_request'] })
    const ada = world.as('ada')
    const gone = await ada.push(REPO, 'silent', { files: { [WORKFLOW]: null } })
    const skipped = await ada.push(REPO, 'skip', {
      files: { 'a.txt': 'a' },
      message: 'Change a\n\n[skip ci]',
    })
    await ada.openPull(REPO, { title: 'Skip', head: 'skip' })
    await world.idle()
    expect([...ci.runs(gone), ...ci.runs(skipped)]).toEqual([])
  })

  test('a job is bounded in time and output, and takes its children with it', async () => {
    const { world, ci } = await start({
      jobs: [
        { name: 'slow', run: 'sleep 60 & echo $!; sleep 60' },
        { name: 'flood', run: 'yes' },
      ],
      timeoutMs: 4_000,
      outputBytes: 10_000,
      concurrency: 2,
    })
    const sha = await world.as('ada').push(REPO, 'topic', { files: { 'a.txt': 'a' } })
    await world.idle()
    const run = only(ci.runs(sha))
    expect(latestAttempt(run).jobs.map((job) => [job.name, job.conclusion])).toEqual([
      ['slow', 'cancelled'],
      ['flood', 'failure'],
    ])
    const logs = ci.logs(run)
    expect(logs['slow']).toContain('exceeded the maximum execution time of 4 s')
    expect(logs['flood']).toContain('more than 10000 bytes')
    expect((logs['flood'] ?? '').length).toBeLessThan(30_000)
    const child = Number(/Z (\d+)\n/.exec(logs['slow'] ?? '')?.[1])
    expect(child).toBeGreaterThan(1)
    expect(isAlive(child)).toBe(false)
  })

  test('closing the world ends what runs at once', async () => {
    const { world: closing } = await start({ jobs: [{ name: 'slow', run: 'sleep 60' }] })
    await closing.as('ada').push(REPO, 'topic', { files: { 'a.txt': 'a' } })
    while (!told(closing, 'workflow_job').includes('workflow_job.in_progress'))
      await new Promise((r) => setTimeout(r, 10))
    const before = Date.now()
    await closing.close()
    expect(Date.now() - before).toBeLessThan(5_000)
    expect(told(closing, 'workflow_job')).toContain('workflow_job.completed')
    closing.close = async () => undefined
  })
})

describe('runs, attempts and artifacts', () => {
  test('T15: push and pull request of one commit are two runs with a suite each, told apart by event', async () => {
    const { world, ci } = await start({ events: ['push', 'pull_request'] })
    const ada = world.as('ada')
    const first = await ada.push(REPO, 'topic', { files: { 'a.txt': 'a' } })
    await ada.openPull(REPO, { title: 'Topic', head: 'topic' })
    await world.idle()
    expect(ci.runs(first).map((run) => run.event)).toEqual(['push', 'pull_request'])
    expect(new Set(ci.runs(first).map((run) => run.suiteId)).size).toBe(2)
    const second = await ada.push(REPO, 'topic', { files: { 'b.txt': 'b' } })
    await world.idle()
    expect(
      ci
        .runs(second)
        .map((run) => run.event)
        .sort(),
    ).toEqual(['pull_request', 'push'])
    const list = await json(
      world,
      `/actions/runs?head_sha=${second}&event=pull_request&status=success&branch=topic`,
    )
    expect(list).toMatchObject({
      total_count: 1,
      workflow_runs: [{ event: 'pull_request', pull_requests: [{ number: 1 }] }],
    })
    expect(await json(world, `/actions/workflows/ci.yml/runs?event=push`)).toMatchObject({ total_count: 2 })
    expect(await json(world, '/actions/workflows')).toMatchObject({
      total_count: 1,
      workflows: [{ name: 'CI', path: WORKFLOW }],
    })
    // Both checks of one name stand side by side, as on GitHub.
    expect(await json(world, `/commits/${second}/check-runs`)).toMatchObject({ total_count: 2 })
  })

  test('a rerun is a second attempt of the same run; of failed jobs it keeps what passed', async () => {
    const { world, ci } = await start({
      jobs: [
        { name: 'lint', run: 'true' },
        { name: 'test', run: '[ "$GITHUB_RUN_ATTEMPT" -gt 1 ]' },
      ],
    })
    const sha = await world.as('ada').push(REPO, 'topic', { files: { 'a.txt': 'a' } })
    await world.idle()
    const run = only(ci.runs(sha))
    expect(latestAttempt(run).conclusion).toBe('failure')
    expect((await api(world, `/actions/runs/${run.id}/rerun-failed-jobs`, { method: 'POST' })).status).toBe(
      201,
    )
    await world.idle()
    expect(await json(world, `/actions/runs/${run.id}`)).toMatchObject({
      run_attempt: 2,
      conclusion: 'success',
      check_suite_id: run.suiteId,
    })
    expect(await json(world, `/actions/runs/${run.id}/attempts/1`)).toMatchObject({
      run_attempt: 1,
      conclusion: 'failure',
    })
    expect(await json(world, `/actions/runs/${run.id}/attempts/1/jobs`)).toMatchObject({ total_count: 2 })
    expect(await json(world, `/actions/runs/${run.id}/jobs?filter=all`)).toMatchObject({ total_count: 3 })
    expect((await api(world, `/actions/runs/${run.id}/rerun`, { method: 'POST' })).status).toBe(201)
    expect((await api(world, `/actions/runs/${run.id}/rerun`, { method: 'POST' })).status).toBe(403)
    expect((await api(world, `/actions/runs/${run.id}/cancel`, { method: 'POST' })).status).toBe(202)
    await world.idle()
    expect(latestAttempt(run).number).toBe(3)
  })

  test('G18: an uploaded report arrives as a zip that unzip reads, a missing one as a warning', async () => {
    const { world, ci } = await start({
      jobs: [
        {
          name: 'test',
          run: 'echo no > ~/out.txt; mkdir -p coverage/deep && echo TN: > coverage/lcov.info && echo é > coverage/deep/é.txt',
        },
      ],
      artifacts: [
        { name: 'coverage', path: 'coverage' },
        { name: 'bundle', path: 'dist' },
        { name: 'outside', path: '../home' },
      ],
    })
    const sha = await world.as('ada').push(REPO, 'topic', { files: { 'a.txt': 'a' } })
    await world.idle()
    const run = only(ci.runs(sha))
    const list = (await json(world, `/actions/runs/${run.id}/artifacts`)) as unknown as {
      artifacts: { id: number; name: string }[]
    }
    expect(list.artifacts.map((one) => one.name)).toEqual(['coverage'])
    expect(ci.logs(run)['test']).toContain('##[warning]No files were found with the provided path: dist.')
    const redirect = await api(world, `/actions/artifacts/${list.artifacts[0]?.id}/zip`)
    const dir = await mkdtemp(join(tmpdir(), 'ci-test-'))
    const file = join(dir, 'coverage.zip')
    await writeFile(
      file,
      Buffer.from(await (await fetch(redirect.headers.get('location') ?? '')).arrayBuffer()),
    )
    expect(extract(file, dir)).toBe(0)
    expect(await readFile(join(dir, 'lcov.info'), 'utf8')).toBe('TN:\n')
    expect(await readFile(join(dir, 'deep', 'é.txt'), 'utf8')).toBe('é\n')
    await rm(dir, { recursive: true })
  })

  test('an installation needs actions:read to look and actions:write to run again; a reader may only look', async () => {
    const { world, ci } = await start({ events: [] })
    const sha = await world.as('ada').push(REPO, 'topic', { files: { 'a.txt': 'a' } })
    const run = await ci.report(sha, { conclusion: 'success' })
    const [installation] = world.state.installations.values()
    if (installation === undefined) throw new Error('no installation')
    const token = (permissions: Record<string, 'read'>) =>
      mintToken(world.site, installation, { repositoryIds: null, permissions }).token
    expect((await api(world, '/actions/runs', { token: token({ checks: 'read' }) })).status).toBe(403)
    const reading = token({ actions: 'read' })
    expect((await api(world, '/actions/runs', { token: reading })).status).toBe(200)
    expect(
      (await api(world, `/actions/runs/${run.id}/rerun`, { method: 'POST', token: reading })).status,
    ).toBe(403)
    const reader = world.tokenOf('reader')
    expect((await api(world, `/actions/runs/${run.id}`, { token: reader })).status).toBe(200)
    expect(
      (await api(world, `/actions/runs/${run.id}/rerun`, { method: 'POST', token: reader })).status,
    ).toBe(403)
  })
})

describe('scripted results', () => {
  test('T15: a forged check of the same name comes from another App, one of the wrong workflow from another path', async () => {
    const { world, ci } = await start({ events: [] })
    const sha = await world.as('ada').push(REPO, 'topic', { files: { 'a.txt': 'a' } })
    await world.idle()
    expect(ci.runs()).toEqual([])
    const run = await ci.report(sha, { conclusion: null })
    await ci.report(sha, { conclusion: 'success', workflow: '.github/workflows/other.yml' })
    await ci.reportAs(sha, { app: 'forger', name: 'test', conclusion: 'success' })
    await world.idle()
    const checks = (await json(world, `/commits/${sha}/check-runs`)) as unknown as {
      check_runs: { app: { slug: string }; conclusion: string | null }[]
    }
    const seen = checks.check_runs.map((check) => `${check.app.slug} ${check.conclusion}`).sort()
    expect(seen).toEqual(['forger success', 'github-actions null', 'github-actions success'])
    expect(await json(world, `/actions/runs?head_sha=${sha}`)).toMatchObject({
      workflow_runs: [{ path: '.github/workflows/other.yml' }, { path: WORKFLOW, status: 'in_progress' }],
    })
    await ci.finish(run, 'failure')
    expect(await json(world, `/actions/runs/${run.id}`)).toMatchObject({
      status: 'completed',
      conclusion: 'failure',
    })
  })

  test('enableCi refuses a repository without the workflow file and says what to do', async () => {
    const { world } = await start()
    await expect(enableCi(world, REPO, { workflow: '.github/workflows/no.yml', jobs: [] })).rejects.toThrow(
      'acme/shop@main holds no .github/workflows/no.yml, so GitHub would run nothing; add the file',
    )
  })
})

describe('small parts', () => {
  test('skip words count anywhere in the message, the trailer only at its end', () => {
    expect(asksToSkip('Fix\n\nbecause [ci skip]')).toBe(true)
    expect(asksToSkip('Fix\n\n\nskip-checks: true')).toBe(true)
    expect(asksToSkip('Fix\n\nSigned-off-by: a\nskip-checks: true\n')).toBe(true)
    expect(asksToSkip('skip-checks: true')).toBe(false)
    expect(asksToSkip('Fix\n\nskip-checks: true\n\nmore')).toBe(false)
    expect(asksToSkip('[skip c i]')).toBe(false)
  })

  test('an archive is bounded', () => {
    const entry = { name: 'a', bytes: Buffer.alloc(1) }
    expect(() => zip(Array.from({ length: 1_001 }, () => entry))).toThrow(RangeError)
    expect(zip([]).length).toBe(22)
  })
})

/** Unpacks with an independent program; Python is on every machine that builds native addons. */
const extract = (file: string, dir: string) =>
  spawnSync('python3', ['-m', 'zipfile', '-e', file, dir], { env: { PATH: '/usr/local/bin:/usr/bin:/bin' } })
    .status

/** An ended process whose parent has not asked for it yet still has an entry, in state Z. */
function isAlive(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
  return state !== '' && !state.startsWith('Z')
}
