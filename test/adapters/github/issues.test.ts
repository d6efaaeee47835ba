/** Issues of the App's own making, and the text that it writes into others': once, and never over somebody's edit (S7, D2). */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { sha256 } from '../../../src/core/digest.ts'
import { RetryLater } from '../../../src/core/errors.ts'
import { type Bench, startBench } from './support.ts'

let bench: Bench
beforeEach(async () => {
  bench = await startBench()
})
afterEach(() => bench.close())

const ours = (marker: string) =>
  [...bench.world.state.issues.values()].filter((one) =>
    one.body?.startsWith(`<!-- countersign:${marker} -->`),
  )
const lost = (method: string, path: RegExp) =>
  bench.world.faults.rest({
    kind: 'applied-but-lost',
    when: (request) => request.method === method && path.test(request.path),
  })

test('S7: an issue whose answer was lost is found again, but not in older issues, nor in those of others', async () => {
  const { forge, name, world } = bench
  const input = { marker: 'child:1:a', title: 'Part', body: 'Text', after: 0, look: false }
  const old = await forge.openIssue(name, input)
  const stranger = await world
    .as('rex')
    .openIssue(name, { title: 'Mine', body: ours('child:1:a')[0]?.body ?? '' })
  lost('POST', /\/issues$/)
  await expect(forge.openIssue(name, input)).rejects.toBeInstanceOf(RetryLater)
  const third = ours('child:1:a').at(-1)
  const found = await forge.openIssue(name, { ...input, after: stranger.number, look: true })
  expect(found.number).toBe(third?.number)
  expect(ours('child:1:a')).toHaveLength(3)
  // Of two it is the older one, so that every run finds the same.
  expect((await forge.openIssue(name, { ...input, look: true })).number).toBe(old.number)
  // A closed one is still the one.
  await world.as('lin').closeIssue(name, old.number)
  expect((await forge.openIssue(name, { ...input, look: true })).number).toBe(old.number)
})

test('a sub-issue is shown once; a link that stands is no mistake', async () => {
  const { forge, name, world } = bench
  const epic = await world.as('lin').openIssue(name, { title: 'Epic' })
  const part = await world.as('lin').openIssue(name, { title: 'Part' })
  await forge.addSubIssue(name, epic.number, part.id)
  await forge.addSubIssue(name, epic.number, part.id)
  expect(part.parentId).toBe(epic.id)
  await expect(forge.addSubIssue(name, epic.number, 999_999)).resolves.toBeUndefined()
})

test('D2 S7: the text of an issue is written over what was seen and nothing else, also when the answer was lost', async () => {
  const { forge, name, world } = bench
  const issue = await world.as('lin').openIssue(name, { title: 'x', body: 'one' })
  const was = sha256('one')
  lost('PATCH', /\/issues\/\d+$/)
  await expect(forge.editBody(name, issue.number, { was, body: 'two\nlines' })).rejects.toBeInstanceOf(
    RetryLater,
  )
  expect(await forge.editBody(name, issue.number, { was, body: 'two\nlines' })).toBe('written')
  issue.body = 'two\r\nlines\r\n'
  expect(await forge.editBody(name, issue.number, { was, body: 'two\nlines' })).toBe('written')
  await world.as('lin').editIssue(name, issue.number, { body: 'three' })
  expect(await forge.editBody(name, issue.number, { was, body: 'two\nlines' })).toBe('moved')
  expect(issue.body).toBe('three')
  expect(await forge.editBody(name, 4711, { was, body: 'x' })).toBe('moved')
})
