/** Merge queues in checks mode, through the front door: each entry passes by itself, and nothing rides along (T10). */
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { factsOf } from '../../src/core/facts.ts'
import { enableCi } from '../../world/ci/ci.ts'
import type { GitHubState } from '../../world/index.ts'
import { goodFiles, openVillage, repository, type Village } from './village.ts'

// A whole App and a whole GitHub a test: seconds each, and more on a busy machine.
jest.setTimeout(180_000)

let village: Village
afterEach(async () => {
  expect(village.stage.github.violations).toEqual([])
  await village.close()
})

/** Checks mode with a merge queue on main. */
async function withQueue(parameters: object = {}, input: Parameters<typeof openVillage>[0] = {}) {
  village = await openVillage({ mode: 'checks', ...input })
  const { github } = village.stage
  await github.as('owner').api('POST', `/repos/${repository}/rulesets`, {
    name: 'queue',
    target: 'branch',
    enforcement: 'active',
    conditions: { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } },
    rules: [{ type: 'merge_queue', parameters }],
  })
}

/** The same, with a workflow that policy names; its results are told by the test. */
async function withCi() {
  await withQueue({}, { files: { '.github/workflows/ci.yml': 'on: [pull_request, merge_group]\n' } })
  const { github } = village.stage
  const policy =
    'gates:\n  ci:\n    workflows: [{ path: .github/workflows/ci.yml }]\nmerge: { mode: checks }\n'
  for (const one of github.state.rulesets.values()) one.enforcement = 'disabled'
  await github.as('owner').push(repository, 'main', { files: { '.github/countersign.yml': policy } })
  for (const one of github.state.rulesets.values()) one.enforcement = 'active'
  return enableCi(github, repository, { jobs: [{ name: 'test', run: 'true' }], events: [] })
}

/** An agent's pull request that everybody who must has approved. */
async function approved(name: string, whenPushed?: (sha: string) => Promise<unknown>) {
  const pull = await village.agentPull(`copilot/${name}`, goodFiles(name))
  await whenPushed?.(pull.headSha)
  await village.becomes('gates', pull.headSha, 'success')
  await village.approve('plan', pull.headSha, ['ben'])
  await village.approve('review', pull.headSha, ['ben', 'cleo', 'dev'])
  await village.becomes('review', pull.headSha, 'success')
  return pull
}
const enqueue = async (pull: GitHubState.Pull) => {
  await village.stage.github.as('dev').enqueue(repository, pull.number)
}
/** An approved entry in the queue, green for its group but for CI, which has not answered. */
async function waitsForCi() {
  const ci = await withCi()
  const pull = await approved('one', (sha) =>
    ci.report(sha, { conclusion: 'success', event: 'pull_request' }),
  )
  await enqueue(pull)
  const group = await village.stage.until('the group', () => groupNow(pull))
  await village.becomes('review', group, 'success')
  return { ci, pull, group }
}
const groups = () =>
  village.stage.github.events.flatMap(({ event, action, payload }) =>
    event === 'merge_group' && action === 'checks_requested'
      ? [(payload['merge_group'] as { head_sha: string }).head_sha]
      : [],
  )
const groupNow = (pull: GitHubState.Pull) =>
  [...village.stage.github.state.queue.values()].find((one) => one.pullId === pull.id)?.group?.sha
const merged = (pull: GitHubState.Pull) =>
  village.stage.until(`#${pull.number} to be merged`, () => (pull.merged ? true : undefined))
const leftQueue = (pull: GitHubState.Pull) =>
  village.stage.until(`#${pull.number} to leave the queue`, () => (groupNow(pull) ? undefined : true))
const withdraw = async (pull: GitHubState.Pull) => {
  const run = await village.becomes('review', pull.headSha, 'success')
  await village.stage.github.as('ben').press(run.id, village.identifier(run, 'Request changes'))
}

describe('what passes', () => {
  test('A5: an approved entry is merged by GitHub, at the very commit that the three checks are green on', async () => {
    await withQueue()
    const pull = await approved('one')
    await enqueue(pull)
    await merged(pull)
    await village.stage.settle()
    const [group = ''] = groups()
    expect(pull.mergeCommitSha).toBe(group)
    for (const name of ['plan', 'gates', 'review'] as const) {
      const run = village.run(name, group)
      expect([run?.conclusion, run?.actions]).toEqual(['success', []])
      expect(run?.output.summary).toContain(`#${pull.number}`)
    }
    const { ledger } = village.stage.app
    expect(factsOf(await ledger.facts(`group:${repository}@${group}`), 'group.requested')).toHaveLength(1)
    const facts = await ledger.facts(`pull:${repository}#${pull.number}`)
    expect(factsOf(facts, 'group.joined')[0]?.body.group).toBe(`group:${repository}@${group}`)
    expect(factsOf(facts, 'merged')[0]?.body.merge).toBe(group)
    expect(village.incidents()).toEqual([])
  })

  test('A5: each check is in progress before it is anything else', async () => {
    await withQueue()
    const pull = await village.personPull('dev', 'topic', goodFiles('one'))
    await village.becomes('review', pull.headSha, 'success')
    await village.stage.settle()
    await enqueue(pull)
    await merged(pull)
    const [group] = groups()
    const first = village.stage.github.events.filter(({ event, action, payload }) => {
      const run = payload['check_run'] as { head_sha: string; name: string } | undefined
      return event === 'check_run' && action === 'created' && run?.head_sha === group
    })
    expect(first.map(({ payload }) => (payload['check_run'] as { status: string }).status)).toEqual(
      Array(3).fill('in_progress'),
    )
  })

  test('A5: a queue that squashes is followed by the tree, not by a title', async () => {
    await withQueue({ merge_method: 'SQUASH' })
    const pull = await approved('one')
    await enqueue(pull)
    await merged(pull)
    expect(await parentsOf(groups()[0] ?? '')).toHaveLength(1)
  })

  test('G17: CI that policy names must have run on the group itself, started by the queue', async () => {
    const ci = await withCi()
    const pull = await village.personPull('dev', 'topic', goodFiles('one'))
    await ci.report(pull.headSha, { conclusion: 'success', event: 'pull_request' })
    await village.becomes('review', pull.headSha, 'success')
    await enqueue(pull)
    const [group = ''] = await village.stage.until('a group', () => (groups().length ? groups() : undefined))
    await ci.report(group, { conclusion: 'success', event: 'push' })
    await village.stage.settle()
    // A person's pull request needs no gates, but what lands is not it alone: CI is asked on the group.
    expect(village.run('gates', group)?.status).toBe('in_progress')
    expect(village.run('gates', group)?.output.summary).toMatch(/on `merge_group` has not reported/)
    expect(pull.merged).toBe(false)
    await ci.report(group, { conclusion: 'success', event: 'merge_group' })
    await merged(pull)
  })
})

describe('T10: what does not', () => {
  test('T10: an approval withdrawn in the queue fails the group, and GitHub takes the entry out', async () => {
    const { ci, pull, group } = await waitsForCi()
    // The group is still open when ben changes his mind.
    await withdraw(pull)
    await leftQueue(pull)
    expect(village.run('review', group)?.conclusion).toBe('failure')
    expect(village.run('review', group)?.output.summary).toMatch(
      new RegExp(`#${pull.number}: .*\\*\\*ben\\*\\*`),
    )
    await ci.report(group, { conclusion: 'success', event: 'merge_group' })
    await village.stage.settle()
    expect(pull.merged).toBe(false)
  })

  test('T10: an approval withdrawn takes back the green of each group that holds the entry, not of the last alone', async () => {
    const ci = await withCi()
    const green = (sha: string) => ci.report(sha, { conclusion: 'success', event: 'pull_request' })
    const [front, behind] = [await approved('front', green), await approved('behind', green)]
    await enqueue(front)
    const first = await village.stage.until('the first group', () => groupNow(front))
    await village.becomes('review', first, 'success')
    await enqueue(behind)
    const second = await village.stage.until('the second group', () => groupNow(behind))
    await village.becomes('review', second, 'success')
    await withdraw(front)
    await village.becomes('review', first, 'failure')
    await leftQueue(front)
    await ci.report(first, { conclusion: 'success', event: 'merge_group' })
    await village.stage.settle()
    expect(front.merged).toBe(false)
  })

  test('T10: a green that no longer stands is taken back before the one that was still missing is written', async () => {
    const { ci, pull, group } = await waitsForCi()
    // Nobody is told of the review: what CI brings about is the first look since.
    village.stage.github.faults.webhook({
      kind: 'hold',
      when: ({ event }) => event === 'pull_request_review',
      count: 100,
    })
    await village.stage.github.as('ben').requestChanges(repository, pull.number, 'Not yet.')
    await ci.report(group, { conclusion: 'success', event: 'merge_group' })
    await village.becomes('review', group, 'failure')
    await leftQueue(pull)
    village.stage.github.faults.clear()
    village.stage.github.faults.release()
    await village.stage.settle()
    expect(pull.merged).toBe(false)
    // However fast GitHub is: at no moment did it see three greens.
    const written = village.stage.github.events.flatMap(({ event, payload }) => {
      const run = payload['check_run'] as GitHubState.CheckRun & { head_sha: string }
      return event === 'check_run' && run.head_sha === group ? [`${run.name} ${run.conclusion}`] : []
    })
    expect(written).toContain('countersign/gates success')
    expect(written.indexOf('countersign/review failure')).toBeLessThan(
      written.indexOf('countersign/gates success'),
    )
  })

  test('T10: a press that is on record and not answered yet holds the group: it may be a no', async () => {
    const { ci, pull, group } = await waitsForCi()
    const run = await village.becomes('review', pull.headSha, 'success')
    // Its own round has yet to come when CI brings the group's.
    const press = {
      kind: 'button.pressed' as const,
      checkRunId: run.id,
      checkName: 'countersign/review' as const,
      sha: pull.headSha,
      identifier: village.identifier(run, 'Request changes'),
      externalId: run.externalId ?? '',
    }
    const { id, login } = village.stage.github.as('ben').account
    await village.stage.app.ledger.append(`pull:${repository}#${pull.number}`, [
      { actor: { id, login, type: 'User' }, body: press },
    ])
    await ci.report(group, { conclusion: 'success', event: 'merge_group' })
    await village.stage.until('the group to wait', () =>
      village.run('review', group)?.output.summary?.includes('is being answered') ? true : undefined,
    )
    expect(pull.merged).toBe(false)
    // Anything that happens on it is answered in the same round.
    await village.stage.github.as('eve').comment(repository, pull.number, '/agent help')
    await village.becomes('review', group, 'failure')
    await leftQueue(pull)
    expect(pull.merged).toBe(false)
  })

  test('T10: with head green, an entry that lost its approval does not come in with the one behind it', async () => {
    await withQueue({ grouping_strategy: 'HEADGREEN' })
    const [front, behind] = [await approved('front'), await approved('behind')]
    await holdGroups()
    await enqueue(front)
    await enqueue(behind)
    await withdraw(front)
    await village.stage.settle()
    const second = groupNow(behind) ?? ''
    await releaseGroups()
    // The second group's payload names the first group as its base; what lands is more than what lies between them.
    await village.becomes('review', second, 'failure')
    expect(village.run('review', second)?.output.summary).toContain(`#${front.number}`)
    await village.stage.settle()
    expect(front.merged).toBe(false)
  })

  test('T10: a commit in the group that is no pull request’s is named, and nothing is green', async () => {
    await withQueue()
    const dev = village.stage.github.as('dev')
    const pull = await approved('one')
    const main = await village.tip('main')
    await dev.push(repository, 'evil', { files: { 'evil.txt': 'evil' }, base: 'main' })
    const evil = await dev.push(repository, 'evil', { files: { 'more.txt': 'more' } })
    await tellGroup({ head: evil, base: main, number: pull.number })
    const run = await village.becomes('review', evil, 'failure')
    expect(run.output.summary).toMatch(/no open pull request holds/)
    const names = ['plan', 'gates', 'review'] as const
    expect(names.map((name) => village.run(name, evil)?.conclusion)).toEqual(Array(3).fill('failure'))
  })

  test('T10: a group whose merge adds something of its own is not the merge of its entry', async () => {
    await withQueue()
    const { github } = village.stage
    const pull = await approved('one')
    const main = await village.tip('main')
    const { dir } = github.repo(repository)
    const { tree } = await github.site.git.commit(
      dir,
      (await github.as('dev').push(repository, 'evil', {
        files: { 'evil.txt': 'evil' },
        base: 'main',
      })) as string,
    )
    const who = { name: 'dev', email: 'dev@example.test', date: github.site.now() }
    const head = await github.site.git.commitTree(dir, tree, [main, pull.headSha], 'Merge', who, who)
    await github.site.git.updateRef(dir, 'refs/heads/forged', head, '0'.repeat(40))
    await tellGroup({ head, base: main, number: pull.number })
    const run = await village.becomes('gates', head, 'failure')
    expect(run.output.summary).toMatch(/holds something else than the merge of #/)
  })

  test('T10: a draft, or an unapproved pull request, does not even get in; the hint in a branch name helps nobody', async () => {
    await withQueue()
    const pull = await village.agentPull('copilot/one', goodFiles('one'))
    await village.becomes('gates', pull.headSha, 'success')
    await expect(enqueue(pull)).rejects.toThrow(/countersign\/(plan|review)/)
    const other = await approved('two')
    // A forged event that names the approved one, on the head of the other.
    await tellGroup({ head: pull.headSha, base: await village.tip('main'), number: other.number })
    await village.stage.settle()
    expect(village.run('review', pull.headSha)?.conclusion).not.toBe('success')
    expect([pull.merged, other.merged]).toEqual([false, false])
  })

  test('T10: in merge mode a queue is refused with its reason', async () => {
    village = await openVillage()
    const pull = await village.personPull('dev', 'topic', goodFiles('one'))
    await village.becomes('review', pull.headSha, 'success')
    const head = await village.stage.github
      .as('dev')
      .push(repository, 'g', { files: { 'g.txt': 'g' }, base: 'main' })
    await tellGroup({ head, base: await village.tip('main'), number: pull.number })
    const run = await village.becomes('review', head, 'failure')
    expect(run.output.summary).toMatch(/Policy lets only Countersign merge/)
  })

  test('T12: a group whose request was lost is never green; asked for again it is judged', async () => {
    await withQueue()
    const pull = await approved('one')
    const { github, app } = village.stage
    github.setWebhookUrl(null)
    await enqueue(pull)
    await village.stage.settle()
    const group = groupNow(pull) ?? ''
    expect(['plan', 'gates', 'review'].map((name) => village.run(name as 'plan', group))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    github.setWebhookUrl(`${app.url}/api/github/webhooks`)
    await github.as('dev').dequeue(repository, pull.number)
    await enqueue(pull)
    await merged(pull)
  })
})

const parentsOf = async (sha: string) =>
  (await village.stage.github.site.git.commit(village.stage.github.repo(repository).dir, sha)).parents

/** The App hears nothing until it is released: what happens meanwhile is found by looking. */
async function holdGroups() {
  const when = ({ event }: { event: string }) => event === 'merge_group'
  village.stage.github.faults.webhook({ kind: 'hold', when, count: 100 })
}
async function releaseGroups() {
  village.stage.github.faults.clear()
  village.stage.github.faults.release()
}

/** A merge_group event as only GitHub could sign it; the stand-in's own queue never makes such a group. */
async function tellGroup({ head, base, number }: { head: string; base: string; number: number }) {
  const { github } = village.stage
  const { simpleCommit } = await import('../../world/github/views/commit.ts')
  const repo = github.repo(repository)
  github.site.emit(
    'merge_group',
    'checks_requested',
    {
      action: 'checks_requested',
      merge_group: {
        head_sha: head,
        head_ref: `refs/heads/gh-readonly-queue/main/pr-${number}-${base}`,
        base_sha: base,
        base_ref: 'refs/heads/main',
        head_commit: simpleCommit(await github.site.git.commit(repo.dir, head)),
      },
    },
    { repo, sender: github.as('owner').account },
  )
  await village.stage.settle()
}
