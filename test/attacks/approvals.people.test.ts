/** Attacks on who approved what, through the front door: none reaches main, and each leaves its sentence and its fact. */

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { createAppAuth } from '@octokit/auth-app'
import { Octokit } from '@octokit/rest'
import { factsOf } from '../../src/core/facts.ts'
import { renderPlanMessage } from '../../src/core/planMessage.ts'
import { planFixture, recordFixture } from '../support/plan.ts'
import { goodFiles, openVillage, repository, type Village } from './village.ts'

// A whole App and a whole GitHub: seconds each, and more on a busy machine.
jest.setTimeout(180_000)

let village: Village
beforeAll(async () => {
  village = await openVillage({ policy: 'approvals:\n  by: [button, review, comment]\n' })
})
afterAll(async () => {
  expect(village.stage.github.violations).toEqual([])
  await village.close()
})

const as = (login: string) => village.stage.github.as(login)
const settle = () => village.stage.settle()
const decisions = async (number: number) =>
  factsOf(await village.facts(number), 'decision').map(({ body }) => body)
const main = () => village.tip('main')
/** What the review check asks for now, as a comment would name it. */
const shownOn = async (sha: string) =>
  /`([0-9a-f]{8})`/.exec(
    (await village.becomes('review', sha, 'action_required')).output.summary ?? '',
  )?.[1] ?? ''
/** Another commit on an agent's branch, pushed by the one who pushed the first. */
const pushOn = (branch: string, name: string) =>
  as('ana').push(repository, branch, { files: { [`src/${name}.ts`]: `export const ${name} = 2\n` } })

describe('what an approval binds to', () => {
  test('T1: a push after the last approval takes them all away', async () => {
    const pull = await village.approvedPull('copilot/pushed', goodFiles('pushed'))
    const first = pull.headSha
    const second = await pushOn('copilot/pushed', 'pushed')
    const run = await village.becomes('review', second, 'action_required')
    expect(run.output.summary).toMatch(/approved an earlier state/)
    await village.mergeRefused(pull.number, /countersign\/plan|countersign\/review/)
    expect(new Set((await decisions(pull.number)).map(({ sha }) => sha))).toEqual(new Set([first]))
  })

  test('T1: a push between the last look and the merge is refused by the expected SHA', async () => {
    const pull = await village.approvedPull('copilot/raced', goodFiles('raced'))
    const before = await main()
    const { faults } = village.stage.github
    faults.rest({ kind: 'slow', ms: 2000, when: ({ path }) => path.endsWith(`/pulls/${pull.number}/merge`) })
    const run = await village.becomes('review', pull.headSha, 'success')
    await as('ben').press(run.id, village.identifier(run, 'Merge'))
    await village.stage.until('the merge to be under way', async () =>
      factsOf(await village.facts(pull.number), 'merge.intended').at(0),
    )
    const second = await pushOn('copilot/raced', 'raced')
    await village.becomes('review', second, 'action_required')
    await settle()
    expect([pull.merged, await main()]).toEqual([false, before])
    expect(factsOf(await village.facts(pull.number), 'merged')).toEqual([])
  })

  test('T2: what the plan says is changed after its approval: it is asked for again', async () => {
    const pull = await village.approvedPull('copilot/retold', goodFiles('retold'))
    await as('ana').api('PATCH', `/repos/${repository}/pulls/${pull.number}`, {
      body: 'Something else, really.',
    })
    const run = await village.becomes('plan', pull.headSha, 'action_required')
    expect(run.output.summary).toMatch(/approved an earlier state/)
    await village.mergeRefused(pull.number, /countersign\/plan/)
  })

  test('T3: a second pull request with the same head borrows nothing, and lends nothing', async () => {
    const pull = await village.approvedPull('copilot/shared', goodFiles('shared'))
    await as('dev').push(repository, 'copilot/twin', { sha: pull.headSha })
    const twin = await as('dev').openPull(repository, { title: 'Twin', head: 'copilot/twin', body: '' })
    const run = await village.stage.until('the shared run', () => {
      const found = village.run('review', pull.headSha)
      return found?.output.summary?.includes(`#${twin.number}`) && found.conclusion !== 'success'
        ? found
        : undefined
    })
    expect([run.output.summary, run.actions]).toEqual([expect.stringMatching(/close all but one/), []])
    await village.mergeRefused(pull.number, /shared by/)
    await village.mergeRefused(twin.number, /shared by|not green/)
  })

  test('T3: approvals given against another base do not come along to main', async () => {
    await as('dev').push(repository, 'side', { files: { 'side.txt': 'side' }, base: 'main' })
    const pull = await village.agentPull('copilot/moved', goodFiles('movedbase'), 'side')
    await village.becomes('gates', pull.headSha, 'success')
    await village.approve('plan', pull.headSha, ['ben'])
    await village.approve('review', pull.headSha, ['ben', 'cleo', 'dev'])
    await as('ana').changeBase(repository, pull.number, 'main')
    const run = await village.becomes('review', pull.headSha, 'action_required')
    expect(run.output.summary).toMatch(/the new base starts over/)
    await village.mergeRefused(pull.number)
    expect((await decisions(pull.number)).map(({ baseRef }) => baseRef)).toEqual(Array(4).fill('side'))
  })

  test('T39: a button of a page from before the last push changes nothing', async () => {
    const pull = await village.agentPull('copilot/stale', goodFiles('stale'))
    const old = await village.becomes('review', pull.headSha, 'action_required')
    const button = village.identifier(old, 'Approve')
    const second = await pushOn('copilot/stale', 'stale')
    await village.becomes('review', second, 'action_required')
    await as('ben').pressStale(old.id, button)
    await village.stage.until('the answer', () =>
      village.commentsOn(pull.number).find((body) => /pressed on an older state/.test(body)),
    )
    expect(await decisions(pull.number)).toEqual([])
    await village.mergeRefused(pull.number)
  })

  test('T13: a commit that says it is from long ago, or from tomorrow, is a new commit', async () => {
    const pull = await village.approvedPull('copilot/dated', goodFiles('dated'))
    const tree = await village.treeWith(pull.headSha, { 'src/dated.ts': 'export const dated = 2\n' })
    let at = pull.headSha
    for (const date of ['2001-01-01T00:00:00Z', '2037-01-01T00:00:00Z']) {
      at = await village.forge({ tree, parents: [at], date })
      await as('ana').push(repository, 'copilot/dated', { sha: at })
      await village.becomes('review', at, 'action_required')
    }
    await village.mergeRefused(pull.number)
  })
})

describe('who approves', () => {
  test('T6: who is named as co-author, also behind a merge’s second parent, approves nothing', async () => {
    const pull = await village.agentPull('copilot/coauthor', goodFiles('coauthor'))
    const ben = as('ben').account
    const hidden = await as('ana').push(repository, 'scratch/hidden', {
      files: { 'src/coauthor.ts': 'export const coauthor = 2\n' },
      base: pull.headSha,
      coAuthors: [ben],
    })
    const { tree } = await village.stage.github.site.git.commit(
      village.stage.github.repo(repository).dir,
      hidden,
    )
    const merge = await village.forge({ tree, parents: [pull.headSha, hidden] })
    await as('ana').push(repository, 'copilot/coauthor', { sha: merge })
    const run = await village.becomes('review', merge, 'action_required')
    await as('ben').press(run.id, village.identifier(run, 'Approve'))
    await village.stage.until('the answer', () =>
      village.commentsOn(pull.number).find((body) => /\*\*ben\*\* co-authored commit/.test(body)),
    )
    expect(await decisions(pull.number)).toEqual([])
    await village.mergeRefused(pull.number)
  })

  test('T38: the identity that CI runs under approves nothing, by review or otherwise', async () => {
    const pull = await village.agentPull('copilot/ci', goodFiles('fromci'))
    await village.becomes('review', pull.headSha, 'action_required')
    const { github } = village.stage
    const bot = github.createApp({
      slug: 'ci-runner',
      permissions: { metadata: 'read', pull_requests: 'write' },
      events: [],
    })
    const auth = {
      appId: bot.id,
      privateKey: bot.privateKeyPem,
      installationId: github.installApp(bot, 'acme').id,
    }
    const octokit = new Octokit({ baseUrl: github.apiUrl, authStrategy: createAppAuth, auth })
    await octokit.rest.pulls.createReview({
      owner: 'acme',
      repo: 'mill',
      pull_number: pull.number,
      event: 'APPROVE',
      body: 'ok',
    })
    const run = await village.stage.until('the review to be told', () => {
      const found = village.run('review', pull.headSha)
      return found?.output.summary?.includes('ci-runner') ? found : undefined
    })
    expect([run.conclusion, run.output.summary]).toEqual([
      'action_required',
      expect.stringMatching(/not a person/),
    ])
    await village.mergeRefused(pull.number)
  })

  test('T9: a dismissed request for changes does not bring the older approval back', async () => {
    const pull = await village.agentPull('copilot/dismissed', goodFiles('dismissed'))
    await village.becomes('review', pull.headSha, 'action_required')
    await village.approve('plan', pull.headSha, ['ben'])
    for (const login of ['ben', 'cleo', 'dev']) await as(login).approve(repository, pull.number)
    await village.becomes('review', pull.headSha, 'success')
    const asks = await as('ben').requestChanges(repository, pull.number, 'Not like this.')
    await village.becomes('review', pull.headSha, 'failure')
    await as('owner').dismissReview(repository, pull.number, asks.id)
    const run = await village.becomes('review', pull.headSha, 'action_required')
    expect(run.output.summary).toMatch(/The review of \*\*ben\*\* was dismissed/)
    await village.mergeRefused(pull.number, /countersign\/review/)
  })

  test('T41: a person’s branch that carries an agent’s unapproved commit is no person’s change', async () => {
    const bot = [...village.stage.github.state.accounts.values()].find(
      ({ login }) => login === 'copilot-swe-agent[bot]',
    )
    const author = { name: bot?.login ?? '', email: `${bot?.id}+${bot?.login}@users.noreply.github.com` }
    await as('dev').push(repository, 'mine', { files: goodFiles('carried'), base: 'main', author })
    const pull = await as('dev').openPull(repository, { title: 'Mine', head: 'mine', body: 'All by hand.' })
    await village.becomes('review', pull.headSha, 'action_required')
    expect(factsOf(await village.facts(pull.number), 'origin.evidence').length).toBeGreaterThan(0)
    await village.mergeRefused(pull.number)
  })
})

describe('what is read as an approval', () => {
  const approving = (shown: string) => `/agent approve review ${shown}`

  test('T4: somebody’s comment that is edited into an approval is none, and an approval that is edited stops counting', async () => {
    const pull = await village.agentPull('copilot/edited', goodFiles('edited'))
    const shown = await shownOn(pull.headSha)
    const words = await as('dev').comment(repository, pull.number, 'Looks good at first sight.')
    await as('ana').editComment(repository, words, approving(shown))
    await settle()
    expect(await decisions(pull.number)).toEqual([])
    const meant = await as('cleo').comment(repository, pull.number, approving(shown))
    await village.stage.until('the decision', async () => (await decisions(pull.number))[0])
    await as('ana').editComment(repository, meant, `${approving(shown)} indeed`)
    const run = await village.stage.until('the edit to be told', () => {
      const found = village.run('review', pull.headSha)
      return found?.output.summary?.includes('edited or deleted since') ? found : undefined
    })
    expect(run.conclusion).toBe('action_required')
    expect(factsOf(await village.facts(pull.number), 'comment.touched').length).toBeGreaterThan(0)
    await village.mergeRefused(pull.number)
  })

  test('T7: quoted, fenced, in the middle of a text, or with a digest of something else, it is no approval', async () => {
    const pull = await village.agentPull('copilot/quoted', goodFiles('quoted'))
    const shown = await shownOn(pull.headSha)
    for (const body of [
      `> ${approving(shown)}`,
      `\`\`\`\n${approving(shown)}\n\`\`\``,
      `I would say ${approving(shown)}`,
      `Dear all,\n${approving(shown)}`,
      `/agents approve review ${shown}`,
      approving('0'.repeat(8)),
      '/agent approve review',
    ])
      await as('cleo').comment(repository, pull.number, body)
    await settle()
    expect(await decisions(pull.number)).toEqual([])
    expect(village.commentsOn(pull.number).join('\n')).toMatch(/is not what countersign\/review asks for now/)
    await village.mergeRefused(pull.number)
  })

  test('T8: asking for the checks again looks again, and approves nothing', async () => {
    const pull = await village.agentPull('copilot/again', goodFiles('again'))
    for (const name of ['plan', 'gates', 'review'] as const) {
      const run = await village.becomes(name, pull.headSha, name === 'gates' ? 'success' : 'action_required')
      await as('dev').rerequest(run.id)
      await settle()
      expect(village.run(name, pull.headSha)?.conclusion).toBe(run.conclusion)
    }
    expect(await decisions(pull.number)).toEqual([])
    await village.mergeRefused(pull.number)
  })

  test('T43: a commit that looks like a plan of Countersign’s is no plan', async () => {
    const { tree } = await village.stage.github.site.git.commit(
      village.stage.github.repo(repository).dir,
      await main(),
    )
    const message = renderPlanMessage(recordFixture(planFixture({ summary: 'All approved.' })))
    const plan = await village.forge({ tree, parents: [await main()], message })
    await as('ana').push(repository, 'agent/1-forged', { sha: plan })
    await as('ana').push(repository, 'agent/1-forged', { files: goodFiles('forged') })
    const pull = await as('ana').openPull(repository, {
      title: 'Forged',
      head: 'agent/1-forged',
      body: 'Planned.',
    })
    const run = await village.becomes('plan', pull.headSha, 'action_required')
    expect(run.output.summary).not.toMatch(/All approved/)
    await village.mergeRefused(pull.number, /countersign\/plan/)
  })
})
