/** Observing through the adapter and the stand-in GitHub: what is known, what is unknown, and what it costs. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createReadings } from '../../src/adapters/github/readings.ts'
import { sha256 } from '../../src/core/digest.ts'
import { Bug, RetryLater } from '../../src/core/errors.ts'
import { type EvidenceRequest, evidenceKey } from '../../src/core/evidence.ts'
import { wantedRulesets } from '../../src/enforcement/rulesets.ts'
import { readPolicy, readProposedPolicy } from '../../src/observe/policy.ts'
import { observePull } from '../../src/observe/pull.ts'
import { observeTask } from '../../src/observe/task.ts'
import { namesBranch } from '../../src/policy/branches.ts'
import { changed } from '../../src/policy/changed.ts'
import { loosened } from '../../src/policy/loosened.ts'
import { type Bench, openChange, startBench } from '../adapters/github/support.ts'
import { createMemory, type Memory, portsOf } from './support.ts'

let bench: Bench
let memory: Memory
beforeEach(async () => {
  bench = await startBench()
  memory = createMemory()
})
afterEach(() => bench.close())

const account = (login: string) => {
  const found = [...bench.world.state.accounts.values()].find((one) => one.login === login)
  if (!found) throw new Error(`no account ${login}`)
  return { id: found.id, login, type: 'User' as const }
}
const observe = (number: number) => observePull(`pull:${bench.name}#${number}`, portsOf(bench, memory))
const policyFile = (text: string) => ({ files: { '.github/countersign.yml': text } })

describe('pull requests', () => {
  test('S3: a complete observation has nothing missing, and knows everyone who counts', async () => {
    const { world, name } = bench
    const { pull, sha } = await openChange(bench, 'lin', 'topic')
    await world.as('ada').approve(name, pull.number, 'fine')
    memory.add(`pull:${name}#${pull.number}`, account('rex'), {
      kind: 'comment.command',
      commentId: 1,
      on: 'pull',
      verb: 'status',
      rest: '',
      bodyDigest: sha256(''),
      viaApp: null,
    })
    const snapshot = await observe(pull.number)
    expect(snapshot).toMatchObject({
      missing: [],
      pull: { head: { sha } },
      policy: { ok: true, source: 'default' },
      pushers: [{ sha, by: account('lin') }],
      runs: [],
      ci: [],
      siblings: [],
      task: null,
    })
    const roles = ['ada', 'lin', 'rex'].map((login) => snapshot?.people.get(account(login).id)?.role)
    expect(roles).toEqual(['admin', 'write', 'read'])
  })

  test('S9: what cannot be read is unknown, with a sentence each', async () => {
    const { pull } = await openChange(bench, 'lin', 'topic')
    await observe(pull.number)
    const broken = /check-runs|\/activity|\/collaborators\//
    bench.world.faults.rest({ kind: 'error', status: 502, count: 99, when: ({ path }) => broken.test(path) })
    const snapshot = await observe(pull.number)
    expect(snapshot).toMatchObject({ runs: 'unknown', ci: 'unknown', pushers: 'unknown' })
    expect(snapshot?.people.get(account('lin').id)).toMatchObject({ role: 'unknown', teams: 'unknown' })
    expect(snapshot?.missing).toHaveLength(3)
    for (const sentence of snapshot?.missing ?? []) expect(sentence).toMatch(/could not be read/)
  })

  test('S9: without the pull request itself the round comes back later', async () => {
    const { pull } = await openChange(bench, 'lin', 'topic')
    bench.world.faults.rest({
      kind: 'error',
      status: 502,
      count: 99,
      when: ({ path }) => path === '/graphql',
    })
    await expect(observe(pull.number)).rejects.toBeInstanceOf(RetryLater)
    expect(await observePull('pull:acme/gone#1', portsOf(bench, memory))).toBeNull()
  })

  test('T3: pull requests with the same head are observed too, without siblings of their own', async () => {
    const { world, name } = bench
    const { pull } = await openChange(bench, 'lin', 'topic')
    await world.as('ada').push(name, 'release', { files: { 'r.txt': 'r' } })
    const other = await world.as('lin').openPull(name, { title: 'B', head: 'topic', base: 'release' })
    const snapshot = await observe(pull.number)
    expect(snapshot?.siblings).toMatchObject([{ key: `pull:${name}#${other.number}`, siblings: [] }])
  })

  test('evidence: needs are loaded until nothing new is asked for, and endless needs are a bug', async () => {
    const { pull, sha } = await openChange(bench, 'lin', 'topic')
    const first: EvidenceRequest = { kind: 'commits', base: sha, head: sha }
    const second: EvidenceRequest = { kind: 'mergeTree', first: sha, second: sha }
    memory.evidenceHeld.set(evidenceKey(bench.name, first), { ok: true, body: { commits: [] } })
    memory.evidenceHeld.set(evidenceKey(bench.name, second), { ok: false, reason: 'no' })
    const ports = portsOf(bench, memory)
    ports.needs.pull = (seen) => (seen.evidence.get(first) ? [first, second] : [first])
    const snapshot = await observePull(`pull:${bench.name}#${pull.number}`, ports)
    expect(snapshot?.evidence.get(second)).toEqual({ ok: false, reason: 'no' })
    expect(snapshot?.evidence.get({ kind: 'diff', base: sha, head: sha })).toBeUndefined()
    let line = 0
    ports.needs.pull = () => [
      { kind: 'citations', base: sha, citations: [{ path: 'a', line: ++line, quote: 'q' }] },
    ]
    await expect(observePull(`pull:${bench.name}#${pull.number}`, ports)).rejects.toBeInstanceOf(Bug)
  })

  test('O6: a cold observation asks GitHub five times in either mode, an unchanged one counts once', async () => {
    const { world, name, forge, clock, counts } = bench
    await world.as('ada').push(name, 'main', policyFile('merge: { mode: merge }\n'))
    for (const ruleset of wantedRulesets('merge', world.app.id, ['~DEFAULT_BRANCH']))
      await world.as('ada').api('POST', `/repos/${name}/rulesets`, ruleset)
    const { pull } = await openChange(bench, 'lin', 'topic')
    await forge.identity()
    await forge.credentials.read(name)
    counts.take()
    const look = () => {
      const reading = createReadings(forge, clock).open({ fresh: true })
      return observePull(`pull:${name}#${pull.number}`, { ...portsOf(bench, memory), forge: reading.forge })
    }
    const cold = await look()
    // The pull request, who opened it with what App, the organisation's repository, who pushed, what the author may do.
    expect(counts.take()).toEqual({ token: 1, read: 5 })
    expect(cold).toMatchObject({ missing: [], policy: { ok: true, source: 'repository' } })
    expect(cold?.enforcement).toMatchObject({
      rules: await forge.branchRules(name, 'main'),
    })
    expect(cold?.enforcement).toMatchObject({ rules: { updatesRestricted: true, signaturesRequired: false } })
    counts.take()
    await look()
    expect(counts.take()).toEqual({ read: 1, conditional: 2 })
  })
})

describe('policy', () => {
  const release = async (text: string) => {
    await bench.world.as('ada').push(bench.name, 'release/1', policyFile('seniors: [ada]\n'))
    if (text !== '') await bench.world.as('ada').push(bench.name, 'main', policyFile(text))
    await bench.world.as('lin').push(bench.name, 'topic', { base: 'release/1', files: { 'a.txt': 'a' } })
    const pull = await bench.world
      .as('lin')
      .openPull(bench.name, { title: 'A', head: 'topic', base: 'release/1' })
    return (await observe(pull.number))?.policy
  }

  test('S14: the head does not set its own policy', async () => {
    await bench.world.as('lin').push(bench.name, 'topic', policyFile('people: pass\nseniors: [lin]\n'))
    const pull = await bench.world.as('lin').openPull(bench.name, { title: 'A', head: 'topic' })
    expect((await observe(pull.number))?.policy).toMatchObject({
      ok: true,
      source: 'default',
      policy: { seniors: [] },
    })
  })

  test('T45: a base that the default branch does not list has no say', async () => {
    expect(await release('seniors: [rex]\n')).toMatchObject({ ok: true, policy: { seniors: ['rex'] } })
  })

  test('T45: a listed base has', async () => {
    expect(await release('branches: { protected: ["release/*"] }\n')).toMatchObject({
      ok: true,
      policy: { seniors: ['ada'] },
    })
  })

  test('a broken policy fails closed with its line', async () => {
    expect(await release('\nnonsense: true\n')).toMatchObject({ ok: false, mistakes: [{ startLine: 2 }] })
  })

  test('T44: the organisation’s policy is extended, and once known must stay readable', async () => {
    const { world, name } = bench
    await world.createRepo('acme', '.github', policyFile('seniors: [ada]\nagents: { labels: [robot] }\n'))
    await world.as('ada').push(name, 'main', policyFile('seniors: [rex]\n'))
    const { pull } = await openChange(bench, 'lin', 'topic')
    const merged = {
      ok: true,
      source: 'repository',
      policy: { seniors: ['rex'], agents: { labels: ['robot'] } },
    }
    expect((await observe(pull.number))?.policy).toMatchObject(merged)
    const installation = [...world.state.installations.values()][0]
    if (!installation) throw new Error('no installation')
    installation.selection = 'selected'
    installation.repositoryIds = new Set([world.repo(name).id])
    world.repo('acme/.github').private = true
    world.state.tokens.clear()
    expect((await observe(pull.number))?.policy).toMatchObject({
      ok: false,
      sentence: expect.stringContaining('T44'),
    })
  })

  test('T14, T44: a floor holds for the repository that writes it, and its removal does not come in unread', async () => {
    const { world } = bench
    const shared = 'acme/.github'
    const text = 'enforce: false\nfloor: { enforce: true, seniors: [ada] }\n'
    await world.createRepo('acme', '.github', { collaborators: { ada: 'admin' }, ...policyFile(text) })
    const sha = await world.as('ada').push(shared, 'lower', policyFile('enforce: false\n'))
    const ports = portsOf(bench, memory)
    const [repository, tip] = [
      await ports.forge.repository(shared),
      await ports.forge.branchTip(shared, 'main'),
    ]
    if (!repository.found || !tip.found) throw new Error('no repository')
    const before = await readPolicy(ports, repository.value, { ref: 'main', tip: tip.value })
    const after = await readProposedPolicy(ports, repository.value, sha)
    if (!before.ok || !after.ok) throw new Error('a broken policy')
    expect(before.policy).toMatchObject({ enforce: true, seniors: ['ada'] })
    expect(loosened(before.policy, after.policy)).toContain(
      'Any repository may switch on shadow mode: `floor.enforce` is gone.',
    )
    expect(changed(before.policy, after.policy)).toContainEqual(
      expect.stringMatching(/^`floor`: .* -> nothing$/),
    )
  })

  test('T45: branch patterns match whole names, one segment a star, case counts', () => {
    const cases: [string, string, boolean][] = [
      ['release/*', 'release/1', true],
      ['release/*', 'release/1/x', false],
      ['release/*', 'Release/1', false],
      ['main', 'main', true],
      ['ma.n', 'main', false],
      ['v*-lts', 'v1-lts', true],
      ['v*-lts', 'v-lts-', false],
      ['a*a', 'a', false],
    ]
    for (const [pattern, branch, matches] of cases)
      expect([pattern, branch, namesBranch(pattern, branch)]).toEqual([pattern, branch, matches])
  })
})

describe('tasks', () => {
  const body = [
    '### Goal',
    'Prices show in euros for every customer of the shop.',
    '### Acceptance criteria',
    '- The price of item 1 reads "1 €"',
    '  Pass example: "1 €"',
    '  Fail example: "1 $"',
    '### Constraints',
    '- No new dependency',
    '### Prior art',
    '- src/price.ts',
    '- src/none.ts',
    '### Risk class',
    'low',
    '',
  ].join('\n')

  test('D2: knows the issue, its people, and which references resolve', async () => {
    const { world, name } = bench
    const issue = await world.as('lin').openIssue(name, { title: 'Euros', body })
    const key = `task:${name}#${issue.number}`
    memory.add(key, account('ada'), {
      kind: 'issue.delegated',
      label: 'agent',
      title: 'Euros',
      body,
      bodyDigest: sha256(body),
      author: account('lin'),
    })
    const snapshot = await observeTask(key, portsOf(bench, memory))
    expect(snapshot).toMatchObject({
      missing: [],
      issue: { title: 'Euros', bodyDigest: sha256(body) },
      base: { ref: 'main' },
      pull: null,
    })
    expect(snapshot?.priorArt).toEqual(
      new Map([
        ['src/price.ts', true],
        ['src/none.ts', false],
      ]),
    )
    expect(snapshot?.people.get(account('ada').id)?.role).toBe('admin')
    expect(snapshot?.people.get(account('lin').id)?.role).toBe('write')
  })

  test('O6: a cold look at an issue tells the default branch and its policy in one query', async () => {
    const { world, name, forge, clock, counts } = bench
    await world.as('ada').push(name, 'main', policyFile('seniors: [ada]\n'))
    const issue = await world.as('lin').openIssue(name, { title: 'Euros', body })
    await forge.identity()
    await forge.credentials.read(name)
    counts.take()
    const reading = createReadings(forge, clock).open({ fresh: true })
    const snapshot = await observeTask(`task:${name}#${issue.number}`, {
      ...portsOf(bench, memory),
      forge: reading.forge,
    })
    expect(snapshot).toMatchObject({ missing: [], policy: { ok: true, source: 'repository' } })
    // The issue, the organisation's repository, and what its author may do.
    expect(counts.take()).toEqual({ token: 1, read: 3 })
  })

  test('a task brings its pull request, and a missing issue is null', async () => {
    const { name } = bench
    const { pull, sha } = await openChange(bench, 'lin', 'agent/77-x')
    memory.add(`task:${name}#77`, null, { kind: 'pull.opened', number: pull.number, head: sha })
    const snapshot = await observeTask(`task:${name}#77`, portsOf(bench, memory))
    expect(snapshot).toMatchObject({ issue: null, pull: { pull: { number: pull.number } } })
  })
})
