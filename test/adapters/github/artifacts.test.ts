/** G18, T15: artifacts are of the run that was asked for or they are not given, and their download has bounds and no token. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { RetryLater } from '../../../src/core/errors.ts'
import type { ReportsRequest } from '../../../src/core/ports.ts'
import { type Ci, enableCi } from '../../../world/ci/ci.ts'
import type { WorkflowRun } from '../../../world/ci/records.ts'
import { type Bench, startBench } from './support.ts'

const workflow = '.github/workflows/measure.yml'
let bench: Bench
let ci: Ci
let sha: string
let run: WorkflowRun

beforeEach(async () => {
  bench = await startBench()
  sha = await bench.world.as('ada').push(bench.name, 'main', { files: { [workflow]: 'name: Measure\n' } })
  ci = await enableCi(bench.world, bench.name, { workflow, jobs: [{ name: 'measure', run: '' }], events: [] })
  run = await ci.report(sha, { conclusion: null })
  ci.upload(run, { name: 'numbers', content: [{ name: 'a.txt', bytes: Buffer.from('first') }] })
  await ci.finish(run, 'success')
})
afterEach(async () => {
  const { violations } = bench.world
  await bench.close()
  expect(violations).toEqual([])
})

const request = (parts: Partial<ReportsRequest> = {}): ReportsRequest => ({
  kind: 'reports',
  sha,
  run: run.id,
  attempt: 1,
  workflow,
  event: 'push',
  artifact: 'numbers',
  files: [{ format: 'lcov', path: 'a.txt' }],
  ...parts,
})
const read = (parts: Partial<ReportsRequest> = {}) => bench.forge.artifact(bench.name, request(parts))

test('the archive comes byte for byte, from a storage that refuses our token', async () => {
  const [artifact] = ci.artifacts(run)
  expect(await read()).toEqual({ ok: true, zip: artifact?.bytes })
})

test('the runs at a commit, with workflow file, event, attempt and end', async () => {
  const other = await ci.report(sha, { conclusion: null, event: 'pull_request' })
  expect(await bench.forge.workflowRuns(bench.name, sha)).toEqual([
    { id: other.id, path: workflow, event: 'pull_request', sha, attempt: 1, ended: false, conclusion: null },
    { id: run.id, path: workflow, event: 'push', sha, attempt: 1, ended: true, conclusion: 'success' },
  ])
  expect(await bench.forge.workflowRuns(bench.name, '0'.repeat(40))).toEqual([])
})

describe('what is not given', () => {
  test.each<[string, Partial<ReportsRequest>, RegExp]>([
    ['a run of another commit', { sha: 'b'.repeat(40) }, /is of another commit/],
    ['a run of another workflow', { workflow: '.github/workflows/ci.yml' }, /is of another workflow/],
    ['a run that another event started', { event: 'pull_request' }, /was started by another event/],
    ['an attempt that is over', { attempt: 2 }, /has been started again/],
    ['a run that does not exist', { run: 999_999 }, /is gone/],
    ['an artifact of another name', { artifact: 'number' }, /uploaded no artifact `number`/],
  ])('%s', async (_, parts, words) => {
    expect(await read(parts)).toEqual({ ok: false, reason: expect.stringMatching(words) })
  })

  test('an artifact of the same name that another run uploaded', async () => {
    const other = await ci.report(sha, { conclusion: 'success', workflow: '.github/workflows/mine.yml' })
    ci.upload(other, { name: 'better', content: [{ name: 'a.txt', bytes: Buffer.from('forged') }] })
    expect(await read({ artifact: 'better' })).toMatchObject({ ok: false })
  })

  test('one that has expired', async () => {
    bench.clock.advance(91 * 86_400_000)
    expect(await read()).toEqual({ ok: false, reason: expect.stringMatching(/expired/) })
  })

  test('one that is larger than 64 MB', async () => {
    const big = await ci.report(sha, { conclusion: null })
    ci.upload(big, { name: 'numbers', content: Buffer.alloc(64 * 1024 * 1024 + 1) })
    await ci.finish(big, 'success')
    expect(await read({ run: big.id })).toEqual({ ok: false, reason: expect.stringMatching(/64 MB/) })
  })
})

test('a run that is run again gives what its latest attempt uploaded', async () => {
  await bench.world.as('ada').api('POST', `/repos/${bench.name}/actions/runs/${run.id}/rerun`)
  expect(await read()).toEqual({ ok: false, reason: expect.stringMatching(/has been started again/) })
  const second = ci.upload(run, {
    name: 'numbers',
    content: [{ name: 'a.txt', bytes: Buffer.from('second') }],
  })
  await ci.finish(run, 'success')
  expect(await read({ attempt: 2 })).toEqual({ ok: true, zip: second.bytes })
})

test('an address that the storage no longer knows is asked for again later', async () => {
  let told = false
  const watch = () => {
    if (told) return
    told = bench.world.requests.some(({ path }) => path.endsWith('/zip'))
    // The address lives for a minute of the storage's time.
    if (told) bench.clock.advance(61_000)
    else setImmediate(watch)
  }
  watch()
  await expect(read()).rejects.toThrow(RetryLater)
})
