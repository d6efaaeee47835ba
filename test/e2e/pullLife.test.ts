/** What a pull request goes through between its first commit and main: nothing on the way turns a no into a yes. */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { factsOf } from '../../src/core/facts.ts'
import { goodFiles, openVillage, repository, type Village } from '../attacks/village.ts'

// A whole App and a whole GitHub: seconds each, and more on a busy machine.
jest.setTimeout(180_000)

let village: Village
const as = (login: string) => village.stage.github.as(login)
const mergeBy = async (number: number) => {
  await as('cleo').comment(repository, number, '/agent merge')
  await village.stage.until(`#${number} to be merged`, () => (village.pull(number).merged ? true : undefined))
}
const summaryOf = (name: 'plan' | 'gates' | 'review', sha: string, text: RegExp) =>
  village.stage.until(`${name} to say ${text}`, () => {
    const run = village.run(name, sha)
    return text.test(run?.output.summary ?? '') ? run : undefined
  })

describe('in merge mode', () => {
  beforeAll(async () => {
    village = await openVillage()
  })
  afterAll(async () => {
    expect(village.stage.github.violations).toEqual([])
    await village.close()
  })

  test('S4: closed and opened again it stands where it stood; a head that came meanwhile starts over', async () => {
    const pull = await village.approvedPull('copilot/closed', goodFiles('closed'))
    const set = (state: string) =>
      as('ana').api('PATCH', `/repos/${repository}/pulls/${pull.number}`, { state })
    await set('closed')
    await village.stage.settle()
    await as('cleo').comment(repository, pull.number, '/agent merge')
    await village.stage.until('the refusal', () =>
      village.commentsOn(pull.number).find((body) => /This pull request is closed/.test(body)),
    )
    await set('open')
    await village.becomes('review', pull.headSha, 'success')
    await set('closed')
    const second = await as('ana').push(repository, 'copilot/closed', {
      files: { 'src/closed.ts': 'export {}\n' },
    })
    await set('open')
    await village.becomes('review', second, 'action_required')
    await village.mergeRefused(pull.number, /countersign\/plan|countersign\/review/)
  })

  test('A5: a draft is not merged, however green; made ready again it is', async () => {
    const pull = await village.approvedPull('copilot/draft', goodFiles('draft'))
    await as('ana').setDraft(repository, pull.number, true)
    await village.mergeRefused(pull.number, /still a draft/)
    await as('ana').setDraft(repository, pull.number, false)
    await mergeBy(pull.number)
  })

  test('A6: a fork’s pull request is judged at its commit, approved by buttons, and merged', async () => {
    const { github } = village.stage
    const fork = await github.fork('eve', repository)
    const files = goodFiles('forked')
    await as('eve').push(`eve/${fork.name}`, 'topic', { files, message: 'From outside' })
    const pull = await as('eve').openPull(repository, { title: 'From outside', head: 'eve:topic', body: '' })
    // Somebody without write access: everything is asked for, as of an agent (A6).
    await village.approve('plan', pull.headSha, ['ben'])
    await village.approve('review', pull.headSha, ['ben', 'cleo', 'dev'])
    await village.becomes('review', pull.headSha, 'success')
    const tips = () => github.site.git.refs(fork.dir, 'refs/heads')
    const before = await tips()
    await mergeBy(pull.number)
    await village.stage.settle()
    expect(await tips()).toEqual(before)
    expect(factsOf(await village.facts(pull.number), 'merged')).toHaveLength(1)
  })

  test('A3: who has lost access counts no more, at the very merge', async () => {
    const pull = await village.approvedPull('copilot/left', goodFiles('left'))
    village.stage.github.setRole(repository, 'dev', 'read')
    await village.mergeRefused(pull.number, /countersign\/review/)
    await summaryOf('review', pull.headSha, /\*\*dev\*\* may not approve/)
    village.stage.github.setRole(repository, 'dev', 'write')
    await mergeBy(pull.number)
  })

  test('A3: a renamed person stays the same person, and the old login gives nobody anything', async () => {
    const pull = await village.approvedPull('copilot/renamed', goodFiles('renamed'))
    const { github } = village.stage
    github.renameUser('dev', 'devi')
    github.createUser('dev')
    const run = await village.becomes('review', pull.headSha, 'success')
    await github.as('dev').press(run.id, village.identifier(run, 'Merge'))
    await village.stage.until('the refusal', () =>
      village
        .commentsOn(pull.number)
        .find((body) => /\*\*dev\*\* has no write access, and a merge needs it/.test(body)),
    )
    expect(pull.merged).toBe(false)
    // Her approval is that of the number behind the name.
    await mergeBy(pull.number)
    github.deleteUser('dev')
    github.renameUser('devi', 'dev')
  })

  test('A3: the review of somebody who left GitHub approves nothing', async () => {
    const { github } = village.stage
    github.createUser('gil')
    github.setRole(repository, 'gil', 'write')
    const pull = await village.agentPull('copilot/ghost', goodFiles('ghost'))
    await village.approve('plan', pull.headSha, ['ben'])
    await village.approve('review', pull.headSha, ['ben', 'cleo'])
    await as('gil').approve(repository, pull.number)
    await village.becomes('review', pull.headSha, 'success')
    github.deleteUser('gil')
    await village.mergeRefused(pull.number, /1 more engineer/)
  })
})

describe('with policies of their own', () => {
  afterEach(async () => {
    expect(village.stage.github.violations).toEqual([])
    await village.close()
  })
  const mainFiles = async (files: Record<string, string>) => {
    const rulesets = [...village.stage.github.state.rulesets.values()]
    for (const one of rulesets) one.enforcement = 'disabled'
    await as('owner').push(repository, 'main', { files })
    for (const one of rulesets) one.enforcement = 'active'
  }

  /** Under a broken policy a command is answered with the mistake, and nothing is merged. */
  const closedDown = async (number: number, why: RegExp) => {
    const said = () => village.commentsOn(number).filter((body) => /Nothing passes until/.test(body))
    const before = said().length
    await as('ana').comment(repository, number, '/agent merge')
    expect(await village.stage.until('the answer', () => said()[before])).toMatch(why)
    await village.stage.settle()
    expect(village.pull(number).merged).toBe(false)
  }

  test('A5: a squash is one commit with the plan’s digest and everyone who countersigned', async () => {
    village = await openVillage({ policy: '  method: squash\n' })
    const pull = await village.approvedPull('copilot/squash', goodFiles('squash'))
    await mergeBy(pull.number)
    const { git } = village.stage.github.site
    const commit = await git.commit(village.stage.github.repo(repository).dir, pull.mergeCommitSha ?? '')
    expect(commit.parents).toHaveLength(1)
    const [plan] = factsOf(await village.facts(pull.number), 'decision')
    expect(commit.message).toContain(`Countersign-plan: ${plan?.body.bound}`)
    for (const login of ['ben', 'cleo', 'dev'])
      expect(commit.message).toMatch(new RegExp(`^Countersigned-by: ${login} <.*> \\(review\\)$`, 'm'))
    expect(village.incidents()).toEqual([])
  })

  test('A5: with `auto` in merge mode what is green is merged unasked, and not a moment before', async () => {
    village = await openVillage({ policy: '  auto: true\n' })
    const pull = await village.agentPull('copilot/auto', goodFiles('auto'))
    await village.becomes('gates', pull.headSha, 'success')
    await village.approve('plan', pull.headSha, ['ben'])
    await village.approve('review', pull.headSha, ['ben', 'cleo'])
    await village.stage.settle()
    expect(pull.merged).toBe(false)
    await village.approve('review', pull.headSha, ['dev'])
    await village.stage.until('the merge', () => (pull.merged ? true : undefined))
    expect(village.incidents()).toEqual([])
  })

  test('A5: where main takes signed commits only, what is not signed is named, and lands as the squash that GitHub signs', async () => {
    village = await openVillage()
    await as('owner').api('POST', `/repos/${repository}/rulesets`, {
      name: 'signed',
      target: 'branch',
      enforcement: 'active',
      conditions: { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } },
      rules: [{ type: 'required_signatures' }],
    })
    const pull = await village.approvedPull('copilot/signed', goodFiles('signed'))
    const named = `signature of .${pull.headSha.slice(0, 12)}`
    await village.mergeRefused(
      pull.number,
      new RegExp(`takes signed commits only.*${named}.*.merge\\.method: squash.`),
    )
    await mainFiles({
      '.github/countersign.yml':
        'seniors: [acme/seniors]\ngates: { ci: { enabled: false } }\nmerge: { mode: merge, method: squash }\n',
    })
    await village.stage.settle()
    await village.becomes('review', pull.headSha, 'success')
    await mergeBy(pull.number)
    const commit = await as('ana').api('GET', `/repos/${repository}/commits/${pull.mergeCommitSha}`)
    expect(commit).toMatchObject({ commit: { verification: { verified: true } } })
  })

  test('A5: rebase is refused in the policy itself, with the reason', async () => {
    village = await openVillage({ policy: '  method: rebase\n' })
    const pull = await village.personPull('dev', 'topic', goodFiles('one'))
    const run = await village.becomes('gates', pull.headSha, 'failure')
    expect(run.output.summary).toMatch(/merge\.method.*rebase.*(merge|squash)/s)
    await closedDown(pull.number, /rebase/)
  })

  test('A3: a child team’s members are members; a team that is not there, or too small, is said', async () => {
    village = await openVillage({
      policy: 'approvals:\n  approvers: { plan: [acme/nobody], review: [acme/reviewers] }\n',
    })
    const { github } = village.stage
    github.createTeam('acme', 'reviewers', { members: ['cleo'] })
    github.createTeam('acme', 'reviewers-north', { members: ['ben'], parent: 'reviewers' })
    const pull = await village.agentPull('copilot/teams', goodFiles('teams'))
    const plan = await village.becomes('plan', pull.headSha, 'action_required')
    await as('ben').press(plan.id, village.identifier(plan, 'Approve'))
    await village.stage.until('the refusal', () =>
      village.commentsOn(pull.number).find((body) => /may not approve.*`acme\/nobody`/.test(body)),
    )
    await village.approve('review', pull.headSha, ['cleo', 'ben'])
    // Policy asks for three and the team has two: what is missing stays named, and nothing passes.
    const run = await village.stage.until('both to count', () => {
      const found = village.run('review', pull.headSha)
      return /Approved by cleo and ben/.test(found?.output.title ?? '') ? found : undefined
    })
    expect([run.conclusion, run.output.title]).toEqual([
      'action_required',
      expect.stringMatching(/needed: 1 more engineer/),
    ])
    await village.mergeRefused(pull.number)
  })

  test('A3, T6: a login that policy names counts only while it may write, by button and by review', async () => {
    const policy = 'approvals:\n  approvers: { plan: [eve, cleo], review: ["@Eve", ben, cleo, dev] }\n'
    village = await openVillage({ policy })
    const pull = await village.agentPull('copilot/named', goodFiles('named'))
    const plan = await village.becomes('plan', pull.headSha, 'action_required')
    await as('eve').press(plan.id, village.identifier(plan, 'Approve'))
    await village.stage.until('the refusal', () =>
      village
        .commentsOn(pull.number)
        .find((body) => /policy names \*\*eve\*\*, who has no write access/.test(body)),
    )
    await village.approve('plan', pull.headSha, ['cleo'])
    await village.approve('review', pull.headSha, ['ben', 'cleo'])
    await as('eve').approve(repository, pull.number, 'Fine.')
    const run = await summaryOf('review', pull.headSha, /policy names \*\*eve\*\*, who has no write access/)
    expect([run.conclusion, run.output.title]).toEqual([
      'action_required',
      expect.stringMatching(/Approved by ben and cleo; needed: 1 more engineer/),
    ])
    await village.mergeRefused(pull.number)
    // What was missing is the access alone: with it the same words count.
    village.stage.github.setRole(repository, 'eve', 'write')
    await as('ben').comment(repository, pull.number, '/agent status')
    await village.becomes('review', pull.headSha, 'success')
  })

  test('S14: a policy under two names, or with an unknown gate, closes everything and says how to go on', async () => {
    village = await openVillage()
    const pull = await village.personPull('dev', 'topic', goodFiles('one'))
    await village.becomes('review', pull.headSha, 'success')
    await mainFiles({ '.github/countersign.yaml': 'people: pass\n' })
    const two = await village.becomes('gates', pull.headSha, 'failure')
    expect(two.output.summary).toMatch(/There are two policy files.*delete \.github\/countersign\.yaml/)
    await closedDown(pull.number, /two policy files/)
    const other = {
      '.github/countersign.yaml': null as unknown as string,
      '.github/countersign.yml': 'gates:\n  coverge: {}\n',
    }
    await mainFiles(other)
    await summaryOf('gates', pull.headSha, /coverge.*Did you mean `coverage`/)
    await closedDown(pull.number, /coverge/)
  })

  test('S3: a renamed repository’s pull requests are judged anew under its new name, once', async () => {
    village = await openVillage()
    const { github } = village.stage
    const pull = await village.approvedPull('copilot/one', goodFiles('one'))
    github.renameRepo(repository, 'grist')
    const run = await village.becomes('review', pull.headSha, 'action_required')
    expect(run.externalId).toMatch(/^pull:acme\/grist#/)
    await village.stage.restart()
    await village.stage.settle()
    expect(village.run('review', pull.headSha)?.conclusion).toBe('action_required')
    await github.as('ana').comment('acme/grist', pull.number, '/agent merge')
    await village.stage.until('the refusal', () =>
      village.commentsOn(pull.number).find((body) => /Not merged/.test(body)),
    )
    expect(pull.merged).toBe(false)
  })
})
