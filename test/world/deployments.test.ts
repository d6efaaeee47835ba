/** Environments, deployments and held jobs of the stand-in, as GitHub has them. */
import { describe, expect, test } from '@jest/globals'
import { enableCi } from '../../world/ci/ci.ts'
import { mintToken } from '../../world/github/tokens.ts'
import type { GitHubWorld } from '../../world/index.ts'
import { type Answer, REPO, request, world } from './github.ts'

const events = ['deployment', 'deployment_status', 'deployment_protection_rule', 'push']
const workflow = '.github/workflows/deploy.yml'

async function town(): Promise<GitHubWorld> {
  const github = await world({ events })
  await github.as('alice').push(REPO, 'main', { files: { [workflow]: 'name: Deploy\n' } })
  return github
}
const call = (
  github: GitHubWorld,
  token: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> => request(github.apiUrl, `Bearer ${token}`, method, `/repos/${REPO}${path}`, body)
const by = (github: GitHubWorld, login: string, method: string, path: string, body?: unknown) =>
  call(github, github.tokenOf(login), method, path, body)
const byApp = (github: GitHubWorld, method: string, path: string, body?: unknown) => {
  const [installation] = [...github.state.installations.values()]
  if (!installation) throw new Error('not installed')
  return call(
    github,
    mintToken(github.site, installation, { repositoryIds: null, permissions: null }).token,
    method,
    path,
    body,
  )
}
const told = (github: GitHubWorld, event: string) =>
  github.events.filter((one) => one.event === event).map((one) => one.payload)
const states = (github: GitHubWorld) =>
  [...github.state.deployments.values()].map(({ environment, statuses }) => [
    environment,
    ...statuses.map((s) => s.state),
  ])
const clean = (github: GitHubWorld) => expect(github.violations).toEqual([])

describe('environments', () => {
  test('R2: only administrators set them up; an App asked by a custom rule must listen to the event', async () => {
    const github = await town()
    expect((await by(github, 'bob', 'PUT', '/environments/production', {})).status).toBe(403)
    const made = await by(github, 'alice', 'PUT', '/environments/production', {
      wait_timer: 5,
      reviewers: [{ type: 'User', id: github.site.state.accounts.values().next().value?.id ?? 0 }],
    })
    expect(made.body.protection_rules.map((one: { type: string }) => one.type)).toEqual([
      'wait_timer',
      'required_reviewers',
    ])
    const rules = '/environments/production/deployment_protection_rules'
    const deaf = github.createApp({ slug: 'deaf' })
    expect((await by(github, 'alice', 'POST', rules, { integration_id: deaf.id })).status).toBe(422)
    const rule = await by(github, 'alice', 'POST', rules, { integration_id: github.app.id })
    expect(rule).toMatchObject({ status: 201, body: { enabled: true, app: { slug: 'countersign' } } })
    expect((await byApp(github, 'GET', rules)).body.total_count).toBe(1)
    expect((await by(github, 'alice', 'DELETE', `${rules}/${rule.body.id}`)).status).toBe(204)
    expect((await byApp(github, 'GET', '/environments')).body.environments).toHaveLength(1)
    clean(github)
  })
})

describe('deployments', () => {
  test('R1: one is a record and a webhook; statuses move it on, and production is never made inactive', async () => {
    const github = await town()
    const deploy = (environment: string) =>
      byApp(github, 'POST', '/deployments', {
        ref: 'main',
        environment,
        auto_merge: false,
        required_contexts: [],
      })
    for (const environment of ['staging', 'staging', 'production', 'production']) {
      const { status, body } = await deploy(environment)
      expect(status).toBe(201)
      await byApp(github, 'POST', `/deployments/${body.id}/statuses`, { state: 'in_progress' })
      await byApp(github, 'POST', `/deployments/${body.id}/statuses`, {
        state: 'success',
        environment_url: 'http://127.0.0.1:1/',
      })
    }
    expect(states(github)).toEqual([
      ['staging', 'in_progress', 'success', 'inactive'],
      ['staging', 'in_progress', 'success'],
      ['production', 'in_progress', 'success'],
      ['production', 'in_progress', 'success'],
    ])
    expect(told(github, 'deployment')).toHaveLength(4)
    const list = await byApp(github, 'GET', '/deployments?environment=production&per_page=1')
    expect(list.body).toHaveLength(1)
    expect((await byApp(github, 'GET', `/deployments/${list.body[0].id}/statuses`)).body[0].state).toBe(
      'success',
    )
    clean(github)
  })

  test('R4: of an older commit the defaults refuse, as they want the default branch merged and checks green', async () => {
    const github = await town()
    const old = await github.site.git.commitSha(github.repo(REPO).dir, 'refs/heads/main~1')
    const answer = await byApp(github, 'POST', '/deployments', { ref: old, environment: 'production' })
    expect(answer.status).toBe(409)
    await byApp(github, 'POST', `/statuses/${old}`, { state: 'failure', context: 'ci' })
    const unchecked = { ref: old, environment: 'production', auto_merge: false }
    expect((await byApp(github, 'POST', '/deployments', unchecked)).status).toBe(409)
    expect(
      (await byApp(github, 'POST', '/deployments', { ...unchecked, required_contexts: [] })).status,
    ).toBe(201)
    expect((await by(github, 'rita', 'POST', '/deployments', unchecked)).status).toBe(403)
    clean(github)
  })

  test('R1: a workflow on deployments runs at the commit, reads the event, and reports with its own token', async () => {
    const github = await town()
    const script = `const e = require(process.env.GITHUB_EVENT_PATH); fetch(e.deployment.statuses_url, { method: 'POST', headers: { authorization: 'Bearer ' + process.env.GITHUB_TOKEN }, body: JSON.stringify({ state: 'success', description: process.env.GITHUB_SHA.slice(0, 7) }) }).then((r) => process.exit(r.ok ? 0 : 1))`
    await enableCi(github, REPO, {
      workflow,
      title: 'Deploy',
      events: ['deployment'],
      permissions: { deployments: 'write', contents: 'read' },
      jobs: [{ name: 'deploy', run: `node -e "${script}"` }],
    })
    const { body } = await byApp(github, 'POST', '/deployments', {
      ref: 'main',
      environment: 'staging',
      auto_merge: false,
      required_contexts: [],
    })
    await github.idle()
    expect(github.state.deployments.get(body.id)?.statuses).toMatchObject([
      { state: 'success', description: body.sha.slice(0, 7) },
    ])
    clean(github)
  })
})

describe('jobs of an environment', () => {
  async function held(rules: { app?: boolean; reviewer?: string }) {
    const github = await town()
    const reviewer = rules.reviewer && github.as(rules.reviewer)
    const id = [...github.state.accounts.values()].find((one) => one.login === rules.reviewer)?.id
    await by(
      github,
      'alice',
      'PUT',
      '/environments/production',
      reviewer ? { reviewers: [{ type: 'User', id }] } : {},
    )
    if (rules.app)
      await by(github, 'alice', 'POST', '/environments/production/deployment_protection_rules', {
        integration_id: github.app.id,
      })
    const ci = await enableCi(github, REPO, {
      workflow,
      title: 'Deploy',
      jobs: [
        {
          name: 'deploy',
          run: 'echo deployed',
          environment: { name: 'production', url: 'http://127.0.0.1:1/' },
        },
      ],
    })
    await github.as('alice').push(REPO, 'main', { files: { 'a.txt': 'a' } })
    await github.idle()
    const [run] = ci.runs()
    if (!run) throw new Error('no run')
    return { github, ci, run }
  }
  const answer = (github: GitHubWorld, runId: number, body: object) =>
    byApp(github, 'POST', `/actions/runs/${runId}/deployment_protection_rule`, {
      environment_name: 'production',
      ...body,
    })

  test('R2: the App is asked, may report ten times, and its yes lets the job deploy', async () => {
    const { github, ci, run } = await held({ app: true })
    expect(states(github)).toEqual([['production', 'waiting']])
    expect(told(github, 'deployment_protection_rule')).toMatchObject([
      { environment: 'production', event: 'push', deployment: { sha: run.headSha } },
    ])
    expect((await byApp(github, 'GET', `/actions/runs/${run.id}/pending_deployments`)).body).toHaveLength(1)
    for (let count = 0; count < 10; count++)
      expect((await answer(github, run.id, { comment: 'looking' })).status).toBe(204)
    expect((await answer(github, run.id, { comment: 'once more' })).status).toBe(422)
    expect((await answer(github, run.id, { state: 'approved', comment: 'x'.repeat(1025) })).status).toBe(422)
    expect((await answer(github, run.id, { state: 'approved', comment: 'fine' })).status).toBe(204)
    await github.idle()
    expect(states(github)).toEqual([['production', 'waiting', 'in_progress', 'success']])
    expect(ci.logs(run)['deploy']).toContain('deployed')
    expect((await answer(github, run.id, { state: 'approved', comment: 'again' })).status).toBe(422)
    clean(github)
  })

  test('R2: its no fails the job, and nothing is run', async () => {
    const { github, ci, run } = await held({ app: true })
    await answer(github, run.id, { state: 'rejected', comment: 'not this one' })
    await github.idle()
    expect(states(github)).toEqual([['production', 'waiting', 'failure']])
    expect(ci.logs(run)['deploy']).toBe('')
    clean(github)
  })

  test('A5: people whom the environment names review; nobody else, and no App for another one', async () => {
    const { github, run } = await held({ reviewer: 'mia' })
    expect((await answer(github, run.id, { state: 'approved', comment: '' })).status).toBe(422)
    const [environment] = [...github.state.environments.values()]
    const review = { environment_ids: [environment?.id], state: 'approved', comment: '' }
    const path = `/actions/runs/${run.id}/pending_deployments`
    expect((await by(github, 'bob', 'POST', path, review)).status).toBe(403)
    expect((await by(github, 'mia', 'POST', path, review)).status).toBe(200)
    await github.idle()
    expect(states(github)).toEqual([['production', 'waiting', 'in_progress', 'success']])
    clean(github)
  })

  test('R1: an environment that nobody set up is made on first use, without protection', async () => {
    const github = await town()
    await enableCi(github, REPO, {
      workflow,
      jobs: [{ name: 'deploy', run: 'exit 1', environment: { name: 'prodution' } }],
    })
    await github.as('alice').push(REPO, 'main', { files: { 'a.txt': 'a' } })
    await github.idle()
    expect(states(github)).toEqual([['prodution', 'in_progress', 'failure']])
    expect([...github.state.environments.values()]).toMatchObject([{ name: 'prodution', customRules: [] }])
    clean(github)
  })
})

test('R1: a workflow is dispatched on a branch by whoever may write, never on a bare commit', async () => {
  const github = await town()
  const ci = await enableCi(github, REPO, {
    workflow,
    events: ['workflow_dispatch'],
    jobs: [{ name: 'smoke', run: 'node -p "require(process.env.GITHUB_EVENT_PATH).inputs.url"' }],
  })
  const path = '/actions/workflows/deploy.yml/dispatches'
  const sha = await github.site.git.commitSha(github.repo(REPO).dir, 'refs/heads/main')
  const inputs = { url: 'http://127.0.0.1:1/' }
  expect((await by(github, 'rita', 'POST', path, { ref: 'main', inputs })).status).toBe(403)
  expect((await by(github, 'bob', 'POST', path, { ref: sha, inputs })).status).toBe(422)
  const { status, body } = await by(github, 'bob', 'POST', path, {
    ref: 'main',
    inputs,
    return_run_details: true,
  })
  expect(status).toBe(200)
  await github.idle()
  const run = ci.runs().find((one) => one.id === body.workflow_run_id)
  expect(run).toMatchObject({ event: 'workflow_dispatch', headSha: sha })
  expect(run && ci.logs(run)['smoke']).toContain('http://127.0.0.1:1/')
  clean(github)
})
