/** Production held by GitHub's own mechanism: the repository's delivery deploys, and waits for our word (R2, T19, T38). */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { enableCi } from '../../world/ci/ci.ts'
import { goodFiles, repository } from '../attacks/village.ts'
import { factsOf, openRolloutTown, type RolloutTown, storyOf, watched } from './rolloutTown.ts'

jest.setTimeout(240_000)

let town: RolloutTown
const kinds = async (environment: string) => storyOf(await town.factsIn(environment))
const until = (what: string, look: () => unknown | Promise<unknown>) =>
  town.stage.until(what, async () => ((await look()) ? true : undefined))
const answers = async () => factsOf(await town.factsIn('production'), 'rule.answered').map(({ body }) => body)

const environments = (service: string) => `
    staging:${watched(service, 'staging')}
    production:
      after: staging
      workflow: .github/workflows/back.yml${watched(service, 'production')}`

describe('a delivery that asks before it deploys', () => {
  let first = ''
  let second = ''
  beforeAll(async () => {
    town = await openRolloutTown({
      environments,
      ci: { events: [] },
      files: {
        '.github/workflows/delivery.yml': 'name: Delivery\non: push\n',
        '.github/workflows/back.yml': 'name: Back\non: workflow_dispatch\n',
      },
    })
    const { github } = town.stage
    // Starting workflows is what an operator grants only for this (docs/permissions.md).
    const { app, state } = github
    app.permissions = { ...app.permissions, actions: 'write' }
    for (const one of state.installations.values())
      if (one.appId === app.id) one.permissions = { ...one.permissions, actions: 'write' }
    const owner = github.as('owner')
    const job = (environment: string, spelled = environment) => ({
      name: environment,
      run: `node deploy.mjs ${environment}`,
      environment: { name: spelled, url: `${town.service.url}/${environment}/` },
    })
    for (const environment of ['staging', 'production'])
      await owner.api('PUT', `/repos/${repository}/environments/${environment}`, {})
    await owner.api('POST', `/repos/${repository}/environments/production/deployment_protection_rules`, {
      integration_id: github.app.id,
    })
    await enableCi(github, repository, {
      workflow: '.github/workflows/delivery.yml',
      title: 'Delivery',
      events: ['push'],
      // GitHub ignores the case of environments, and lists the deployments as the workflow spells them.
      jobs: [job('staging'), job('production', 'Production')],
      branches: ['main'],
    })
    await enableCi(github, repository, {
      workflow: '.github/workflows/back.yml',
      title: 'Back',
      events: ['workflow_dispatch'],
      jobs: [job('production')],
    })
  })
  afterAll(async () => {
    expect(town.stage.github.violations).toEqual([])
    await town.close()
  })

  test('R2: production waits, its page says for what, and a person lets it through', async () => {
    first = await town.ship('first')
    await town.becomes('deploy', first, 'action_required')
    expect(town.service.deployed('staging')).toEqual([first])
    expect(town.service.deployed('production')).toEqual([])
    const reports = factsOf(await town.factsIn('production'), 'rule.reported').map(
      ({ body }) => body.sentence,
    )
    expect(reports.join('\n')).toMatch(/has not passed its window in staging yet[\s\S]*1 approval missing/)
    await town.press('ben', first, 'Approve deploy')
    await until('production to be deployed', () => town.service.deployed('production').includes(first))
    await until('production to be healthy', async () => (await kinds('production')).includes('window.ended'))
    expect(await answers()).toMatchObject([{ state: 'approved' }])
    expect(town.deployments('Production')).toHaveLength(1)
    expect(town.deployments('production')).toEqual([])
  })

  test('R2, R4, T21: its own rollback is let through at once, once, and by the very run that was started', async () => {
    second = await town.ship('second')
    await town.becomes('deploy', second, 'action_required')
    town.service.behave(second, { errors: 0.2 })
    await town.press('ben', second, 'Approve deploy')
    await until('production to stand at the first again', () =>
      town.service.deployed('production').join().endsWith([second, first].join()),
    )
    await until('the rollback to end', async () => (await kinds('production')).includes('rollback.ended'))
    expect((await answers()).map(({ state, sentence }) => [state, /rollback/i.test(sentence)])).toEqual([
      ['approved', false],
      ['approved', false],
      ['approved', true],
    ])
    // The same workflow, started by a person, is no rollback of ours.
    await town.stage.github
      .as('dev')
      .api('POST', `/repos/${repository}/actions/workflows/back.yml/dispatches`, {
        ref: 'main',
        inputs: { environment: 'production', sha: second },
      })
    await until('the answer', async () => (await answers()).length === 4)
    expect((await answers()).at(-1)).toMatchObject({ state: 'rejected' })
    expect(town.service.deployed('production').at(-1)).toBe(first)
  })

  test('R1: an environment that policy does not know, or one without the rule, makes an agent’s deployment an incident', async () => {
    const owner = town.stage.github.as('owner')
    const before = town.incidents().length
    await owner.api('POST', `/repos/${repository}/deployments`, {
      ref: second,
      environment: 'demo-site',
      auto_merge: false,
      required_contexts: [],
    })
    await until('the incident', () =>
      town
        .incidents()
        .slice(before)
        .some((body) => /Policy knows no environment `demo-site`/.test(body)),
    )
  })

  test('T19: production without its rule: what comes past us is an incident, is watched, and is taken back', async () => {
    const owner = town.stage.github.as('owner')
    const base = `/repos/${repository}/environments/production/deployment_protection_rules`
    const listed = (await owner.api('GET', base)) as { custom_deployment_protection_rules: { id: number }[] }
    for (const { id } of listed.custom_deployment_protection_rules) await owner.api('DELETE', `${base}/${id}`)
    const before = town.incidents().length
    const pull = await town.approvedPull('copilot/fourth', goodFiles('fourth'))
    const fourth = await town.merge(pull.number)
    await until('the delivery to deploy it', () => town.service.deployed('production').includes(fourth))
    await until('the incident', () =>
      town
        .incidents()
        .slice(before)
        .some((body) => /was deployed to production past Countersign/.test(body)),
    )
  })
})
