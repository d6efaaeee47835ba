/** What an unchanged pull request costs: the loop looks again whenever something hints at it, and asks and writes next to nothing. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { countRequests } from '../../demo/requests.ts'
import { personsCommit } from '../../demo/scripts/commits.ts'
import { openStage, type Stage } from '../../demo/stage.ts'
import { repository, setTheatre, type Theatre } from '../../demo/theatre.ts'
import { readingsLiveMs } from '../../src/adapters/github/readings.ts'
import { ledgerTemplate } from '../support/ledger.ts'

let stage: Stage
let theatre: Theatre
let head: string

beforeAll(async () => {
  stage = await openStage({ ledgerTemplate })
  theatre = await setTheatre(stage, join(import.meta.dirname, '../../demo/repository'))
  await theatre.commit(theatre.dev, 'readme-node', personsCommit, 'main')
  const pull = await theatre.dev.openPull(repository, {
    title: 'A small note',
    head: 'readme-node',
    body: '',
  })
  head = pull.headSha
  await stage.settle()
}, 120_000)
afterAll(() => stage?.close())

test('O6: a hint about an unchanged pull request writes nothing, and its look costs one request', async () => {
  const run = theatre.run('countersign/review', head)
  expect(run).toMatchObject({ conclusion: 'success' })
  const from = stage.github.requests.length
  await theatre.ana.api('POST', `/repos/${repository}/statuses/${head}`, {
    state: 'success',
    context: 'other',
  })
  await stage.settle()
  const { counted, writes } = countRequests(stage.github, from)
  expect(writes).toBe(0)
  // The pull request itself; everything else is unchanged and free, also which pull requests have this head.
  expect(counted).toBeLessThanOrEqual(1)
}, 60_000)

test('O6: what is asked once more and has not changed is asked with If-None-Match', async () => {
  const from = stage.github.requests.length
  // What is kept of roles, rules and branches ends with time.
  await new Promise((resolve) => setTimeout(resolve, readingsLiveMs))
  for (const state of ['failure', 'success']) {
    await theatre.ana.api('POST', `/repos/${repository}/statuses/${head}`, { state, context: 'other' })
    await stage.settle()
  }
  const { counted, conditional, byKind } = countRequests(stage.github, from)
  expect(counted).toBeLessThanOrEqual(2)
  expect([...byKind.keys()]).toEqual(['GraphQL query Pull'])
  expect(conditional).toBeGreaterThan(0)
}, 60_000)
