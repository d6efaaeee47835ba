/** Attacks on the way to production: self-made health, addresses of somebody's choice, and work that comes along unseen. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Files } from '../../world/index.ts'
import { factsOf, openRolloutTown, type RolloutTown, watched } from '../e2e/rolloutTown.ts'
import { goodFiles, repository } from './village.ts'

jest.setTimeout(240_000)

let town: RolloutTown
const until = (what: string, look: () => unknown | Promise<unknown>) =>
  town.stage.until(what, async () => ((await look()) ? true : undefined))
const environments = (service: string) => `
    staging:
      deploy: create${watched(service, 'staging')}
    production:
      deploy: create
      after: staging${watched(service, 'production')}`

/** A first change stands healthy in production: what everything later is compared with. */
async function reachProduction(): Promise<void> {
  const first = await town.ship('first')
  await town.becomes('deploy', first, 'action_required')
  await town.press('ben', first, 'Approve deploy')
  await until('production to be healthy', async () =>
    factsOf(await town.factsIn('production'), 'window.ended').some(({ body }) => body.outcome === 'healthy'),
  )
}

describe('production', () => {
  beforeAll(async () => {
    town = await openRolloutTown({ environments })
    await reachProduction()
  })
  afterAll(async () => {
    expect(town.stage.github.violations).toEqual([])
    await town.close()
  })

  test('T21, T14: a change cannot choose who measures it: the policy file needs a senior, and until it is merged nothing moves', async () => {
    const github = town.stage.github
    const { git } = github.site
    const { dir } = github.repo(repository)
    const policy = await git.text(dir, ['show', 'main:.github/countersign.yml'])
    const opened = await town.agentPull('copilot/kinder', {
      ...goodFiles('kinder'),
      '.github/countersign.yml': policy.replaceAll('/production/stats.json', '/kind/stats.json'),
    })
    const run = await town.becomes('gates', opened.headSha, 'failure')
    expect(`${run.output.title}\n${run.output.summary}`).toMatch(/senior/)
    await until('the words', () =>
      /is read from another source: look whether it still measures the service \(T21\)/.test(
        town.run('gates', opened.headSha)?.output.summary ?? '',
      ),
    )
    await town.mergeRefused(opened.number)
    const second = await town.ship('second')
    await town.becomes('deploy', second, 'action_required')
    town.service.behave(second, { errors: 0.5 })
    await town.press('ben', second, 'Approve deploy')
    await until('the rollback', async () =>
      factsOf(await town.factsIn('production'), 'rollback.ended').some(({ body }) => body.ok),
    )
    const windows = factsOf(await town.factsIn('production'), 'window.opened')
    const sources = windows.at(-1)?.body.rules.monitors.map(({ source }) => source.url)
    expect(new Set(sources)).toEqual(new Set([`${town.service.url}/production/stats.json`]))
  })

  test('T35: an address that a deployment names leads nowhere inside, and its canary fails', async () => {
    const before = factsOf(await town.factsIn('staging'), 'canary.ended').length
    const owner = town.stage.github.as('owner')
    const path = `/repos/${repository}/deployments`
    const made = (await owner.api('POST', path, {
      ref: 'main',
      environment: 'staging',
      auto_merge: false,
      required_contexts: [],
    })) as { id: number }
    await owner.api('POST', `${path}/${made.id}/statuses`, {
      state: 'success',
      environment_url: 'http://169.254.169.254/latest/meta-data/',
    })
    const canary = () =>
      town.factsIn('staging').then((facts) =>
        factsOf(facts, 'canary.ended')
          .slice(before)
          .find(({ body }) => body.deployment === made.id),
      )
    await until('the canary to fail', canary)
    expect((await canary())?.body).toMatchObject({
      ok: false,
      sentence: expect.stringMatching(/169\.254\.169\.254/),
    })
  })
})

describe('what comes along', () => {
  beforeAll(async () => {
    town = await openRolloutTown({
      environments: (service) => `
    production:
      deploy: create${watched(service, 'production')}`,
    })
    await reachProduction()
  })
  afterAll(async () => {
    expect(town.stage.github.violations).toEqual([])
    await town.close()
  })

  test('T41, T20: an agent’s change that got past the gates keeps every later merge from production, until it is reverted', async () => {
    const github = town.stage.github
    const owner = github.as('owner')
    const pull = await town.agentPull('copilot/sneaky', goodFiles('sneaky'))
    await town.becomes('review', pull.headSha, 'action_required')
    const rulesets = (await owner.api('GET', `/repos/${repository}/rulesets`)) as { id: number }[]
    for (const { id } of rulesets)
      await owner.api('PUT', `/repos/${repository}/rulesets/${id}`, { enforcement: 'disabled' })
    await github.as('dev').merge(repository, pull.number)
    for (const { id } of rulesets)
      await owner.api('PUT', `/repos/${repository}/rulesets/${id}`, { enforcement: 'active' })
    await until('the incident', () => town.incidents().length > 0)
    const sneaky = pull.mergeCommitSha ?? ''
    const stood = town.service.deployed('production')
    await town.becomes('deploy', sneaky, 'failure')
    const person = await town.personPull('dev', 'innocent', goodFiles('innocent'))
    await town.becomes('review', person.headSha, 'success')
    const innocent = await town.merge(person.number)
    const run = await town.becomes('deploy', innocent, 'failure')
    expect(run.output.summary).toMatch(new RegExp(`#${pull.number} got past the gates`))
    expect(run.actions).toEqual([])
    expect(town.service.deployed('production')).toEqual(stood)
    await town.stage.settle()
    expect(town.service.deployed('production')).toEqual(stood)

    // Words alone take nothing back.
    const says = `Revert "sneaky"\n\nThis reverts commit ${sneaky}, reversing changes made to ${stood.at(-1)}.`
    const bring = async (branch: string, files: Files, ...more: Files[]) => {
      await github.as('dev').push(repository, branch, { files, base: 'main', message: says })
      for (const one of more)
        await github.as('dev').push(repository, branch, { files: one, message: 'Go on' })
      const opened = await github.as('dev').openPull(repository, { title: branch, head: branch, body: '' })
      await town.becomes('review', opened.headSha, 'success')
      return town.merge(opened.number)
    }
    const lie = await bring('lie', goodFiles('lie'))
    const refused = await town.becomes('deploy', lie, 'failure')
    expect(refused.output.summary).toMatch(
      /says that it takes it back, but undoing it leaves something else in `docs\/lie.md`/,
    )
    expect(town.service.deployed('production')).toEqual(stood)

    // Nor does a revert that the next commit of the same pull request puts back: those who look see neither.
    const none = Object.fromEntries(Object.keys(goodFiles('sneaky')).map((path) => [path, null]))
    const back = await bring('back', none, { ...goodFiles('sneaky'), ...goodFiles('back') })
    const still = await town.becomes('deploy', back, 'failure')
    expect(still.output.summary).toMatch(
      /takes it back, but `\w+`, by which it came in, leaves something else/,
    )
    expect(town.service.deployed('production')).toEqual(stood)

    const reverted = await bring('revert', none)
    const asks = await town.becomes('deploy', reverted, 'action_required')
    expect(asks.output.summary).toMatch(new RegExp(`#${pull.number}: taken back by`))
    await town.press('ben', reverted, 'Approve deploy')
    await until(
      'production to run what is left',
      () => town.service.deployed('production').at(-1) === reverted,
    )
  })
})
