/** Check runs: only Apps write them, buttons, SHAs, re-requests, statuses. */
import { describe, expect, test } from '@jest/globals'
import {
  asInstallation,
  asPerson,
  type Client,
  conforms,
  names,
  pullByBob,
  REPO,
  receive,
  refuses,
  world,
} from './github.ts'

const at = (path: string) => `/repos/${REPO}${path}`
const actions = [{ label: 'Approve', description: 'Approve the plan', identifier: 'approve:0123' }]
const run = (app: Client, head_sha: string, more: Record<string, unknown> = {}) =>
  app('POST', at('/check-runs'), { name: 'countersign/plan', head_sha, ...more })
const waiting = { conclusion: 'action_required', output: { title: 'Plan', summary: 'Read it' }, actions }

describe('writing check runs', () => {
  test('people cannot, Apps with checks:write can', async () => {
    const github = await world()
    const { sha } = await pullByBob(github)
    expect((await run(asPerson(github, 'alice'), sha)).status).toBe(403)
    const app = await asInstallation(github, { permissions: { checks: 'write' } })
    const { status, body } = await run(app, sha)
    expect([status, body.status, body.conclusion, body.completed_at]).toEqual([201, 'queued', null, null])
    conforms(github)
  })

  test('another App cannot change a run', async () => {
    const github = await world()
    const { sha } = await pullByBob(github)
    const { body } = await run(await asInstallation(github), sha)
    const other = github.createApp({ slug: 'other', permissions: { checks: 'write' } })
    github.installApp(other, 'acme')
    const answer = await (await asInstallation(github, undefined, other))(
      'PATCH',
      at(`/check-runs/${body.id}`),
      { conclusion: 'success' },
    )
    expect(answer.status).toBe(404)
  })

  test.each([
    [
      'a fourth button',
      { actions: ['a', 'b', 'c', 'd'].map((i) => ({ label: i, description: i, identifier: i })) },
    ],
    ['a label of 21 characters', { actions: [{ label: 'x'.repeat(21), description: 'd', identifier: 'i' }] }],
    [
      'a description of 41 characters',
      { actions: [{ label: 'l', description: 'x'.repeat(41), identifier: 'i' }] },
    ],
    [
      'an identifier of 21 characters',
      { actions: [{ label: 'l', description: 'd', identifier: 'x'.repeat(21) }] },
    ],
    ['completed without a conclusion', { status: 'completed' }],
    ['a summary over 65,535 characters', { output: { title: 't', summary: 'x'.repeat(65_536) } }],
    ['a commit that does not exist', { head_sha: '1'.repeat(40) }],
  ])('%s answers 422', async (_, more) => {
    const github = await world()
    const { sha } = await pullByBob(github)
    expect((await run(await asInstallation(github), sha, more)).status).toBe(422)
  })

  test('a conclusion completes a run, an earlier status opens it again, annotations are appended', async () => {
    const github = await world()
    const { sha } = await pullByBob(github)
    const app = await asInstallation(github)
    const { body: first } = await run(app, sha, waiting)
    expect([first.status, first.conclusion]).toEqual(['completed', 'action_required'])
    const note = {
      path: 'src/cart.ts',
      start_line: 1,
      end_line: 1,
      annotation_level: 'warning',
      message: 'look',
    }
    const output = { title: 't', summary: 's', annotations: [note] }
    await app('PATCH', at(`/check-runs/${first.id}`), { status: 'in_progress', output })
    const { body: again } = await app('PATCH', at(`/check-runs/${first.id}`), { output })
    expect([again.status, again.conclusion, again.output.annotations_count]).toEqual(['in_progress', null, 2])
    expect((await app('GET', at(`/check-runs/${first.id}/annotations`))).body).toHaveLength(2)
    conforms(github)
  })

  test('old runs stay on old SHAs: a new head has none', async () => {
    const github = await world()
    const { sha, pull } = await pullByBob(github)
    const app = await asInstallation(github)
    await run(app, sha, { conclusion: 'success', output: { title: 't', summary: 's' } })
    const next = await github.as('bob').push(REPO, 'topic', { files: { 'a.txt': 'a' } })
    expect(pull.headSha).toBe(next)
    expect((await app('GET', at(`/commits/${next}/check-runs`))).body.total_count).toBe(0)
    expect((await app('GET', at(`/commits/${sha}/check-runs`))).body.total_count).toBe(1)
    conforms(github)
  })

  test('lists show the newest run of each name, all of them on request', async () => {
    const github = await world()
    const { sha } = await pullByBob(github)
    const app = await asInstallation(github)
    await run(app, sha)
    const { body } = await run(app, sha)
    const listed = await app('GET', at(`/commits/${sha}/check-runs?check_name=countersign%2Fplan`))
    expect(listed.body.check_runs.map((r: { id: number }) => r.id)).toEqual([body.id])
    expect((await app('GET', at(`/commits/${sha}/check-runs?filter=all`))).body.total_count).toBe(2)
    conforms(github)
  })
})

describe('buttons', () => {
  test('a press reaches only the App that made the run, naming the button and who pressed', async () => {
    const github = await world()
    const { sha } = await pullByBob(github)
    const other = github.createApp({ slug: 'other', permissions: { checks: 'write' }, events: ['check_run'] })
    github.installApp(other, 'acme')
    const hooks = await receive(github)
    const others = await receive(github, () => 200, other)
    const { body } = await run(await asInstallation(github), sha, waiting)
    await github.as('bob').press(body.id, 'approve:0123')
    await github.idle()
    const press = hooks.find((h) => h.body.action === 'requested_action')
    expect(press?.body).toMatchObject({
      requested_action: { identifier: 'approve:0123' },
      sender: { login: 'bob' },
      check_run: { id: body.id },
    })
    expect(names(others)).not.toContain('check_run.requested_action')
    expect(names(others)).toContain('check_run.created')
    conforms(github)
  })

  test('exist on completed runs only, with the identifiers the run has; a reader may press too, so the App must look it up', async () => {
    const github = await world()
    const { sha } = await pullByBob(github)
    const app = await asInstallation(github)
    const { body } = await run(app, sha, { ...waiting, conclusion: undefined, status: 'in_progress' })
    await refuses(github.as('bob').press(body.id, 'approve:0123'), 422, /completed/)
    await app('PATCH', at(`/check-runs/${body.id}`), { conclusion: 'action_required' })
    await refuses(github.as('bob').press(body.id, 'merge'), 422, /no button/)
    await github.as('rita').press(body.id, 'approve:0123')
    await github.as('bob').press(body.id, 'approve:0123')
  })

  test('have no route in the API', async () => {
    const github = await world()
    const { sha } = await pullByBob(github)
    const { body } = await run(await asInstallation(github), sha, waiting)
    const answer = await asPerson(github, 'bob')('POST', at(`/check-runs/${body.id}/actions`), {
      identifier: 'approve:0123',
    })
    expect(answer.status).toBe(404)
  })

  test('a re-request tells the App that made the run', async () => {
    const github = await world()
    const { sha } = await pullByBob(github)
    const hooks = await receive(github)
    const { body } = await run(await asInstallation(github), sha, waiting)
    await github.as('bob').rerequest(body.id)
    await github.idle()
    expect(names(hooks).slice(-1)).toEqual(['check_run.rerequested'])
    conforms(github)
  })
})

describe('commits', () => {
  test('a check run names the pull requests of its SHA, but never those from forks', async () => {
    const github = await world()
    const { sha, pull } = await pullByBob(github)
    const app = await asInstallation(github)
    const { body } = await run(app, sha)
    expect(body.pull_requests.map((p: { number: number }) => p.number)).toEqual([pull.number])
    await github.fork('sam', REPO)
    const forked = await github.as('sam').push('sam/shop', 'mine', { files: { 'x.txt': 'x' } })
    await github.as('sam').openPull(REPO, { title: 'from a fork', head: 'sam:mine' })
    const { body: onFork } = await run(app, forked)
    expect(onFork.pull_requests).toEqual([])
    const suites = await app('GET', at(`/commits/${forked}/check-suites`))
    expect(suites.body.check_suites[0].head_branch).toBeNull()
    conforms(github)
  })

  test('anyone with write may set a status of any name', async () => {
    const github = await world()
    const hooks = await receive(github)
    const { sha } = await pullByBob(github)
    const input = { state: 'success', context: 'countersign/plan' }
    expect((await asPerson(github, 'rita')('POST', at(`/statuses/${sha}`), input)).status).toBe(403)
    expect((await asPerson(github, 'bob')('POST', at(`/statuses/${sha}`), input)).status).toBe(201)
    const app = await asInstallation(github)
    const { body } = await app('GET', at(`/commits/${sha}/status`))
    expect([body.state, body.statuses[0].context]).toEqual(['success', 'countersign/plan'])
    await github.idle()
    expect(names(hooks)).toContain('status')
    conforms(github)
  })

  test('a push asks for checks, unless the commit says skip-checks', async () => {
    const github = await world()
    const hooks = await receive(github)
    await github.as('bob').push(REPO, 'one', { files: { a: 'a' } })
    await github.idle()
    expect(names(hooks)).toEqual(['push', 'check_suite.requested'])
    await github.as('bob').push(REPO, 'two', { files: { a: 'b' }, message: 'Quiet\n\nskip-checks: true' })
    await github.idle()
    expect(names(hooks)).toEqual(['push', 'check_suite.requested', 'push'])
    conforms(github)
  })
})
