/** What goes wrong on the way to production: nothing of it lets anything pass, and all of it is told (R1 to R4, A4, O4). */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { goodFiles, repository } from '../attacks/village.ts'
import { factsOf, openRolloutTown, type RolloutTown, storyOf, watched } from './rolloutTown.ts'

jest.setTimeout(240_000)

let town: RolloutTown
const kinds = async (environment: string) => storyOf(await town.factsIn(environment))
const until = (what: string, look: () => unknown | Promise<unknown>) =>
  town.stage.until(what, async () => ((await look()) ? true : undefined))
const outcomes = async (environment: string) =>
  factsOf(await town.factsIn(environment), 'window.ended').map(({ body }) => body.outcome)
const says = (sha: string, text: RegExp) =>
  until(`countersign/deploy to say ${text}`, () => {
    const run = town.run('deploy', sha)
    return text.test(`${run?.output.title}\n${run?.output.summary}`)
  })
const told = (text: RegExp) =>
  until(`an alert with ${text}`, () => town.service.alerts.some((one) => text.test(one.text)))

describe('trouble', () => {
  beforeAll(async () => {
    town = await openRolloutTown({
      environments: (service) => `
    staging:
      deploy: create${watched(service, 'staging')}
    production:
      deploy: create
      after: staging
      irreversible: ['migrations/**']${watched(service, 'production')}`,
    })
  })
  afterAll(async () => {
    expect(town.stage.github.violations).toEqual([])
    await town.close()
  })

  let first = ''
  test('R4, O4: a restart resumes the window; a stop holds what is still to come, and resume lets it go on', async () => {
    const pull = await town.approvedPull('copilot/first', goodFiles('first'))
    first = await town.merge(pull.number)
    await until('the window in staging', async () => (await kinds('staging')).includes('window.opened'))
    await town.stage.restart()
    await town.becomes('deploy', first, 'action_required')
    expect(await outcomes('staging')).toEqual(['healthy'])
    await town.stage.github.as('dev').comment(repository, pull.number, '/agent stop')
    await until('the stop to be heard', () => town.commentsOn(pull.number).some((body) => /stops/.test(body)))
    await town.press('ben', first, 'Approve deploy')
    await says(first, /stopped it/)
    await town.stage.settle()
    expect(town.service.deployed('production')).toEqual([])
    await town.stage.github.as('dev').comment(repository, pull.number, '/agent resume')
    await until('production to be healthy', async () => (await outcomes('production')).includes('healthy'))
  })

  test('R3: a slow service alerts and is not rolled back; the alert ends when it is quick again', async () => {
    const slow = await town.ship('slow')
    await town.becomes('deploy', slow, 'action_required')
    town.service.behave(slow, { p95: 900 })
    await town.press('ben', slow, 'Approve deploy')
    await told(/latency[\s\S]*900 ms/)
    await until('production to be healthy', async () => (await outcomes('production')).length === 2)
    expect(await outcomes('production')).toEqual(['healthy', 'healthy'])
    expect(town.service.deployed('production').at(-1)).toBe(slow)
    expect(town.incidents().filter((body) => /latency is over its limit/.test(body))).toHaveLength(1)
  })

  test('R3: figures that say nothing never pass: it is held, alerted once, and a person counts it as healthy', async () => {
    const silent = await town.ship('silent')
    await town.becomes('deploy', silent, 'action_required')
    town.service.behave(silent, { errors: 'NaN' })
    await town.press('ben', silent, 'Approve deploy')
    const run = await town.becomes('deploy', silent, 'action_required')
    expect(run.id).toBeDefined()
    await says(silent, /waits for a person[\s\S]*said nothing/)
    await told(/waits for a person/)
    await town.press('eve', silent, 'Healthy')
    await town.stage.settle()
    expect((await outcomes('production')).at(-1)).toBe('held')
    await town.press('cleo', silent, 'Healthy')
    await says(silent, /Healthy in production: cleo counted it/)
    await told(/Recovered: production waits/)
  })

  test('R1, O4: what did not come up is told, is not tried again by itself, and is after /agent retry', async () => {
    const pull = await town.approvedPull('copilot/flaky', goodFiles('flaky'))
    const flaky = await town.merge(pull.number)
    await town.becomes('deploy', flaky, 'action_required')
    town.service.refuses = true
    await town.press('ben', flaky, 'Approve deploy')
    await says(flaky, /did not come up: \/agent retry/)
    await told(/failed in production[\s\S]*ended with/)
    await town.stage.settle()
    const tries = () => town.deployments('production').filter(({ sha }) => sha === flaky).length
    expect(tries()).toBe(1)
    town.service.refuses = false
    await town.stage.github.as('dev').comment(repository, pull.number, '/agent retry')
    await until('production to be healthy again', async () =>
      factsOf(await town.factsIn('production'), 'window.ended').some(
        ({ body }) => body.sha === flaky && body.outcome === 'healthy',
      ),
    )
    expect(tries()).toBe(2)
    expect(town.service.deployed('production').at(-1)).toBe(flaky)
    await town.becomes('deploy', flaky, 'success')
    await town.stage.github.as('dev').comment(repository, pull.number, '/agent status')
    await until('the way to be told', () =>
      town
        .commentsOn(pull.number)
        .some((body) => /- `staging`: healthy: [\s\S]*- `production`: healthy: /.test(body)),
    )
  })

  test('R4: a change that cannot be taken back is not rolled back by itself; a person may', async () => {
    const moved = await town.ship('moved', { ...goodFiles('moved'), 'migrations/001.sql': 'drop table a;\n' })
    await town.becomes('deploy', moved, 'action_required')
    const stood = town.service.deployed('production').at(-1)
    town.service.behave(moved, { errors: 0.3 })
    await town.press('ben', moved, 'Approve deploy')
    await says(moved, /not rolled back by itself: policy says that `?migrations\/001.sql/)
    expect(town.service.deployed('production').at(-1)).toBe(moved)
    await town.press('cleo', moved, 'Roll back')
    await until(
      'production to stand where it stood',
      () => town.service.deployed('production').at(-1) === stood,
    )
    await says(moved, /stands again/)
  })

  test('R1: a canary that fails keeps production closed', async () => {
    const before = town.service.deployed('production').length
    town.service.usually = { health: 503 }
    const sick = await town.ship('sick')
    await until('the canary to fail', async () =>
      factsOf(await town.factsIn('staging'), 'canary.ended').some(({ body }) => !body.ok),
    )
    await told(/failed in staging[\s\S]*canary/i)
    await town.stage.settle()
    expect(town.run('deploy', sick)).toBeUndefined()
    expect(town.service.deployed('production')).toHaveLength(before)
  })
})

describe('a freeze', () => {
  beforeAll(async () => {
    town = await openRolloutTown({
      // Between them these two cover the whole week, whatever day it is.
      environments: (service) => `
    production:
      deploy: create
      freeze:
        - { from: 'Mon 00:00', to: 'Thu 12:00', zone: Europe/Berlin }
        - { from: 'Thu 11:00', to: 'Mon 00:30', zone: Europe/Berlin }${watched(service, 'production')}`,
    })
  })
  afterAll(async () => {
    expect(town.stage.github.violations).toEqual([])
    await town.close()
  })

  test('R1, A4: nothing is deployed in it, approved or not; a senior lifts it with a reason, nobody else', async () => {
    const pull = await town.approvedPull('copilot/first', goodFiles('first'))
    const sha = await town.merge(pull.number)
    await town.becomes('deploy', sha, 'action_required')
    await town.press('ben', sha, 'Approve deploy')
    await says(sha, /No deployments until .* UTC/)
    const github = town.stage.github
    await github.as('dev').comment(repository, pull.number, '/agent accept freeze it is urgent')
    await until('the refusal', () =>
      town.commentsOn(pull.number).some((body) => /Only a senior lifts/.test(body)),
    )
    expect(town.service.deployed('production')).toEqual([])
    await github.as('ana').comment(repository, pull.number, '/agent reject deploy not before the audit')
    await town.becomes('deploy', sha, 'failure')
    await github.as('cleo').comment(repository, pull.number, '/agent accept freeze it is urgent')
    await until('the answer', () =>
      town.commentsOn(pull.number).some((body) => /lifted the freeze/.test(body)),
    )
    await town.stage.settle()
    expect(town.service.deployed('production')).toEqual([])
    await town.press('ana', sha, 'Approve deploy')
    await until('production to be deployed', () => town.service.deployed('production').includes(sha))
    await until('production to be healthy', async () => (await outcomes('production')).includes('healthy'))
  })
})
