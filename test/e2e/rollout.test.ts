/** From merge to production through the front door: staging, a window, a person, production, and back when it fails (R1 to R4). */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { createReader } from '../../demo/reader.ts'
import { repository } from '../attacks/village.ts'
import { openRolloutTown, type RolloutTown, storyOf } from './rolloutTown.ts'

jest.setTimeout(240_000)

let town: RolloutTown
const kinds = async (environment: string) => storyOf(await town.factsIn(environment))
const until = (what: string, look: () => unknown | Promise<unknown>) =>
  town.stage.until(what, async () => ((await look()) ? true : undefined))

describe('a change on its way to production', () => {
  let first = ''
  let second = ''
  beforeAll(async () => {
    town = await openRolloutTown()
  })
  afterAll(async () => {
    expect(town.stage.github.violations).toEqual([])
    await town.close()
  })

  test('R1, A1: staging is deployed and watched first; then a person is asked, and nobody before', async () => {
    first = await town.ship('first')
    await until('staging to be deployed', () => town.service.deployed('staging').includes(first))
    expect(town.run('deploy', first)).toBeUndefined()
    const run = await town.becomes('deploy', first, 'action_required')
    expect(run.output.summary).toMatch(/From nothing that is known to/)
    expect(town.service.deployed('production')).toEqual([])
    expect(await kinds('staging')).toEqual([
      'deploy.intended',
      'deploy.made',
      'deploy.seen',
      'canary.ended',
      'window.opened',
      'window.ended',
    ])
  })

  test('A3, S11: who may not approve changes nothing; who may lets it through, and its window passes', async () => {
    await town.press('eve', first, 'Approve deploy')
    await town.stage.settle()
    expect(town.service.deployed('production')).toEqual([])
    await town.press('ben', first, 'Approve deploy')
    await until('production to be deployed', () => town.service.deployed('production').includes(first))
    await until('production to be healthy', async () => (await kinds('production')).includes('window.ended'))
    const run = await town.becomes('deploy', first, 'success')
    await until('the check to say so', () =>
      /Healthy in production/.test(town.run('deploy', first)?.output.title ?? ''),
    )
    expect(run.actions).toEqual([])
  })

  test('R3, R4: errors over the ceiling roll it back at once; GitHub, the incident issue and the channel hear of it', async () => {
    second = await town.ship('second')
    const asked = await town.becomes('deploy', second, 'action_required')
    expect(asked.output.summary).toMatch(/#2: an agent's, approved and merged through the gates/)
    town.service.behave(second, { errors: 0.2 })
    await town.press('ben', second, 'Approve deploy')
    await until('production to stand at the first again', () =>
      town.service.deployed('production').join().endsWith([first, second, first].join()),
    )
    await until('the rollback to end', async () => (await kinds('production')).includes('rollback.ended'))
    await town.becomes('deploy', second, 'failure')
    await until('the check to tell the end', () =>
      /stands again/.test(town.run('deploy', second)?.output.title ?? ''),
    )
    expect(town.run('deploy', second)?.output.summary).toMatch(/`errors` \(rolls back\)/)
    const failed = town.deployments('production').find(({ sha }) => sha === second)
    await until('the deployment to be marked', () => failed?.statuses.at(-1)?.state === 'failure')
    await until('the incident', () => town.incidents().some((body) => /failed in production/.test(body)))
    await until('both alerts', () => town.service.alerts.length === 2)
    expect(town.service.alerts.map(({ text }) => text).join('\n')).toMatch(
      /failed in production[\s\S]*Recovered:/,
    )
    await town.stage.settle()
    expect((await kinds('production')).filter((kind) => kind === 'rollout.failed')).toHaveLength(1)
  })

  test('O2, R3: the board shows what stands, who allowed it, and the samples of both windows as plots', async () => {
    const reader = createReader(town.stage, town.stage.github.as('cleo'))
    const page = await reader.signIn(`/board/${repository}/environments/production`)
    expect(page.status).toBe(200)
    expect(page.text).toMatch(new RegExp(`Stands ${first.slice(0, 8)} healthy`))
    expect(page.text).toContain('brought back')
    expect(page.text).toContain('allowed by ben')
    const drawn = page.html.match(/<svg class="drawing"/g) ?? []
    // errors, latency and memory of each window.
    expect(drawn).toHaveLength(6)
    const failed = page.html.split('Its window')[1] ?? ''
    expect(failed).toMatch(/errors: last 20 %, limit [^;]+; [1-9]\d* of \d+ samples? over it/)
    expect((await reader.open(`/board/${repository}`)).text).toContain('production')
  })

  test('T41: what was rolled back does not come along with a later merge, until it is reverted', async () => {
    const third = await town.ship('third')
    await town.becomes('deploy', third, 'failure')
    expect(town.run('deploy', third)?.output.title).toMatch(/Revert it first|part of what failed here/)
    expect(town.service.deployed('production').at(-1)).toBe(first)
  })
})
