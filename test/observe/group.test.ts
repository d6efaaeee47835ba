/** Observing a merge queue's group through the adapter and the stand-in's own queue: what would land, and whose it is (T10). */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { collectCommits } from '../../src/adapters/workspace/gitCommits.ts'
import { collectMergeTree } from '../../src/adapters/workspace/gitDiff.ts'
import { evidenceKey } from '../../src/core/evidence.ts'
import type { GroupSnapshot } from '../../src/core/snapshot/group.ts'
import { observeGroup } from '../../src/observe/group.ts'
import type { Policy } from '../../src/policy/schema.ts'
import { decide, judge, needs } from '../../src/subjects/group.ts'
import type { GitHubState } from '../../world/index.ts'
import { type Bench, openChange, startBench } from '../adapters/github/support.ts'
import { createMemory, type Memory, portsOf } from './support.ts'

let bench: Bench
let memory: Memory
beforeEach(async () => {
  bench = await startBench()
  memory = createMemory()
})
afterEach(() => bench.close())

async function withQueue(parameters: object = {}): Promise<void> {
  await bench.world.as('ada').api('POST', `/repos/${bench.name}/rulesets`, {
    name: 'queue',
    target: 'branch',
    enforcement: 'active',
    conditions: { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } },
    rules: [
      { type: 'merge_queue', parameters },
      {
        type: 'required_status_checks',
        parameters: {
          strict_required_status_checks_policy: false,
          required_status_checks: [{ context: 'ci' }],
        },
      },
    ],
  })
}

/** What is required holds for the pull request and not yet for its group: a queue that stands still, as while checks run. */
async function enqueue(pull: GitHubState.Pull): Promise<GitHubState.MergeGroup> {
  const lin = bench.world.as('lin')
  await lin.api('POST', `/repos/${bench.name}/statuses/${pull.headSha}`, { context: 'ci', state: 'success' })
  await lin.enqueue(bench.name, pull.number)
  const group = [...bench.world.state.queue.values()].find((one) => one.pullId === pull.id)?.group
  if (!group) throw new Error('no group')
  return group
}

/** Observe, with what the round would have collected from git. */
async function observe({ sha, baseSha, ref }: GitHubState.MergeGroup): Promise<GroupSnapshot<Policy>> {
  const key = `group:${bench.name}@${sha}`
  const body = { kind: 'group.requested', head: sha, baseRef: 'main', base: baseSha, headRef: ref } as const
  memory.add(key, null, body)
  const ports = {
    ...portsOf(bench, memory),
    needs: { pull: () => [], task: () => [], group: needs, rollout: () => [] },
  }
  const { dir } = bench.world.repo(bench.name)
  for (let round = 0; round < 10; round++) {
    const snapshot = await observeGroup(key, ports)
    if (!snapshot) throw new Error('no group')
    const open = needs(snapshot).filter((request) => snapshot.evidence.get(request) === undefined)
    // Facts of this memory are from 1970, and a group that old is over.
    const requested = { ...snapshot.requested, atMs: snapshot.nowMs }
    // On a busy machine GitHub's first answer may come too late: the round would look again as well.
    if (open.length === 0 && snapshot.missing.length === 0) return { ...snapshot, requested }
    for (const request of open) {
      const result =
        request.kind === 'commits'
          ? await collectCommits(dir, request.base, request.head)
          : request.kind === 'mergeTree'
            ? await collectMergeTree(dir, request.first, request.second)
            : null
      if (result) memory.evidenceHeld.set(evidenceKey(bench.name, request), result)
    }
  }
  throw new Error('its needs never end')
}
const numbersOf = ({ entries }: GroupSnapshot<Policy>) =>
  entries === 'unknown' ? [] : entries.map(({ pulls }) => pulls.map(({ pull }) => pull.number))

test.each(['MERGE', 'SQUASH'])('T10: the second group holds both entries, by %s', async (merge_method) => {
  await withQueue({ merge_method })
  const one = await openChange(bench, 'lin', 'one')
  const first = await enqueue(one.pull)
  const two = await openChange(bench, 'lin', 'two')
  const second = await enqueue(two.pull)
  const alone = await observe(first)
  expect(alone.missing).toEqual([])
  expect(numbersOf(alone)).toEqual([[one.pull.number]])
  // Its payload names the first group as its base, and the first entry lands with it all the same.
  expect(second.baseSha).toBe(first.sha)
  const snapshot = await observe(second)
  expect(numbersOf(snapshot)).toEqual([[one.pull.number], [two.pull.number]])
  expect(snapshot).toMatchObject({ missing: [], destroyed: false, base: { ref: 'main' } })
  const verdicts = judge(snapshot)
  for (const { verdict } of [verdicts.plan, verdicts.gates, verdicts.review])
    expect(verdict.sentence).not.toMatch(/something else|no open pull request/)
  expect(decide(snapshot, verdicts).filter(({ kind }) => kind === 'record')).toHaveLength(2)
})

test('T10: a rebase leaves nothing to know a pull request by, and is said to', async () => {
  await withQueue({ merge_method: 'REBASE' })
  const { pull } = await openChange(bench, 'lin', 'one')
  // On a branch that has moved on a rebase makes new commits.
  const snapshot = await observe(await rebased(pull))
  expect(judge(snapshot).gates.verdict).toMatchObject({
    state: 'fail',
    sentence: expect.stringMatching(/queues that merge or squash, not those that rebase/),
  })
})

async function rebased(pull: GitHubState.Pull): Promise<GitHubState.MergeGroup> {
  for (const one of bench.world.state.rulesets.values()) one.enforcement = 'disabled'
  await bench.world.as('lin').push(bench.name, 'main', { files: { 'moved.txt': 'moved' } })
  await bench.world.as('lin').push(bench.name, pull.headRef, { files: { 'more.txt': 'more' } })
  for (const one of bench.world.state.rulesets.values()) one.enforcement = 'active'
  return enqueue(pull)
}

test('T10: what was merged a moment ago is waited for; what GitHub gave up is not looked at', async () => {
  await withQueue()
  const { pull } = await openChange(bench, 'lin', 'one')
  const group = await enqueue(pull)
  const before = bench.world.requests.length
  memory.add(`group:${bench.name}@${group.sha}`, null, { kind: 'group.destroyed', reason: 'dequeued' })
  const ports = {
    ...portsOf(bench, memory),
    needs: { pull: () => [], task: () => [], group: needs, rollout: () => [] },
  }
  // Asked for before it was given up: the order of the facts decides.
  expect(await observeGroup(`group:${bench.name}@${group.sha}`, ports)).toBeNull()
  expect(bench.world.requests.length).toBe(before)
  const open = await observe(group)
  expect(open.destroyed).toBe(false)
  memory.add(`group:${bench.name}@${group.sha}`, null, { kind: 'group.destroyed', reason: 'merged' })
  const gone = await observeGroup(`group:${bench.name}@${group.sha}`, ports)
  expect(gone).toMatchObject({ destroyed: true, entries: [], runs: [] })
  expect(decide(gone as GroupSnapshot<Policy>, judge(gone as GroupSnapshot<Policy>))).toEqual([])
})
