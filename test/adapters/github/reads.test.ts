/** What the adapter reads of pull requests, issues, people and files, against the stand-in GitHub over HTTP. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { countRequests } from '../../../demo/requests.ts'
import { sha256 } from '../../../src/core/digest.ts'
import { Terminal } from '../../../src/core/errors.ts'
import type { CheckObservation } from '../../../src/core/ports.ts'
import { ACTIONS_APP_ID, enableCi } from '../../../world/ci/ci.ts'
import { recordActivity } from '../../../world/github/ops/activity.ts'
import { type Bench, openChange, startBench } from './support.ts'

let bench: Bench
beforeEach(async () => {
  bench = await startBench()
})
afterEach(async () => {
  await bench.close()
})

const account = (login: string) => {
  const found = [...bench.world.state.accounts.values()].find((one) => one.login === login)
  if (!found) throw new Error(`no account ${login}`)
  return { id: found.id, login, type: 'User' as const }
}

describe('pull requests', () => {
  test('reads text, head, base tip, people and reviews in one query', async () => {
    const { world, forge, name } = bench
    const { pull, sha } = await openChange(bench, 'lin', 'topic')
    await world.as('ada').approve(name, pull.number, 'fine')
    const later = await world.as('ada').push(name, 'main', { files: { 'later.txt': 'x' } })

    const found = await forge.pull(name, pull.number)
    if (!found.found) throw new Error('not found')
    const { pull: reading, commits, reviews, siblings } = found.value
    expect(reading).toMatchObject({
      id: pull.id,
      number: pull.number,
      body: 'Because.',
      state: 'open',
      draft: false,
      viaApp: null,
      author: account('lin'),
      head: { sha, ref: 'topic', fork: false },
      base: { ref: 'main', tip: later, protected: true },
      mergeable: 'mergeable',
      changedFiles: 1,
      commitCount: 1,
    })
    expect(commits).toEqual([{ sha, authors: [account('lin')], committer: account('lin'), verified: false }])
    expect(reviews).toMatchObject([{ author: account('ada'), state: 'APPROVED', sha, edited: false }])
    expect(siblings).toEqual([])
  })

  test('T6: co-authors count, and an address that belongs to nobody is someone unknown', async () => {
    const { world, forge, name } = bench
    const ada = [...world.state.accounts.values()].find((one) => one.login === 'ada')
    if (!ada) throw new Error('no ada')
    await world.as('lin').push(name, 'topic', {
      files: { 'a.txt': 'a' },
      coAuthors: [ada],
      author: { name: 'Nobody', email: 'nobody@nowhere.test' },
    })
    const pull = await world.as('lin').openPull(name, { title: 'A', head: 'topic' })
    const found = await forge.pull(name, pull.number)
    expect(found.found && found.value.commits[0]).toMatchObject({
      authors: [null, account('ada')],
      committer: null,
    })
  })

  test('T6: a bot that wrote a commit is found by REST where GraphQL names users only', async () => {
    const { world, forge, name } = bench
    const bot = world.createUser('helper[bot]', { bot: true })
    await world.as('lin').push(name, 'topic', {
      files: { 'a.txt': 'a' },
      author: { name: 'helper', email: bot.email },
    })
    const pull = await world.as('lin').openPull(name, { title: 'A', head: 'topic' })
    const found = await forge.pull(name, pull.number)
    const author = { id: bot.id, login: 'helper[bot]', type: 'Bot' }
    expect(found.found && found.value.commits[0]).toMatchObject({ authors: [author], committer: author })
  })

  test('T3: other open pull requests with the same head are named', async () => {
    const { world, forge, name } = bench
    const { pull } = await openChange(bench, 'lin', 'topic')
    await world.as('ada').push(name, 'release', { files: { 'r.txt': 'r' } })
    const other = await world.as('lin').openPull(name, { title: 'B', head: 'topic', base: 'release' })
    const found = await forge.pull(name, pull.number)
    expect(found.found && found.value.siblings).toEqual([other.number])
    expect(await forge.pullsWithHead(name, pull.headSha)).toEqual([pull.number, other.number])
  })

  test('T18: over 250 commits is refused with what to do', async () => {
    const { world, forge, name } = bench
    let base = await world.as('lin').push(name, 'topic', { files: { 'n.txt': '0' } })
    const repo = world.repo(name)
    const who = { name: 'lin', email: 'lin@example.test', date: '2026-03-02T10:00:00Z' }
    const tree = (await world.site.git.commit(repo.dir, base)).tree
    for (let n = 0; n < 250; n++)
      base = await world.site.git.commitTree(repo.dir, tree, [base], `c${n}`, who, who)
    await world.as('lin').push(name, 'topic2', { base: 'topic', files: { 'n.txt': '1' } })
    await world.site.git.run(repo.dir, ['update-ref', 'refs/heads/topic2', base])
    const pull = await world.as('lin').openPull(name, { title: 'Long', head: 'topic2' })
    const refused = forge.pull(name, pull.number)
    await expect(refused).rejects.toBeInstanceOf(Terminal)
    await expect(refused).rejects.toMatchObject({ forUser: expect.stringContaining('251 commits') })
  })

  test('a number that is nobody’s, and a repository out of reach, are not found', async () => {
    expect(await bench.forge.pull(bench.name, 999)).toEqual({ found: false })
    expect(await bench.forge.pull('acme/elsewhere', 1)).toEqual({ found: false })
    expect(await bench.forge.repository('acme/elsewhere')).toEqual({ found: false })
  })

  test('A3: who moved the branch, newest last', async () => {
    const { world, forge, name } = bench
    const { sha } = await openChange(bench, 'lin', 'topic')
    const next = await world.as('ada').push(name, 'topic', { files: { 'b.txt': 'b' } })
    expect(await forge.pushes(name, 'topic')).toEqual([
      { sha, by: account('lin') },
      { sha: next, by: account('ada') },
    ])
  })

  test('T20: what moved the branches since a move, oldest first, over as many pages as it takes', async () => {
    const { world, forge, name } = bench
    const since = async (id: number | null) => {
      const found = await forge.moves(name, id)
      return found.found ? found.value : { moves: [], whole: false }
    }
    const begin = (await since(null)).moves.at(-1)?.id ?? 0
    const shas: string[] = []
    for (let at = 0; at < 4; at++)
      shas.push(await world.as('lin').push(name, `topic${at % 2}`, { files: { 'b.txt': String(at) } }))
    const { moves, whole } = await since(begin)
    expect([moves.map(({ to }) => to), whole]).toEqual([shas, true])
    expect(moves[3]).toMatchObject({ branch: 'topic1', from: shas[1], forced: false, by: account('lin') })
    expect((await since(moves[3]?.id ?? 0)).moves).toEqual([])

    const { site } = world
    const repo = world.repo(name)
    const [from = '', to = ''] = shas
    const [actor, how] = [world.as('lin').account, { created: false, deleted: false, forced: false }]
    for (let at = 0; at < 230; at++)
      recordActivity(site, repo, { ref: 'refs/heads/main', before: from, after: to }, how, actor)
    const many = await since(moves[3]?.id ?? 0)
    expect([many.moves.length, many.whole]).toEqual([230, true])
    for (let at = 0; at < 800; at++)
      recordActivity(site, repo, { ref: 'refs/heads/main', before: from, after: to }, how, actor)
    const most = await since(moves[3]?.id ?? 0)
    expect([most.moves.length, most.whole]).toEqual([1000, false])
  })
})

describe('issues', () => {
  test('D4: tells who last edited the text, and finds only our own comments', async () => {
    const { world, forge, name } = bench
    const issue = await world.as('lin').openIssue(name, { title: 'T', body: 'one' })
    await world.as('rex').comment(name, issue.number, '<!-- countersign:progress -->\nforged')
    const id = await forge.upsertComment(name, issue.number, 'progress', 'hello', null)
    expect(await forge.issue(name, issue.number)).toMatchObject({
      found: true,
      value: {
        issue: { author: account('lin'), lastEditor: null, bodyDigest: sha256('one'), state: 'open' },
        ownComments: [{ id, marker: 'progress', body: 'hello' }],
      },
    })
    await world.as('ada').editIssue(name, issue.number, { body: 'two' })
    const edited = await forge.issue(name, issue.number)
    expect(edited.found && edited.value.issue.lastEditor).toEqual(account('ada'))
  })

  test('a pull request is not an issue', async () => {
    const { pull } = await openChange(bench, 'lin', 'topic')
    expect(await bench.forge.issue(bench.name, pull.number)).toEqual({ found: false })
  })

  test('D2: prior art resolves as path, number or address, and not outside', async () => {
    const { world, forge, name } = bench
    const issue = await world.as('lin').openIssue(name, { title: 'T' })
    const tip = await forge.branchTip(name, 'main')
    if (!tip.found) throw new Error('no tip')
    const ask = async (reference: string) =>
      (await forge.resolves(name, tip.value, [reference])).get(reference)
    expect(await ask('src/price.ts')).toBe(true)
    expect(await ask('`README.md`')).toBe(true)
    expect(await ask(`#${issue.number}`)).toBe(true)
    expect(await ask(`${world.url}/acme/shop/issues/${issue.number}`)).toBe(true)
    expect(await ask(`${world.url}/acme/shop/blob/main/src/price.ts`)).toBe(true)
    for (const wrong of [
      'src/none.ts',
      '#99',
      'acme/other#1',
      '../etc/passwd',
      'https://example.test/x',
      '',
    ]) {
      expect([wrong, await ask(wrong)]).toEqual([wrong, false])
    }
    const all = ['src/price.ts', 'src', 'src/none.ts', 'README.md', `#${issue.number}`, '../x']
    const before = world.requests.length
    const resolved = await forge.resolves(name, tip.value, all)
    expect([...resolved].filter(([, there]) => there).map(([reference]) => reference)).toEqual([
      'src/price.ts',
      'src',
      'README.md',
      `#${issue.number}`,
    ])
    // Together what is there, and by itself what may not be; the issue is unchanged.
    expect(countRequests(world, before).list.map((one) => one.replace(/ \{.*|\?.*/, ''))).toEqual([
      'GraphQL query Paths',
      expect.stringContaining('/contents/src%2Fnone.ts'),
    ])
  })
})

describe('people', () => {
  test('A3: role and teams of this moment', async () => {
    const { forge, name } = bench
    expect(await forge.standing(name, account('ada'), ['acme/seniors'])).toEqual({
      account: account('ada'),
      role: 'admin',
      teams: ['acme/seniors'],
    })
    expect(await forge.standing(name, account('lin'), ['acme/seniors'])).toMatchObject({
      role: 'write',
      teams: [],
    })
    bench.world.repo(name).collaborators.delete(account('lin').id)
    expect(await forge.standing(name, account('lin'), [])).toMatchObject({ role: 'none' })
  })

  test('A3: a login that now belongs to somebody else gives no role, and a renamed account keeps its own', async () => {
    const { world, forge, name } = bench
    const lin = world.state.accounts.get(account('lin').id)
    if (!lin) throw new Error('no lin')
    lin.login = 'linda'
    const before = { id: lin.id, login: 'lin', type: 'User' as const }
    expect(await forge.standing(name, before, [])).toMatchObject({
      account: { login: 'linda' },
      role: 'write',
    })
    const impostor = { id: 4_000_000, login: 'ada', type: 'User' as const }
    expect(await forge.standing(name, impostor, [])).toMatchObject({ role: 'none' })
  })

  test('S9: a look-up that fails is unknown, never a role', async () => {
    const { world, forge, name } = bench
    await forge.standing(name, account('rex'), [])
    world.faults.rest({
      kind: 'error',
      status: 502,
      count: 99,
      when: ({ path }) => path.includes('/collaborators/'),
    })
    expect(await forge.standing(name, account('lin'), [])).toMatchObject({
      role: 'unknown',
      teams: 'unknown',
    })
    world.faults.clear()
    world.faults.rest({ kind: 'error', status: 502, count: 99, when: ({ path }) => path.includes('/teams/') })
    expect(await forge.standing(name, account('ada'), ['acme/seniors'])).toMatchObject({
      role: 'admin',
      teams: 'unknown',
    })
  })

  test('bots hold no role and cost no request', async () => {
    const { forge, name, counts } = bench
    counts.take()
    expect(await forge.standing(name, { id: 7, login: 'x[bot]', type: 'Bot' }, [])).toMatchObject({
      role: 'none',
    })
    expect(counts.take()).toEqual({})
  })
})

describe('files and repositories', () => {
  test('reads a file at a commit once, and tells absence', async () => {
    const { forge, name, counts } = bench
    const tip = await forge.branchTip(name, 'main')
    if (!tip.found) throw new Error('no tip')
    expect(await forge.file(name, tip.value, 'src/price.ts')).toEqual({
      found: true,
      value: 'export const price = 1\n',
    })
    counts.take()
    expect(await forge.file(name, tip.value, 'src/price.ts')).toMatchObject({ found: true })
    expect(counts.take()).toEqual({})
    expect(await forge.file(name, tip.value, 'src')).toEqual({ found: false })
    expect(await forge.file(name, tip.value, 'none')).toEqual({ found: false })
    expect(await forge.branchTip(name, 'none')).toEqual({ found: false })
  })

  test('knows who it is and where it is installed', async () => {
    const { world, forge } = bench
    expect(await forge.identity()).toMatchObject({
      appId: world.app.id,
      slug: 'countersign',
      bot: { id: world.app.botId, login: 'countersign[bot]', type: 'Bot' },
      drafterAppId: null,
    })
    expect(await forge.installedRepositories()).toEqual(['acme/shop'])
  })
})

describe('checks', () => {
  test('T15: a check of GitHub Actions is known by its workflow file and event, others by their App', async () => {
    const { world, forge, name } = bench
    const yml = '.github/workflows/ci.yml'
    await world.as('ada').push(name, 'main', { files: { [yml]: 'name: CI\n' } })
    const ci = await enableCi(world, name, { jobs: [{ name: 'test', run: 'true' }], events: [] })
    const { sha } = await openChange(bench, 'lin', 'topic')
    await ci.report(sha, { conclusion: 'success', name: 'test' })
    await ci.report(sha, { conclusion: null, name: 'slow' })
    await ci.reportAs(sha, { app: 'forger', name: 'test', conclusion: 'success' })
    const { own, ci: checks } = await forge.checks(name, sha)
    expect(own).toEqual([])
    const seen = checks.map(({ name: check, appId, workflowPath, event, status }) => ({
      check,
      ours: appId === ACTIONS_APP_ID,
      workflowPath,
      event,
      status,
    }))
    expect(seen).toHaveLength(3)
    expect(seen).toEqual(
      expect.arrayContaining([
        { check: 'test', ours: true, workflowPath: yml, event: 'push', status: 'completed' },
        { check: 'slow', ours: true, workflowPath: yml, event: 'push', status: 'in_progress' },
        { check: 'test', ours: false, workflowPath: null, event: null, status: 'completed' },
      ]),
    )
  })

  /** A pull request with checks of Actions, of another App and of ours, some of them run twice. */
  async function checkedChange() {
    const { world, forge, name } = bench
    await world.as('ada').push(name, 'main', { files: { '.github/workflows/ci.yml': 'name: CI\n' } })
    const ci = await enableCi(world, name, { jobs: [{ name: 'test', run: 'true' }], events: [] })
    const { pull, sha } = await openChange(bench, 'lin', 'topic')
    await ci.report(sha, { conclusion: 'failure', name: 'test' })
    await ci.report(sha, { conclusion: null, name: 'slow' })
    await ci.reportAs(sha, { app: 'other', name: 'test', conclusion: 'success' })
    await ci.reportAs(sha, { app: 'other', name: 'test', conclusion: 'neutral' })
    for (const state of ['in_progress', 'action_required'] as const) {
      const shown = sha256('x')
      const run = {
        name: 'countersign/plan',
        sha,
        externalId: `pull:${name}#${pull.number}|0|${shown}`,
      } as const
      const words = { title: 'Waits', summary: 'For a person.', buttons: [], annotations: [] }
      await forge.writeCheckRun(name, { ...run, ...words, state, shown }, null)
    }
    return { pull, sha }
  }
  const sorted = (seen: CheckObservation) => ({
    own: seen.own,
    ci: [...seen.ci].sort((a, b) => a.checkRunId - b.checkRunId),
  })

  test('T15: the checks that come with a pull request are those that REST tells', async () => {
    const { forge, name } = bench
    const { pull, sha } = await checkedChange()
    const found = await forge.pull(name, pull.number)
    const came = found.found ? found.value.checks : null
    expect(came?.ci).toHaveLength(3)
    expect(came?.own).toHaveLength(1)
    expect(sorted(came as CheckObservation)).toEqual(sorted(await forge.checks(name, sha)))
  })

  test('T16: a run whose later jobs have not begun, or that must be let run, is told beside its jobs by both', async () => {
    const { world, forge, name } = bench
    await world.as('ada').push(name, 'main', { files: { '.github/workflows/ci.yml': 'name: CI\n' } })
    const ci = await enableCi(world, name, { jobs: [{ name: 'build', run: 'true' }], events: [] })
    const { pull, sha } = await openChange(bench, 'lin', 'topic')
    const seen = async () => {
      const read = await forge.checks(name, sha)
      const found = await forge.pull(name, pull.number)
      expect(sorted((found.found ? found.value.checks : null) as CheckObservation)).toEqual(sorted(read))
      return sorted(read).ci.map(({ name: job, event, ...one }) => [job, event, one.status, one.conclusion])
    }
    const begun = await ci.report(sha, { conclusion: 'success', later: ['test'] })
    const build = ['build', 'push', 'completed', 'success']
    const rest = ['the run itself', 'push', 'in_progress', null]
    expect(await seen()).toEqual([rest, build])
    const held = await ci.report(sha, { conclusion: null, event: 'pull_request', held: true })
    const waits = ['the run itself', 'pull_request', 'completed', 'action_required']
    expect(await seen()).toEqual([rest, build, waits])
    await ci.finish(begun, 'success')
    expect(await seen()).toEqual([build, waits, ['test', 'push', 'completed', 'success']])
    // A newer run of the same workflow and event says how it ended.
    const later = await ci.report(sha, { conclusion: 'success', event: 'pull_request' })
    expect(later.id).toBeGreaterThan(held.id)
    expect(await seen()).toHaveLength(3)
  })

  test('T15, S9: where GraphQL does not know the fields, or tells them in another form, REST tells the checks', async () => {
    const { world, forge, name } = bench
    const { pull } = await checkedChange()
    await forge.identity()
    let asked = 0
    world.serve(async (request, response, url) => {
      if (!url.pathname.endsWith('/graphql') || request.method !== 'POST') return false
      asked += 1
      if (asked > 1) return false
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({ errors: [{ message: "Field 'file' doesn't exist on type 'WorkflowRun'" }] }),
      )
      return true
    })
    expect(await forge.pull(name, pull.number)).toMatchObject({ found: true, value: { checks: null } })
    expect(asked).toBe(2)
    expect(await forge.pull(name, pull.number)).toMatchObject({ found: true, value: { checks: null } })
    expect(asked).toBe(3)
  })
})
