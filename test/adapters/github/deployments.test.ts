/** Deployments through the adapter: what is read of them, that each is made once, and the answers to held jobs. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createReadings } from '../../../src/adapters/github/readings.ts'
import { dropping } from '../../../src/adapters/github/readingsOfActs.ts'
import { staleAfter } from '../../../src/app/stale.ts'
import { RetryLater } from '../../../src/core/errors.ts'
import { intake } from '../../../src/intake/intake.ts'
import { type CiInput, enableCi } from '../../../world/ci/ci.ts'
import { addDeploymentStatus, createDeployment } from '../../../world/github/ops/deployments.ts'
import type { Deployment, DeploymentState } from '../../../world/github/state.ts'
import { type Bench, startBench } from './support.ts'

const workflow = '.github/workflows/deploy.yml'
let bench: Bench
let sha: string

beforeEach(async () => {
  bench = await startBench()
  sha = await bench.world.as('ada').push(bench.name, 'main', { files: { [workflow]: 'name: Deploy\n' } })
})
afterEach(async () => {
  const { violations } = bench.world
  await bench.close()
  expect(violations).toEqual([])
})

const account = (login: string) => {
  const found = [...bench.world.state.accounts.values()].find((one) => one.login === login)
  if (!found) throw new Error(`no account ${login}`)
  return found
}
const bot = () => account(`${bench.world.app.slug}[bot]`)
const repo = () => bench.world.repo(bench.name)
const kept = () => [...bench.world.state.deployments.values()]
/** As somebody else makes one: through the website, or with a token of theirs. */
const foreign = (login: string, over: Partial<Parameters<typeof createDeployment>[4]> = {}) =>
  createDeployment(bench.world.site, repo(), account(login), null, {
    sha,
    ref: 'main',
    environment: 'production',
    ...over,
  })
const say = (
  one: Deployment,
  state: DeploymentState,
  over: { logUrl?: string; environmentUrl?: string } = {},
) => addDeploymentStatus(bench.world.site, one, account('ada'), null, { state, ...over })
const read = (...spellings: string[]) =>
  bench.forge.deployments(bench.name, spellings.length > 0 ? spellings : ['production'], [])
const wanted = (over: object = {}) => ({
  sha,
  environment: 'production',
  marker: 'rollout:acme/shop@production deploy 1',
  description: 'The rollout of\nthis commit',
  ...over,
})
const make = (over: object = {}) => bench.forge.createDeployment(bench.name, wanted(over))
/** What intake makes of the webhook about it. */
const understand = (one: Deployment) =>
  intake(
    'deployment_status',
    {
      action: 'created',
      repository: { full_name: bench.name },
      deployment: { environment: one.environment },
    },
    'guid',
    { appId: bench.world.app.id, own: new Set() },
  )
const lost = (path: RegExp) =>
  bench.world.faults.rest({
    kind: 'applied-but-lost',
    when: (request) => request.method === 'POST' && path.test(request.path),
  })

describe('reading', () => {
  test('R1: the deployments to one environment, newest first, each with its latest status', async () => {
    const first = foreign('lin')
    say(first, 'in_progress')
    say(first, 'success', { environmentUrl: 'https://shop.example/' })
    say(first, 'inactive')
    foreign('lin', { environment: 'staging' })
    const second = foreign('lin')
    expect(await read()).toEqual([
      {
        id: second.id,
        sha,
        environment: 'production',
        createdBy: { id: account('lin').id, login: 'lin', type: 'User' },
        viaApp: null,
        marker: null,
        state: 'none',
        succeeded: false,
        beganMs: null,
        environmentUrl: null,
        runId: null,
      },
      expect.objectContaining({
        id: first.id,
        state: 'inactive',
        succeeded: true,
        beganMs: Date.parse(first.statuses[0]?.createdAt ?? ''),
        environmentUrl: 'https://shop.example/',
      }),
    ])
    expect(await read('nowhere')).toEqual([])
  })

  test('R1: GitHub ignores the case of environments: one in other letters is found, later on by its own spelling', async () => {
    const other = foreign('lin', { environment: 'Production' })
    const first = foreign('lin')
    expect((await read()).map(({ id, environment }) => [id, environment])).toEqual([
      [first.id, 'production'],
      [other.id, 'Production'],
    ])
    // Many previews later it is no longer among the repository's newest.
    for (let many = 0; many < 100; many++) foreign('lin', { environment: `preview-${many}` })
    expect((await read()).map(({ id }) => id)).toEqual([first.id])
    expect((await read('production', 'Production')).map(({ id }) => id)).toEqual([first.id, other.id])
  })

  test('R1: at most twenty, the newest', async () => {
    const ids = Array.from({ length: 23 }, () => foreign('lin').id)
    expect((await read()).map(({ id }) => id)).toEqual(ids.reverse().slice(0, 20))
  })

  test('R4: one that is asked for is told however many newer ones there are, and wherever a status moves it', async () => {
    const first = foreign('lin')
    say(first, 'success')
    for (let many = 0; many < 25; many++) foreign('lin')
    const asked = (...open: number[]) => bench.forge.deployments(bench.name, ['production'], open)
    expect(await read()).toHaveLength(20)
    const told = await asked(first.id, 999_999)
    expect(told).toHaveLength(21)
    expect(told.at(-1)).toMatchObject({ id: first.id, succeeded: true })
    addDeploymentStatus(bench.world.site, first, account('lin'), null, {
      state: 'in_progress',
      environment: 'elsewhere',
    })
    expect((await asked(first.id)).at(-1)).toMatchObject({ id: first.id, succeeded: true })
  })

  test('R1: every state, as it is', async () => {
    const states: DeploymentState[] = [
      ...([
        'pending',
        'queued',
        'waiting',
        'in_progress',
        'success',
        'failure',
        'error',
        'inactive',
      ] as const),
    ]
    for (const state of states) say(foreign('lin'), state)
    const told = (await read()).map(({ state, succeeded }) => [state, succeeded])
    expect(told.reverse()).toEqual(states.map((state) => [state, state === 'success']))
  })

  test('R4: that it succeeded once outlives what is said later', async () => {
    const one = foreign('lin')
    for (const state of ['in_progress', 'success', 'failure'] as const) say(one, state)
    expect(await read()).toMatchObject([{ state: 'failure', succeeded: true }])
  })

  test('S9: what was said over more than one page counts too', async () => {
    const one = foreign('lin')
    say(one, 'success', { logUrl: 'http://127.0.0.1/acme/shop/actions/runs/7/job/1' })
    for (let count = 0; count < 120; count++) say(one, 'in_progress')
    expect(await read()).toMatchObject([{ state: 'in_progress', succeeded: true, runId: 7 }])
  })

  test('R2: the log address names the run, where it is one of this repository', async () => {
    const rows: [string, number | null][] = [
      ['https://github.com/acme/shop/actions/runs/41/job/9', 41],
      ['https://github.com/Acme/Shop/actions/runs/41', 41],
      ['https://github.com/acme/deploys/actions/runs/41', null],
      ['https://github.com/acme/shop/actions/runs/0', null],
      [`https://github.com/acme/shop/actions/runs/${'9'.repeat(40)}`, null],
      ['https://github.com/acme/shop/actions/runs/41x', null],
      ['https://github.com/x/acme/shop/actions/runs/41', null],
      ['urn:acme/shop/actions/runs/41', null],
      ['https://ci.example/build/41', null],
    ]
    for (const [logUrl] of rows) say(foreign('lin'), 'in_progress', { logUrl })
    expect((await read()).map(({ runId }) => runId).reverse()).toEqual(rows.map(([, runId]) => runId))
  })

  test('T15: a status that names another run later does not change which run made it', async () => {
    const one = foreign('lin')
    say(one, 'waiting', { logUrl: 'https://github.com/acme/shop/actions/runs/41/job/9' })
    say(one, 'in_progress', { logUrl: 'https://github.com/acme/shop/actions/runs/99/job/9' })
    expect(await read()).toMatchObject([{ runId: 41 }])
  })

  test('T35: of environment addresses only what a probe could ask is told', async () => {
    const refused = ['javascript:alert(1)', 'file:///etc/passwd', 'mailto:ada@shop.example']
    for (const environmentUrl of [...refused, 'http://127.0.0.1:1/']) {
      const one = foreign('lin')
      say(one, 'success', { environmentUrl })
      say(one, 'failure')
    }
    expect((await read()).map(({ environmentUrl }) => environmentUrl)).toEqual([
      'http://127.0.0.1:1/',
      ...refused.map(() => null),
    ])
  })

  test('a second look asks GitHub and costs nothing where nothing changed', async () => {
    say(foreign('lin'), 'success')
    const before = await read()
    bench.counts.take()
    expect(await read()).toEqual(before)
    expect(bench.counts.take()).toEqual({ conditional: 3 })
  })

  test('one that is deleted between the list and its statuses is left out', async () => {
    const gone = foreign('lin')
    const stays = foreign('lin')
    bench.world.faults.rest({
      kind: 'error',
      status: 404,
      when: ({ path }) => path.endsWith(`/deployments/${gone.id}/statuses`),
    })
    expect((await read()).map(({ id }) => id)).toEqual([stays.id])
  })

  test('S9: one whose statuses cannot be read makes the whole no answer', async () => {
    foreign('lin')
    foreign('lin')
    bench.world.faults.rest({
      kind: 'error',
      status: 502,
      count: 9,
      when: ({ path }) => path.endsWith('/statuses'),
    })
    await expect(read()).rejects.toBeInstanceOf(RetryLater)
  })
})

describe('making', () => {
  test('R4: of an older commit, whatever its checks say, and it is read back as ours', async () => {
    const ci = await enableCi(bench.world, bench.name, { workflow, events: [], jobs: [] })
    await ci.report(sha, { name: 'test', conclusion: 'failure' })
    await bench.world.as('ada').push(bench.name, 'main', { files: { 'a.txt': 'newer' } })
    const id = await make()
    expect(kept()).toMatchObject([
      {
        id,
        sha,
        environment: 'production',
        description: 'The rollout of this commit',
        payload: { countersign: wanted().marker },
        production: true,
      },
    ])
    expect(await read()).toMatchObject([
      { id, createdBy: { id: bot().id }, viaApp: bench.world.app.id, marker: wanted().marker, state: 'none' },
    ])
  })

  test('S7: one whose answer was lost is found again, not made twice', async () => {
    lost(/\/deployments$/)
    await expect(make()).rejects.toBeInstanceOf(RetryLater)
    const [one] = kept()
    expect(await make()).toBe(one?.id)
    expect(kept()).toHaveLength(1)
  })

  test('S7: another marker, commit or environment is another deployment', async () => {
    const newer = await bench.world.as('ada').push(bench.name, 'main', { files: { 'a.txt': 'newer' } })
    const ids = [
      await make(),
      await make({ marker: 'another' }),
      await make({ sha: newer }),
      await make({ environment: 'staging' }),
    ]
    expect(new Set(ids).size).toBe(4)
    expect(await make({ environment: 'staging' })).toBe(ids[3])
  })

  test("T5: our marker in somebody else's deployment is nothing, and hides none of ours", async () => {
    const payload = { countersign: wanted().marker }
    const theirs = foreign('lin', { payload })
    expect(await read()).toMatchObject([{ id: theirs.id, marker: null }])
    expect(await make()).not.toBe(theirs.id)
  })

  test('a payload is an object or its text, and anything else is no marker', async () => {
    const rows: [Deployment['payload'], string | null][] = [
      [{ countersign: 'm', more: 1 }, 'm'],
      ['{"countersign":"m"}', 'm'],
      ['deploy please', null],
      ['"{\\"countersign\\":\\"m\\"}"', null],
      [{ countersign: 7 }, null],
      [{ countersign: '' }, null],
      [{}, null],
    ]
    // Shown without the App, as a server may that does not name it.
    for (const [payload] of rows)
      createDeployment(bench.world.site, repo(), bot(), null, {
        sha,
        ref: sha,
        environment: 'production',
        payload,
      })
    const told = (await read()).reverse()
    expect(told.map(({ marker }) => marker)).toEqual(rows.map(([, marker]) => marker))
    for (const { viaApp } of told) expect(viaApp).toBe(bench.world.app.id)
  })

  test('a commit that GitHub does not have is refused with its words', async () => {
    await expect(make({ sha: 'b'.repeat(40) })).rejects.toMatchObject({ name: 'Terminal', status: 422 })
    expect(kept()).toEqual([])
  })
})

describe('marking', () => {
  const mark = (id: number, state: 'failure' | 'error' = 'failure') =>
    bench.forge.markDeployment(bench.name, id, {
      state,
      environment: 'production',
      description: `${'too many errors '.repeat(20)}`,
    })

  test('R4: as failed, once, in a description that GitHub takes', async () => {
    const one = foreign('lin')
    say(one, 'success')
    lost(/\/statuses$/)
    await expect(mark(one.id)).rejects.toBeInstanceOf(RetryLater)
    await mark(one.id)
    expect(one.statuses.map(({ state }) => state)).toEqual(['success', 'failure'])
    expect(one.statuses[1]?.description).toMatch(/^too many errors .*…$/)
    await mark(one.id, 'error')
    expect(await read()).toMatchObject([{ state: 'error', succeeded: true }])
  })

  test('one that is gone needs no mark', async () => {
    await mark(424_242)
    expect(kept()).toEqual([])
  })
})

describe('held jobs', () => {
  async function held() {
    const admin = bench.world.tokenOf('ada')
    const environment = `${bench.world.apiUrl}/repos/${bench.name}/environments/production`
    const ask = (method: string, url: string, body: object) =>
      fetch(url, { method, headers: { authorization: `Bearer ${admin}` }, body: JSON.stringify(body) })
    bench.world.app.events.push('deployment_protection_rule')
    expect((await ask('PUT', environment, {})).status).toBe(200)
    const rule = await ask('POST', `${environment}/deployment_protection_rules`, {
      integration_id: bench.world.app.id,
    })
    expect(rule.status).toBe(201)
    const ci = await enableCi(bench.world, bench.name, {
      workflow,
      jobs: [{ name: 'deploy', run: 'echo deployed', environment: { name: 'production' } }],
    })
    const head = await bench.world.as('ada').push(bench.name, 'main', { files: { 'a.txt': 'a' } })
    await bench.world.idle()
    const [run] = ci.runs(head)
    if (!run) throw new Error('no run')
    return { ci, run }
  }
  const answer = (runId: number, state: 'approved' | 'rejected' | null, comment = 'Because.') =>
    bench.forge.answerProtection(bench.name, { runId, environment: 'production', state, comment })
  const states = () => kept().map(({ statuses }) => statuses.map(({ state }) => state))

  test('R2: our yes lets the job deploy, and its deployment names its run', async () => {
    const { run } = await held()
    expect(await read()).toMatchObject([{ state: 'waiting', runId: run.id }])
    expect(await answer(run.id, null, 'Waiting for an approval.')).toBe('answered')
    expect(await answer(run.id, 'approved')).toBe('answered')
    await bench.world.idle()
    expect(states()).toEqual([['waiting', 'in_progress', 'success']])
    expect(await read()).toMatchObject([{ state: 'success', succeeded: true, runId: run.id }])
  })

  test('R2: our no fails it, and nothing is run', async () => {
    const { ci, run } = await held()
    expect(await answer(run.id, 'rejected')).toBe('answered')
    await bench.world.idle()
    expect(states()).toEqual([['waiting', 'failure']])
    expect(ci.logs(run)['deploy']).toBe('')
  })

  test('a comment beyond what GitHub takes is cut where it shows', async () => {
    const { run } = await held()
    const [hold] = bench.world.state.holds
    expect(await answer(run.id, 'rejected', 'why '.repeat(1000))).toBe('answered')
    const [report] = hold?.reports ?? []
    expect(report?.comment.length).toBeLessThanOrEqual(1024)
    expect(report?.comment).toContain('cut here')
    await bench.world.idle()
  })

  test('R2: one report too many is not taken for the end of the run', async () => {
    const { run } = await held()
    for (let count = 0; count < 12; count++) expect(await answer(run.id, null)).toBe('answered')
    expect(await answer(run.id, 'approved')).toBe('answered')
    await bench.world.idle()
    expect(await answer(run.id, null)).toBe('gone')
    expect(await answer(4242, null)).toBe('gone')
  })

  test('S7: an answer whose receipt was lost, or that comes too late, has nothing left to answer', async () => {
    const { run } = await held()
    lost(/deployment_protection_rule$/)
    await expect(answer(run.id, 'approved')).rejects.toBeInstanceOf(RetryLater)
    expect(await answer(run.id, 'approved')).toBe('gone')
    await bench.world.idle()
    expect(states()).toEqual([['waiting', 'in_progress', 'success']])
    expect(await answer(4242, 'approved')).toBe('gone')
  })
})

describe('workflows by hand', () => {
  const start = (over: object = {}) =>
    bench.forge.dispatchWorkflow(bench.name, {
      workflow,
      ref: 'main',
      inputs: { url: 'https://shop.example/' },
      ...over,
    })
  const smoke = (events: CiInput['events'] = ['workflow_dispatch']) =>
    enableCi(bench.world, bench.name, {
      workflow,
      ...(events ? { events } : {}),
      jobs: [{ name: 'smoke', run: 'node -p "require(process.env.GITHUB_EVENT_PATH).inputs.url"' }],
    })
  /** What an operator grants for this. */
  const grant = () => {
    const { app, state } = bench.world
    app.permissions = { ...app.permissions, actions: 'write' }
    for (const one of state.installations.values()) one.permissions = { ...one.permissions, actions: 'write' }
  }

  test('R1: the run that was started is told, and is read until it ends', async () => {
    grant()
    const ci = await smoke()
    const id = await start()
    if (id === null) throw new Error('no id')
    await bench.world.idle()
    const [run] = ci.runs()
    expect(run && ci.logs(run)['smoke']).toContain('https://shop.example/')
    expect(await bench.forge.workflowRun(bench.name, id)).toEqual({
      found: true,
      value: {
        id: run?.id,
        path: workflow,
        event: 'workflow_dispatch',
        sha,
        attempt: 1,
        ended: true,
        conclusion: 'success',
      },
    })
    expect(await bench.forge.workflowRun(bench.name, id + 1)).toEqual({ found: false })
  })

  test('R1: a server that refuses to be asked for the run starts it once and tells none', async () => {
    grant()
    const ci = await smoke()
    bench.world.faults.rest({
      kind: 'error',
      status: 422,
      message: 'Invalid request. "return_run_details" is not a permitted key.',
      when: ({ path }) => path.endsWith('/dispatches'),
    })
    expect(await start()).toBeNull()
    await bench.world.idle()
    expect(ci.runs()).toHaveLength(1)
  })

  test('S7: a run of ours is found again by its workflow and when it began; nobody else’s is', async () => {
    grant()
    await smoke()
    const files = { '.github/workflows/ci.yml': 'name: CI\n' }
    await bench.world.as('ada').push(bench.name, 'main', { files })
    await enableCi(bench.world, bench.name, {
      workflow: '.github/workflows/ci.yml',
      events: ['workflow_dispatch'],
      jobs: [{ name: 'other', run: 'exit 0' }],
    })
    const sinceMs = bench.world.site.clock.now()
    const first = await start()
    const second = await start()
    await start({ workflow: '.github/workflows/ci.yml' })
    const route = `/repos/${bench.name}/actions/workflows/${workflow.split('/').at(-1)}/dispatches`
    await bench.world.as('ada').api('POST', route, { ref: 'main', inputs: {} })
    const found = (at: number) => bench.forge.dispatchedRuns(bench.name, { workflow, sinceMs: at })
    expect(await found(sinceMs)).toEqual([second, first])
    expect(await found(sinceMs + 3_600_000)).toEqual([])
  })

  test('R4: our own bound on writes holds back no deployment and no workflow', async () => {
    grant()
    await smoke()
    const issue = await bench.world.as('ada').openIssue(bench.name, { title: 'T' })
    for (let writes = 0; writes < 80; writes++)
      await bench.forge.setLabels(bench.name, issue.number, ['bug'], [])
    await expect(bench.forge.setLabels(bench.name, issue.number, ['bug'], [])).rejects.toBeInstanceOf(
      RetryLater,
    )
    expect(await make()).toBe(kept()[0]?.id)
    expect(await start()).toEqual(expect.any(Number))
  })

  test('O4: without actions: write nothing starts, and the sentence names the permission', async () => {
    const ci = await smoke()
    await expect(start()).rejects.toMatchObject({
      name: 'Terminal',
      status: 403,
      forUser: expect.stringMatching(/does not grant .*actions: write\. .*set Actions to "Read and write"/),
    })
    expect(ci.runs()).toEqual([])
  })

  test("a workflow that cannot be started by hand is refused with GitHub's words", async () => {
    grant()
    await smoke(['push'])
    await expect(start()).rejects.toMatchObject({ status: 422, forUser: expect.stringContaining('trigger') })
    await expect(start({ workflow: 'nothing.yml' })).rejects.toMatchObject({ status: 404 })
  })
})

describe('kept readings', () => {
  test('an event, our own acts and the end of ten seconds each make them old', async () => {
    const { forge, clock, name } = bench
    const readings = createReadings(forge, clock)
    const acts = dropping(forge, readings)
    const look = async () =>
      (await readings.open({ fresh: false }).forge.deployments(name, ['production'], [])).map(
        ({ state }) => state,
      )
    const one = foreign('lin')
    expect(await look()).toEqual(['none'])
    say(one, 'in_progress')
    expect(await look()).toEqual(['none'])
    for (const { repository, parts } of staleAfter('deployment_status', understand(one)))
      readings.drop(repository, parts)
    expect(await look()).toEqual(['in_progress'])
    await acts.markDeployment(name, one.id, { state: 'error', environment: 'production', description: '' })
    expect(await look()).toEqual(['error'])
    await acts.createDeployment(name, wanted())
    expect(await look()).toEqual(['none', 'error'])
    say(one, 'inactive')
    clock.advance(10_001)
    expect(await look()).toEqual(['none', 'inactive'])
  })

  test('a workflow run is read again when the checks of its commit changed, and not for another commit', async () => {
    const { forge, clock, name } = bench
    const ci = await enableCi(bench.world, name, { workflow, events: [], jobs: [{ name: 'smoke', run: '' }] })
    const run = await ci.report(sha, { conclusion: null })
    const readings = createReadings(forge, clock)
    const ended = async () => {
      const found = await readings.open({ fresh: false }).forge.workflowRun(name, run.id)
      return found.found && found.value.ended
    }
    expect(await ended()).toBe(false)
    await ci.finish(run, 'success')
    readings.checked(name, 'b'.repeat(40), 0)
    expect(await ended()).toBe(false)
    readings.checked(name, sha, 0)
    expect(await ended()).toBe(true)
  })
})

test('S9: an installation that was not given the permission says so, and reads everything else', async () => {
  const { app, state } = bench.world
  for (const one of [app, ...state.installations.values()]) {
    const { deployments: _, ...others } = one.permissions
    one.permissions = others
  }
  const forUser = expect.stringContaining('does not grant metadata: read, deployments: read')
  await expect(read()).rejects.toMatchObject({ name: 'Terminal', status: 403, forUser })
  expect(await bench.forge.branchTip(bench.name, 'main')).toEqual({ found: true, value: sha })
})

test('S13: tokens for deployments reach one repository and nothing but deployments', async () => {
  await bench.forge.identity()
  const before = new Set(bench.world.state.tokens.keys())
  await make()
  await read()
  const minted = [...bench.world.state.tokens].filter(([token]) => !before.has(token)).map(([, one]) => one)
  expect(minted.map(({ permissions }) => permissions)).toEqual([
    { metadata: 'read', deployments: 'read' },
    { metadata: 'read', deployments: 'write' },
  ])
  for (const { repositoryIds } of minted) expect(repositoryIds).toEqual([repo().id])
})
