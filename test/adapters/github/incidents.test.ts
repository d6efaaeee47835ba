/** The incident issue under people who want nothing to be read on it. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type Bench, startBench } from './support.ts'

let bench: Bench
beforeEach(async () => {
  bench = await startBench()
})
afterEach(async () => {
  const { violations } = bench.world
  await bench.close()
  expect(violations).toEqual([])
})

const report = (marker: string) => bench.forge.reportIncident(bench.name, marker, `What got past: ${marker}.`)
const comments = (number: number) => {
  const issue = [...bench.world.state.issues.values()].find((one) => one.number === number)
  return [...bench.world.state.comments.values()].filter(({ issueId }) => issueId === issue?.id)
}

test('T20: noise on the incident issue keeps nothing from being reported', async () => {
  const first = await report('push:main:1')
  const [own] = comments(first)
  if (!own) throw new Error('nothing was reported')
  const rex = [...bench.world.state.accounts.values()].find(({ login }) => login === 'rex')
  // Straight into the world: a thousand requests would show no more.
  for (let at = 1; at <= 1001; at++)
    bench.world.state.comments.set(own.id + at, {
      ...own,
      id: own.id + at,
      authorId: rex?.id ?? 0,
      body: '+1',
    })
  const second = await report('push:main:2')
  expect(second).not.toBe(first)
  expect(comments(second).map(({ body }) => body)).toEqual([expect.stringContaining('push:main:2.')])
  expect(await report('push:main:2')).toBe(second)
  expect(comments(second)).toHaveLength(1)
})

test('T20: more open issues of ours than a few pages hide the incident issue from nobody', async () => {
  const first = await report('push:main:1')
  const { issues } = bench.world.state
  const own = [...issues.values()].find(({ number }) => number === first)
  if (!own) throw new Error('there is no issue')
  for (let at = 1; at <= 600; at++)
    issues.set(own.id + 1000 + at, { ...own, id: own.id + 1000 + at, number: first + at, body: 'A child.' })
  expect(await report('push:main:2')).toBe(first)
  expect(comments(first)).toHaveLength(2)
})

test.each([
  ['what would end its marker', 'rollout:acme/shop@a --> @acme/seniors <b>:3'],
  ['what is longer than a marker', `rollout:acme/shop@${'é'.repeat(200)}:3`],
])(
  'T28, S7: an environment that is called %s is reported once, and says nothing beside the sentence',
  async (_, marker) => {
    const number = await bench.forge.reportIncident(bench.name, marker, 'What got past.')
    await bench.forge.reportIncident(bench.name, marker, 'What got past.')
    expect(comments(number).map(({ body }) => body)).toEqual([
      expect.stringMatching(/^<!-- countersign:incident:[^\s<>]+ -->\nWhat got past\.$/),
    ])
  },
)
