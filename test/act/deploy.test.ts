/** Starting workflows and answering jobs when the answer is lost or nothing was done: each happens once (S7, R2, R4). */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { answerRule, startDeployment, startSmoke } from '../../src/act/deploy.ts'
import { RetryLater } from '../../src/core/errors.ts'
import { type FactBody, factsOf } from '../../src/core/facts.ts'
import type { Ledger } from '../../src/core/ports.ts'
import { type Ci, enableCi } from '../../world/ci/ci.ts'
import { type Bench, silent, startBench } from '../adapters/github/support.ts'
import { openTestLedger } from '../support/ledger.ts'

const workflow = '.github/workflows/back.yml'
const subject = 'rollout:acme/shop@production'
let bench: Bench
let ledger: Ledger
let ci: Ci
let sha: string

beforeEach(async () => {
  bench = await startBench()
  ledger = await openTestLedger(bench.clock)
  const { app, state } = bench.world
  app.permissions = { ...app.permissions, actions: 'write' }
  for (const one of state.installations.values()) one.permissions = { ...one.permissions, actions: 'write' }
  sha = await bench.world.as('ada').push(bench.name, 'main', { files: { [workflow]: 'name: Back\n' } })
  ci = await enableCi(bench.world, bench.name, {
    workflow,
    events: ['workflow_dispatch'],
    jobs: [{ name: 'back', run: 'exit 0' }],
  })
})
afterEach(async () => {
  await ledger.close()
  const { violations } = bench.world
  await bench.close()
  expect(violations).toEqual([])
})

const ports = () => ({ forge: bench.forge, ledger, metrics: bench.counts, log: silent })
const record = (on: string, body: FactBody) => ledger.append(on, [{ actor: null, body }])
const fails = (kind: 'cut' | 'applied-but-lost', path: RegExp) =>
  bench.world.faults.rest({ kind, when: (request) => request.method === 'POST' && path.test(request.path) })
const made = async (on = subject) =>
  factsOf(await ledger.facts(on), 'deploy.made').map(({ body }) => body.runId)

async function rollBack(on = subject, intent = 0): Promise<void> {
  await startDeployment(
    {
      kind: 'deploy',
      subject: on,
      repository: bench.name,
      intent,
      environment: on.slice(on.indexOf('@') + 1),
      purpose: 'rollback',
      sha,
      workflow,
      ref: 'main',
    },
    ports(),
  )
}
const announce = (on = subject) =>
  record(on, {
    kind: 'deploy.intended',
    purpose: 'rollback',
    sha,
    from: null,
    replaces: null,
    way: 'dispatch',
    workflow,
    bound: null,
  })

describe('a rollback by workflow', () => {
  test('S7: one that began, and whose answer was lost, is found again and not started twice', async () => {
    await announce()
    fails('applied-but-lost', /\/dispatches$/)
    await expect(rollBack()).rejects.toBeInstanceOf(RetryLater)
    await rollBack()
    expect(ci.runs()).toHaveLength(1)
    expect(await made()).toEqual(ci.runs().map(({ id }) => id))
  })

  test('R4: one that never began is started, once GitHub has had the time to list it', async () => {
    await announce()
    fails('cut', /\/dispatches$/)
    await expect(rollBack()).rejects.toBeInstanceOf(RetryLater)
    expect(ci.runs()).toEqual([])
    await expect(rollBack()).rejects.toMatchObject({ name: 'RetryLater', retryAfterMs: 10_000 })
    await rollBack()
    expect(await made()).toEqual(ci.runs().map(({ id }) => id))
    expect(ci.runs()).toHaveLength(1)
  })

  test('S7: the run of another environment is not taken for it', async () => {
    const staging = 'rollout:acme/shop@staging'
    for (const one of [staging, subject]) await announce(one)
    await rollBack(staging)
    fails('cut', /\/dispatches$/)
    await expect(rollBack()).rejects.toBeInstanceOf(RetryLater)
    await expect(rollBack()).rejects.toBeInstanceOf(RetryLater)
    await rollBack()
    expect(ci.runs()).toHaveLength(2)
    expect(new Set([...(await made(staging)), ...(await made())]).size).toBe(2)
  })

  test('R1: a smoke test that GitHub refuses to start is on record, and not asked for again', async () => {
    const action = {
      kind: 'smoke',
      subject,
      repository: bench.name,
      deployment: 7,
      environment: 'production',
      sha,
      url: '',
      workflow: '.github/workflows/none.yml',
      ref: 'main',
    } as const
    await startSmoke(action, ports())
    expect(factsOf(await ledger.facts(subject), 'smoke.started').map(({ body }) => body)).toEqual([
      { kind: 'smoke.started', deployment: 7, runId: null },
    ])
  })
})

describe('a yes to a waiting job', () => {
  const delivery = '.github/workflows/delivery.yml'
  async function waiting(): Promise<number> {
    const ada = bench.world.as('ada')
    await ada.push(bench.name, 'main', { files: { [delivery]: 'name: Delivery\n' } })
    const path = '/repos/acme/shop/environments/production'
    await ada.api('PUT', path, {})
    await ada.api('POST', `${path}/deployment_protection_rules`, { integration_id: bench.world.app.id })
    const jobs = await enableCi(bench.world, bench.name, {
      workflow: delivery,
      jobs: [{ name: 'deploy', run: 'exit 0', environment: { name: 'production' } }],
    })
    const head = await ada.push(bench.name, 'main', { files: { 'a.txt': 'a' } })
    await bench.world.idle()
    const run = jobs.runs(head).find(({ event }) => event === 'push')
    if (!run) throw new Error('no run')
    const deploymentId = null
    await record(subject, {
      kind: 'rule.asked',
      environment: 'production',
      sha: head,
      runId: run.id,
      deploymentId,
      event: 'push',
    })
    return run.id
  }
  const answer = (runId: number) =>
    answerRule(
      {
        kind: 'answerRule',
        subject,
        repository: bench.name,
        of: 0,
        runId,
        environment: 'production',
        state: 'approved',
        sentence: 'Approved.',
      },
      ports(),
    )
  const answers = async () =>
    factsOf(await ledger.facts(subject), 'rule.answered').map(({ body }) => body.state)

  test('S7: one whose receipt was lost was ours, though the job no longer waits', async () => {
    const runId = await waiting()
    fails('applied-but-lost', /deployment_protection_rule$/)
    await expect(answer(runId)).rejects.toBeInstanceOf(RetryLater)
    expect(await answers()).toEqual([])
    await answer(runId)
    expect(await answers()).toEqual(['approved'])
    await bench.world.idle()
  })

  test('R2: a job that no longer waits at the first word of ours went on without us', async () => {
    const runId = await waiting()
    const permission = { runId, environment: 'production', state: 'rejected', comment: 'No.' } as const
    await bench.forge.answerProtection(bench.name, permission)
    await answer(runId)
    expect(await answers()).toEqual(['gone'])
    await bench.world.idle()
  })
})
