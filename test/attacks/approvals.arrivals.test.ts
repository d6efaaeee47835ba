/** Attacks by what arrives and when: forged and lost webhooks, too much at once, updates from main that carry more. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { factsOf } from '../../src/core/facts.ts'
import { goodFiles, openVillage, repository, type Village } from './village.ts'

// A whole App and a whole GitHub: seconds each, and more on a busy machine.
jest.setTimeout(180_000)

// A village of its own: GitHub lets an App write 500 times an hour, and the attacks on people's approvals use most of it.
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

describe('what arrives', () => {
  test('T33: a press that GitHub did not sign is turned away, and one that is replayed counts once', async () => {
    const pull = await village.agentPull('copilot/signed', goodFiles('signed'))
    const run = await village.becomes('review', pull.headSha, 'action_required')
    const payload = {
      action: 'requested_action',
      repository: { full_name: repository },
      requested_action: { identifier: village.identifier(run, 'Approve') },
      sender: { id: as('ben').account.id, login: 'ben', type: 'User' },
      check_run: {
        id: run.id,
        name: run.name,
        head_sha: pull.headSha,
        external_id: run.externalId,
        app: { id: village.stage.github.app.id },
        pull_requests: [],
      },
    }
    expect(await village.deliver('check_run', payload, { secret: 'development' })).toBe(401)
    expect(factsOf(await village.facts(pull.number), 'button.pressed')).toEqual([])
    for (const _ of [1, 2, 3]) await village.deliver('check_run', payload, { id: 'the-same-guid' })
    expect(factsOf(await village.facts(pull.number), 'button.pressed')).toHaveLength(1)
    expect(await decisions(pull.number)).toHaveLength(1)
    await village.mergeRefused(pull.number)
  })

  test('T12: a push whose webhook is lost leaves no green to merge on', async () => {
    const pull = await village.approvedPull('copilot/lost', goodFiles('lost'))
    const { faults } = village.stage.github
    faults.webhook({
      kind: 'lose',
      count: 50,
      when: ({ event }) => ['push', 'pull_request', 'check_suite'].includes(event),
    })
    await as('ana').push(repository, 'copilot/lost', {
      files: { 'src/lost.ts': 'export const lost = 2\n' },
    })
    await settle()
    faults.clear()
    await village.mergeRefused(pull.number, /countersign\/plan|countersign\/review/)
  })

  test('T18: more commits than can be read are refused in words, and nothing is green', async () => {
    const { git } = village.stage.github.site
    const { dir } = village.stage.github.repo(repository)
    let at = await main()
    const { tree } = await git.commit(dir, at)
    const grown = await village.treeWith(at, goodFiles('many'))
    const who = { name: 'ana', email: 'ana@example.test', date: village.stage.github.site.now() }
    for (let made = 0; made < 251; made++)
      at = await git.commitTree(dir, made % 2 ? tree : grown, [at], `Step ${made}`, who, who)
    await git.updateRef(dir, 'refs/heads/forged/many', at, '0'.repeat(40))
    await as('ana').push(repository, 'copilot/many', { sha: at })
    const pull = await as('ana').openPull(repository, { title: 'Many', head: 'copilot/many', body: '' })
    const said = await village.stage.until(
      'the sentence',
      () => village.commentsOn(pull.number).find((body) => /250/.test(body)),
      120_000,
    )
    expect(said).toMatch(/Countersign stopped here/)
    await settle()
    expect(village.run('review', pull.headSha)?.conclusion).not.toBe('success')
    expect(pull.merged).toBe(false)
  })
})

describe('T11: an update from main', () => {
  /** Main moves on by a change that is nobody's business here. */
  async function mainMoves(name: string): Promise<void> {
    for (const one of village.stage.github.state.rulesets.values()) one.enforcement = 'disabled'
    await as('owner').push(repository, 'main', { files: { [`${name}.txt`]: name } })
    for (const one of village.stage.github.state.rulesets.values()) one.enforcement = 'active'
  }

  test('T11: that merges cleanly keeps the approvals', async () => {
    const pull = await village.approvedPull('copilot/clean', goodFiles('clean'))
    await mainMoves('clean')
    await as('dev').updateBranch(repository, pull.number)
    expect(pull.headSha).not.toBe((await decisions(pull.number))[0]?.sha)
    await village.becomes('review', pull.headSha, 'success')
    await as('ana').comment(repository, pull.number, '/agent merge')
    await village.stage.until('the merge', () => (pull.merged ? true : undefined))
  })

  test('T11: that carries code in its conflict resolution voids them', async () => {
    const pull = await village.approvedPull('copilot/evil', goodFiles('evil'))
    await mainMoves('evil')
    const tree = await village.treeWith(pull.headSha, {
      'evil.txt': 'evil',
      'src/evil.ts': 'export const evil = 666\n',
    })
    const merge = await village.forge({
      tree,
      parents: [pull.headSha, await main()],
      message: "Merge branch 'main'",
    })
    await as('ana').push(repository, 'copilot/evil', { sha: merge })
    const run = await village.becomes('review', merge, 'action_required')
    expect(run.output.summary).toMatch(/approved an earlier state/)
    await village.mergeRefused(pull.number)
  })
})
