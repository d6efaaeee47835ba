/** What the adapter does on GitHub: each act once, with a narrow token, bounded, and safe to repeat. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { DesiredCheckRun } from '../../../src/core/checkRun.ts'
import { sha256 } from '../../../src/core/digest.ts'
import { RetryLater } from '../../../src/core/errors.ts'
import { type Bench, openChange, startBench } from './support.ts'

let bench: Bench
beforeEach(async () => {
  bench = await startBench()
})
afterEach(() => bench.close())

const desired = (sha: string, change: Partial<DesiredCheckRun> = {}): DesiredCheckRun => ({
  name: 'countersign/plan',
  sha,
  externalId: `pull:acme/shop#1|0|${sha256('shown')}`,
  state: 'action_required',
  title: 'Waiting for an approval of the plan',
  summary: 'Read it.',
  buttons: [{ label: 'Approve', description: 'Approve this plan', intent: 'approve' }],
  shown: sha256('shown'),
  annotations: [],
  ...change,
})
const annotations = (count: number) =>
  Array.from({ length: count }, (_, line) => ({
    path: 'src/price.ts',
    startLine: line + 1,
    endLine: line + 1,
    level: 'failure' as const,
    message: `mistake ${line}`,
  }))
const runs = () => [...bench.world.state.checkRuns.values()]
const lost = (template: RegExp, method: string) =>
  bench.world.faults.rest({
    kind: 'applied-but-lost',
    when: (request) => request.method === method && template.test(request.path),
  })

test('O2: a check run leads to the page about its subject, and to none where there is none', async () => {
  const { sha } = await openChange(bench, 'lin', 'leads')
  const { id } = await bench.forge.writeCheckRun(bench.name, desired(sha), null)
  expect(bench.world.state.checkRuns.get(id)?.detailsUrl).toBe('https://board.example/pull:acme/shop#1')
  const externalId = `group:acme/shop@${sha}|0|${sha256('shown')}`
  const group = await bench.forge.writeCheckRun(
    bench.name,
    desired(sha, { name: 'countersign/gates', externalId }),
    null,
  )
  expect(bench.world.state.checkRuns.get(group.id)?.detailsUrl).toBe(
    `${bench.world.url}/apps/${bench.world.app.slug}`,
  )
})

describe('tokens', () => {
  test('S13: every installation token is narrowed to one repository and to the act', async () => {
    const { world, forge, name } = bench
    await world.createRepo('acme', 'other', { private: true })
    const { pull, sha } = await openChange(bench, 'lin', 'topic')
    await forge.pull(name, pull.number)
    await forge.writeCheckRun(name, desired(sha), null)
    await forge.upsertComment(name, pull.number, 'progress', 'hello', null)
    await forge.credentials.read(name)
    await forge.credentials.push(name)
    const minted = [...world.state.tokens.values()].filter(
      (one) =>
        one.permissions['contents'] !== undefined ||
        one.permissions['checks'] !== undefined ||
        one.permissions['issues'] !== undefined,
    )
    expect(minted.length).toBeGreaterThanOrEqual(5)
    for (const one of minted) expect(one.repositoryIds).toEqual([world.repo(name).id])
    const writing = minted.map(({ permissions }) =>
      Object.entries(permissions).flatMap(([key, level]) => (level === 'write' ? [key] : [])),
    )
    expect(writing.map((one) => one.sort().join())).toEqual(
      expect.arrayContaining(['', 'checks', 'issues,pull_requests', 'contents']),
    )
    expect(bench.secrets.length).toBe(world.state.tokens.size)
  })

  test('a token is kept until five minutes before its end, by the clock', async () => {
    const { world, forge, name, clock } = bench
    const first = await forge.credentials.read(name)
    clock.advance(54 * 60_000)
    expect((await forge.credentials.read(name)).token).toBe(first.token)
    clock.advance(90_000)
    expect((await forge.credentials.read(name)).token).not.toBe(first.token)
    expect(first.url).toBe(`${world.url}/acme/shop.git`)
  })

  test('a token that GitHub no longer accepts is minted anew, once', async () => {
    const { world, forge, name } = bench
    await forge.repository(name)
    world.state.tokens.clear()
    await forge.branchTip(name, 'main')
    expect(world.state.tokens.size).toBe(1)
    world.faults.rest({
      kind: 'error',
      status: 401,
      count: 9,
      when: ({ path }) => path.includes('/git/ref/'),
    })
    await expect(forge.branchTip(name, 'other')).rejects.toMatchObject({ name: 'Terminal', status: 401 })
  })
})

describe('check runs', () => {
  test('carries buttons bound to what was shown, and is updated in place', async () => {
    const { sha } = await openChange(bench, 'lin', 'topic')
    const { id } = await bench.forge.writeCheckRun(bench.name, desired(sha), null)
    expect(runs()).toMatchObject([{ id, name: 'countersign/plan', conclusion: 'action_required' }])
    expect(runs()[0]?.actions).toEqual([
      { label: 'Approve', description: 'Approve this plan', identifier: `a:${sha256('shown').slice(0, 16)}` },
    ])
    expect(
      await bench.forge.writeCheckRun(bench.name, desired(sha, { state: 'success', buttons: [] }), id),
    ).toMatchObject({ id, conclusion: 'success', title: desired(sha).title })
    expect(runs()).toMatchObject([{ id, conclusion: 'success', actions: [] }])
    const { own, ci } = await bench.forge.checks(bench.name, sha)
    expect(own).toMatchObject([{ id, name: 'countersign/plan', conclusion: 'success', sha }])
    expect(ci).toEqual([])
  })

  test('S7: a creation whose answer was lost is found again, not repeated', async () => {
    const { sha } = await openChange(bench, 'lin', 'topic')
    lost(/check-runs$/, 'POST')
    await expect(bench.forge.writeCheckRun(bench.name, desired(sha), null)).rejects.toBeInstanceOf(RetryLater)
    expect(runs()).toHaveLength(1)
    const { id } = await bench.forge.writeCheckRun(bench.name, desired(sha), null)
    expect(runs().map((run) => run.id)).toEqual([id])
  })

  test('S7: two at once make one run', async () => {
    const { sha } = await openChange(bench, 'lin', 'topic')
    const ids = await Promise.all(
      ([null, 'none', 'none'] as const).map((seen) =>
        bench.forge.writeCheckRun(bench.name, desired(sha), seen),
      ),
    )
    expect(new Set(ids.map(({ id }) => id)).size).toBe(1)
    expect(runs()).toHaveLength(1)
  })

  test('sends annotations in batches of 50, and none twice', async () => {
    const { sha } = await openChange(bench, 'lin', 'topic')
    const failing = desired(sha, {
      name: 'countersign/gates',
      state: 'failure',
      buttons: [],
      annotations: annotations(120),
    })
    const { id } = await bench.forge.writeCheckRun(bench.name, failing, null)
    expect(runs()[0]?.annotations).toHaveLength(120)
    await bench.forge.writeCheckRun(bench.name, { ...failing, annotations: annotations(121) }, id)
    expect(runs()[0]?.annotations).toHaveLength(121)
  })

  test('cuts what is too long where a reader sees it', async () => {
    const { sha } = await openChange(bench, 'lin', 'topic')
    const long = desired(sha, { title: 't'.repeat(500), summary: 's'.repeat(80_000) })
    await bench.forge.writeCheckRun(bench.name, long, null)
    const output = runs()[0]?.output
    expect(output?.title).toHaveLength(120)
    expect(output?.summary?.length).toBeLessThanOrEqual(65_535)
    expect(output?.summary).toContain('cut here: the text has 80000 characters')
  })
})

describe('conversation', () => {
  test('S7: one comment a marker, edited in place, untouched when equal, found after a lost answer', async () => {
    const { world, forge, name } = bench
    const issue = await world.as('lin').openIssue(name, { title: 'T' })
    lost(/comments$/, 'POST')
    await expect(forge.upsertComment(name, issue.number, 'progress', 'one', null)).rejects.toBeInstanceOf(
      RetryLater,
    )
    const id = await forge.upsertComment(name, issue.number, 'progress', 'one', null)
    const own = () => [...world.state.comments.values()].filter((one) => one.issueId === issue.id)
    expect(own()).toMatchObject([{ id, body: '<!-- countersign:progress -->\none' }])
    bench.counts.take()
    await forge.upsertComment(name, issue.number, 'progress', 'one', null)
    expect(bench.counts.take()['write']).toBeUndefined()
    await forge.upsertComment(name, issue.number, 'progress', 'two', id)
    expect(bench.counts.take()).toEqual({ write: 1 })
    expect(own()).toMatchObject([{ id, body: '<!-- countersign:progress -->\ntwo' }])
  })

  test('labels are added and taken off without a look before, which may be done again', async () => {
    const { world, forge, name } = bench
    const issue = await world.as('ada').openIssue(name, { title: 'T', labels: ['bug'] })
    await forge.setLabels(name, issue.number, ['agent:needs-human'], ['bug', 'absent'])
    expect(world.state.issues.get(issue.id)?.labels).toEqual(['agent:needs-human'])
    bench.counts.take()
    await forge.setLabels(name, issue.number, ['agent:needs-human'], ['bug'])
    expect(world.state.issues.get(issue.id)?.labels).toEqual(['agent:needs-human'])
    expect(bench.counts.take()).toEqual({ write: 2 })
  })

  test('says by an eyes reaction that a command was seen', async () => {
    const { world, forge, name } = bench
    const issue = await world.as('ada').openIssue(name, { title: 'T' })
    const commentId = await world.as('ada').comment(name, issue.number, '/agent status')
    await forge.acknowledge({ repository: name, commentId, on: 'issue' })
    await forge.acknowledge({ repository: name, commentId: 999, on: 'issue' })
    expect([...world.state.reactions.values()]).toMatchObject([{ subjectId: commentId, content: 'eyes' }])
  })
})

describe('pull requests', () => {
  test('S7: opened once for a branch, found after a lost answer, marked ready once', async () => {
    const { world, forge, name } = bench
    const sha = await world.as('lin').push(name, 'agent/7-x', { files: { 'a.txt': 'a' } })
    const input = { branch: 'agent/7-x', baseRef: 'main', title: 'X', body: 'B', draft: true }
    lost(/pulls$/, 'POST')
    await expect(forge.openPull(name, input)).rejects.toBeInstanceOf(RetryLater)
    const opened = await forge.openPull(name, input)
    expect(opened.head).toBe(sha)
    expect(world.state.pulls.size).toBe(1)
    const found = await forge.pull(name, opened.number)
    if (!found.found) throw new Error('not found')
    expect(found.value.pull).toMatchObject({
      draft: true,
      viaApp: world.app.id,
      author: { type: 'Bot', login: 'countersign[bot]' },
    })
    await forge.markReady(name, found.value.pull)
    await forge.markReady(name, found.value.pull)
    expect([...world.state.pulls.values()][0]?.draft).toBe(false)
  })

  test('findings are one review, on lines where GitHub takes them and in its text otherwise', async () => {
    const { world, forge, name } = bench
    const { pull, sha } = await openChange(bench, 'lin', 'topic')
    const path =
      [
        ...(await world.site.git.text(world.repo(name).dir, ['diff', '--name-only', 'main', 'topic']))
          .trim()
          .split('\n'),
      ][0] ?? ''
    const input = { sha, marker: 'findings:1', body: 'Findings', comments: [{ path, line: 1, body: 'look' }] }
    await forge.postReview(name, pull.number, input, null)
    await forge.postReview(name, pull.number, input, null)
    expect([...world.state.reviewComments.values()]).toMatchObject([{ path, body: 'look' }])
    const outside = {
      ...input,
      marker: 'findings:2',
      comments: [{ path: 'README.md', line: 900, body: 'outside' }],
    }
    await forge.postReview(name, pull.number, outside, 'none')
    const reviews = [...world.state.reviews.values()]
    expect(reviews).toHaveLength(2)
    expect(reviews[1]?.body).toContain('- `README.md` line 900: outside')
  })

  test('T1: merges only the head that was seen, and reads back where it landed', async () => {
    const { world, forge, name } = bench
    const { pull, sha } = await openChange(bench, 'lin', 'topic')
    const moved = await world.as('lin').push(name, 'topic', { files: { 'late.txt': 'late' } })
    const input = { sha, method: 'merge' as const, title: 'Merge', message: 'Countersigned' }
    expect(await forge.merge(name, pull.number, input)).toEqual({ kind: 'moved' })
    const merged = await forge.merge(name, pull.number, { ...input, sha: moved })
    expect(merged).toMatchObject({ kind: 'merged', landedOn: 'main' })
    expect(merged).toEqual(await forge.merge(name, pull.number, { ...input, sha: moved }))
  })

  test('A5: GitHub refusing a merge is an outcome with its sentence', async () => {
    const { world, forge, name } = bench
    const { pull, sha } = await openChange(bench, 'lin', 'topic')
    await world.as('ada').push(name, 'main', { files: { 'src/change.ts': 'x' } })
    const state = world.state.pulls.get(pull.id)
    if (state) state.draft = true
    const refused = await forge.merge(name, pull.number, { sha, method: 'merge', title: 'M', message: '' })
    expect(refused).toMatchObject({
      kind: 'refused',
      sentence: expect.stringMatching(/^GitHub refused to merge #\d+: ./),
    })
  })
})
