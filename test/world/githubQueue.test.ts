/** Merge queues of the stand-in: groups as real merges, checks asked for on them, merged or taken out by GitHub itself. */
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import type { GitHubState, GitHubWorld } from '../../world/index.ts'
import { asInstallation, conforms, REPO, refuses, world } from './github.ts'

jest.setTimeout(60_000)

let github: GitHubWorld
afterEach(() => conforms(github))

const at = (path: string) => `/repos/${REPO}${path}`

async function queueOn(parameters: Record<string, unknown> = {}): Promise<void> {
  github = await world()
  await github.as('alice').api('POST', at('/rulesets'), {
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
          required_status_checks: [{ context: 'gate', integration_id: github.app.id }],
        },
      },
    ],
  })
}

async function answer(sha: string, conclusion: string): Promise<void> {
  const app = await asInstallation(github)
  const made = await app('POST', at('/check-runs'), { name: 'gate', head_sha: sha, conclusion })
  expect(made.status).toBe(201)
  await github.idle()
}

/** A pull request whose own head is green. */
async function pull(name: string, file = `${name}.txt`): Promise<GitHubState.Pull> {
  await github.as('bob').push(REPO, name, { files: { [file]: name }, message: `Add ${name}` })
  const opened = await github.as('bob').openPull(REPO, { title: `Add ${name}`, head: name, body: '' })
  await answer(opened.headSha, 'success')
  return opened
}
const groupOf = (one: GitHubState.Pull) =>
  [...github.state.queue.values()].find((entry) => entry.pullId === one.id)?.group ?? undefined
const told = (event: string) =>
  github.events
    .filter((one) => one.event === event)
    .map(({ action, payload }) => `${action}${'reason' in payload ? ` ${payload.reason}` : ''}`)
const main = async () => github.site.git.ref(github.repo(REPO).dir, 'refs/heads/main') as Promise<string>

describe('entering', () => {
  test('only with write, only what would be mergeable, and only once; nobody merges past the queue', async () => {
    await queueOn()
    const one = await pull('one')
    await refuses(github.as('rita').enqueue(REPO, one.number), 422)
    await refuses(github.as('bob').enqueue(REPO, one.number, 'f'.repeat(40)), 422, /Head sha/)
    await refuses(github.as('bob').merge(REPO, one.number), 405, /merge queue/)
    await answer(one.headSha, 'failure')
    await refuses(github.as('bob').enqueue(REPO, one.number), 422, /"gate" is failing/)
    await answer(one.headSha, 'success')
    await github.as('bob').enqueue(REPO, one.number)
    await refuses(github.as('bob').enqueue(REPO, one.number), 422, /already/)
    await github.idle()
    expect(told('pull_request')).toContain('enqueued')
  })

  test('a branch without a queue has none to enter', async () => {
    github = await world()
    const one = await pull('one')
    await refuses(github.as('bob').enqueue(REPO, one.number), 422, /not enabled/)
  })
})

describe('a group', () => {
  test('is a real merge on the tip, told without its pull requests, and merged by GitHub once it is green', async () => {
    await queueOn()
    const one = await pull('one')
    const before = await main()
    await github.as('wendy').enqueue(REPO, one.number)
    await github.idle()
    const group = groupOf(one)
    const commit = await github.site.git.commit(github.repo(REPO).dir, group?.sha ?? '')
    expect(commit.parents).toEqual([before, one.headSha])
    expect(group?.ref).toBe(`refs/heads/gh-readonly-queue/main/pr-${one.number}-${before}`)
    const event = github.events.find((told) => told.event === 'merge_group')?.payload
    expect(event).toMatchObject({
      action: 'checks_requested',
      merge_group: { head_sha: group?.sha, base_sha: before, base_ref: 'refs/heads/main' },
    })
    expect(JSON.stringify(event)).not.toContain('pull_request')
    expect(one.merged).toBe(false)
    await answer(group?.sha ?? '', 'success')
    expect([one.merged, one.mergeCommitSha, await main()]).toEqual([true, group?.sha, group?.sha])
    expect(told('merge_group')).toEqual(['checks_requested', 'destroyed merged'])
    expect(told('pull_request')).toContain('dequeued MERGE')
    expect(await github.site.git.ref(github.repo(REPO).dir, group?.ref ?? '')).toBeNull()
  })

  test('that fails is taken out, and those behind it are built anew without it', async () => {
    await queueOn()
    const [one, two] = [await pull('one'), await pull('two')]
    await github.as('bob').enqueue(REPO, one.number)
    await github.as('bob').enqueue(REPO, two.number)
    await github.idle()
    const before = await main()
    const [first, second] = [groupOf(one), groupOf(two)]
    expect(second?.baseSha).toBe(first?.sha)
    await answer(first?.sha ?? '', 'failure')
    expect(groupOf(one)).toBeUndefined()
    expect(groupOf(two)?.baseSha).toBe(before)
    expect(told('merge_group')).toContain('destroyed dequeued')
    expect(told('merge_group')).toContain('destroyed invalidated')
    expect(told('pull_request')).toContain('dequeued CI_FAILURE')
    await answer(groupOf(two)?.sha ?? '', 'success')
    expect([one.merged, two.merged]).toEqual([false, true])
  })

  test.each([
    ['ALLGREEN', [false, false]],
    ['HEADGREEN', [true, true]],
  ])('%s: an answer for the second alone', async (grouping_strategy, merged) => {
    await queueOn({ grouping_strategy })
    const [one, two] = [await pull('one'), await pull('two')]
    await github.as('bob').enqueue(REPO, one.number)
    await github.as('bob').enqueue(REPO, two.number)
    await github.idle()
    await answer(groupOf(two)?.sha ?? '', 'success')
    expect([one.merged, two.merged]).toEqual(merged)
  })

  test('is taken out when its pull request gets another head, conflicts, or is closed', async () => {
    await queueOn()
    const [one, two, three] = [await pull('one'), await pull('two'), await pull('three', 'one.txt')]
    for (const each of [one, two, three]) await github.as('bob').enqueue(REPO, each.number)
    await github.idle()
    // The third writes the same file as the first: it cannot be built on top of it.
    expect(told('pull_request')).toContain('dequeued MERGE_CONFLICT')
    await github.as('bob').push(REPO, 'one', { files: { 'more.txt': 'more' } })
    await github.as('bob').api('PATCH', at(`/pulls/${two.number}`), { state: 'closed' })
    await github.idle()
    expect([...github.state.queue.values()]).toEqual([])
  })

  test('squashes where the rule says so', async () => {
    await queueOn({ merge_method: 'SQUASH' })
    const one = await pull('one')
    const before = await main()
    await github.as('bob').enqueue(REPO, one.number)
    await github.idle()
    const commit = await github.site.git.commit(github.repo(REPO).dir, groupOf(one)?.sha ?? '')
    expect(commit.parents).toEqual([before])
    await github.as('bob').dequeue(REPO, one.number)
    await github.idle()
    expect(told('pull_request')).toContain('dequeued MANUAL')
  })

  test('that nobody answers in time is taken out at the next look', async () => {
    let now = Date.now()
    github = await world({ clock: { now: () => now } })
    const rule = { type: 'merge_queue', parameters: { check_response_timeout_minutes: 5 } }
    const checks = {
      type: 'required_status_checks',
      parameters: {
        strict_required_status_checks_policy: false,
        required_status_checks: [{ context: 'gate', integration_id: github.app.id }],
      },
    }
    await github.as('alice').api('POST', at('/rulesets'), {
      name: 'queue',
      enforcement: 'active',
      conditions: { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } },
      rules: [rule, checks],
    })
    const one = await pull('one')
    await github.as('bob').enqueue(REPO, one.number)
    await github.idle()
    now += 6 * 60_000
    await github.as('bob').push(REPO, 'elsewhere', { files: { 'e.txt': 'e' } })
    await github.idle()
    expect(told('pull_request')).toContain('dequeued CI_TIMEOUT')
    expect(one.merged).toBe(false)
  })
})
