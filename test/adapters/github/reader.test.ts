/** The reader with a person's token: which pull requests were merged last, over several pages, and what it keeps. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../../src/adapters/clock.ts'
import { createReader } from '../../../src/adapters/github/reader.ts'
import { silentLog } from '../../../src/adapters/log.ts'
import { createContract } from '../../../world/contract/contract.ts'
import { type GitHubWorld, startGitHub } from '../../../world/index.ts'

const name = 'acme/shop'
const merges = 120
let world: GitHubWorld

const dayOf = (number: number) => Date.parse('2026-01-01T00:00:00Z') + number * 24 * 3_600_000
const time = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z')

/** One pull request that was really merged, and the records of many like it: pull request n on day n. */
beforeAll(async () => {
  world = await startGitHub({ contract: createContract() })
  world.createUser('ada')
  world.createOrg('acme', { owners: ['ada'] })
  await world.createRepo('acme', 'shop', {
    collaborators: { ada: 'admin' },
    files: { 'README.md': '# Shop\n' },
  })
  const ada = world.as('ada')
  await ada.push(name, 'topic', { files: { 'a.txt': 'a\n' } })
  const { id } = await ada.openPull(name, { title: 'Topic', head: 'topic' })
  await ada.merge(name, 1)
  const { state } = world
  const pull = state.pulls.get(id)
  const issue = pull && state.issues.get(pull.issueId)
  if (!pull || !issue) throw new Error('the pull request is not there')
  for (let number = 1; number <= merges; number++) {
    const at = time(dayOf(number))
    const first = number === 1
    const ids = first ? [pull.id, issue.id] : [state.nextId++, state.nextId++]
    const [pullId = 0, issueId = 0] = ids
    state.pulls.set(pullId, { ...pull, id: pullId, issueId, number, mergedAt: at })
    state.issues.set(issueId, { ...issue, id: issueId, pullId, number, updatedAt: at })
  }
  // The ones merged first are touched last.
  for (const one of state.issues.values())
    if (one.number <= 55) one.updatedAt = time(dayOf(merges + one.number))
}, 60_000)
afterAll(async () => {
  const { violations } = world
  await world.close()
  expect(violations).toEqual([])
})

function reader() {
  let requests = 0
  const app = {
    appId: 0,
    slug: 'countersign',
    bot: { id: 0, login: 'countersign[bot]', type: 'Bot' },
    drafterAppId: null,
    drafterBot: null,
  } as const
  const onRequest = () => {
    requests++
  }
  const asked = { token: world.tokenOf('ada'), baseUrl: world.apiUrl, app, onRequest }
  return { ...createReader({ ...asked, clock: systemClock, log: silentLog }), requests: () => requests }
}
const range = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, at) => from - at)

describe('reading as a person', () => {
  test('O7: those merged last are found behind a page of older ones that were touched since', async () => {
    const { merged, requests } = reader()
    const found = await merged(name, 'main', { most: 10, sinceMs: 0 })
    expect(found.map(({ number }) => number)).toEqual(range(merges, merges - 9))
    expect(requests()).toBe(2)
    expect(found[0]).toMatchObject({ mergedAtMs: dayOf(merges), reviewedMs: new Map() })
    expect(found[0]?.bases).toHaveLength(1)
  })

  test('O7: all since a day, to the very pull request', async () => {
    const { merged } = reader()
    const found = await merged(name, 'main', { most: 500, sinceMs: dayOf(30) })
    expect(found.map(({ number }) => number)).toEqual(range(merges, 30))
    expect(await merged(name, 'other', { most: 500, sinceMs: 0 })).toEqual([])
  })

  test('O7: the same question is asked once; what failed is asked again', async () => {
    const { repository, branchTip, requests } = reader()
    for (let turn = 0; turn < 3; turn++) expect(await repository(name)).toMatchObject({ found: true })
    expect(requests()).toBe(1)
    world.route('GET', '/repos/{owner}/{repo}/git/ref/{ref}', { permission: 'public' }, () => ({
      status: 403,
      body: { message: 'Resource not accessible by personal access token' },
    }))
    for (const asked of [2, 3]) {
      await expect(branchTip(name, 'main')).rejects.toMatchObject({
        forUser: expect.stringMatching(/GITHUB_TOKEN may not read this.*docs\/backtest\.md/),
      })
      expect(requests()).toBe(asked)
    }
  })
})
