/** Attacks on policy, gates and their inputs, through the front door: none reaches main, and each leaves its sentence. */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { factsOf } from '../../src/core/facts.ts'
import { goodFiles, openVillage, repository, type Village } from './village.ts'

// A whole App and a whole GitHub a test: seconds each, and more on a busy machine.
jest.setTimeout(180_000)

describe('in one repository in merge mode', () => {
  let village: Village
  beforeAll(async () => {
    const policy = 'protected:\n  - billing/**\nagents:\n  labels: [robot]\n'
    village = await openVillage({ policy, files: { 'billing/price.ts': 'export const price = 1\n' } })
  })
  afterAll(() => village.close())
  const mergeRefused = (number: number) => village.mergeRefused(number)

  test('T14: a pull request cannot loosen the policy that judges it, and is told what it would loosen', async () => {
    const policy = 'enforce: false\npeople: pass\ngates:\n  ci:\n    enabled: false\nmerge:\n  auto: true\n'
    const pull = await village.agentPull('copilot/policy', { '.github/countersign.yml': policy })
    const run = await village.becomes('gates', pull.headSha, 'failure')
    expect(run.output.summary).toMatch(/Policy change, once merged: Nothing is held up any more/)
    expect(run.output.summary).toMatch(/No longer protected: `billing\/\*\*`/)
    expect(run.output.summary).toMatch(/merge mode goes from `merge` down to `checks`/)
    expect(run.output.summary).toMatch(/Policy value: `agents.labels`: `"robot"` -> nothing/)
    await mergeRefused(pull.number)
  })

  test('T14: a workflow that a pull request brings along is flagged for a senior, and nobody else may accept it', async () => {
    const workflow = 'on: push\njobs:\n  ok:\n    runs-on: ubuntu-latest\n    steps: [{ run: "true" }]\n'
    const files = { ...goodFiles('workflow'), '.github/workflows/countersign.yml': workflow }
    const pull = await village.agentPull('copilot/workflow', files)
    const run = await village.becomes('gates', pull.headSha, 'failure')
    const { github } = village.stage
    await github.as('ben').press(run.id, village.identifier(run, 'Accept'))
    await village.stage.settle()
    expect(village.run('gates', pull.headSha)?.conclusion).toBe('failure')
    expect(village.commentsOn(pull.number).join('\n')).toMatch(/senior/)
    await github.as('cleo').press(run.id, village.identifier(run, 'Accept'))
    await village.becomes('gates', pull.headSha, 'success')
    await mergeRefused(pull.number)
  })

  test('T15: a status of the same name, set by anyone with write, counts for nothing', async () => {
    const pull = await village.agentPull('copilot/status', goodFiles('status'))
    await village.becomes('review', pull.headSha, 'action_required')
    for (const name of ['plan', 'gates', 'review'])
      await village.stage.github.as('dev').api('POST', `/repos/${repository}/statuses/${pull.headSha}`, {
        state: 'success',
        context: `countersign/${name}`,
      })
    await expect(village.stage.github.as('dev').merge(repository, pull.number)).rejects.toThrow(/countersign/)
    await mergeRefused(pull.number)
  })

  test('T17: renaming a file out of a protected folder is a change to the protected folder', async () => {
    const files = {
      'billing/price.ts': null,
      ...goodFiles('moved'),
      'src/price.ts': 'export const price = 1\n',
    }
    const pull = await village.agentPull('copilot/rename', files)
    const run = await village.becomes('gates', pull.headSha, 'failure')
    expect(run.output.summary).toMatch(/billing\/price\.ts/)
    await mergeRefused(pull.number)
  })

  test('T45: a branch of an agent sets no rules for what is stacked on it', async () => {
    const policy = 'people: pass\napprovals:\n  profile: solo\nmerge:\n  mode: checks\n  auto: true\n'
    await village.agentPull('copilot/lower', { '.github/countersign.yml': policy })
    const upper = await village.agentPull('copilot/upper', goodFiles('upper'), 'copilot/lower')
    const review = await village.becomes('review', upper.headSha, 'action_required')
    expect(review.output.summary).not.toMatch(/solo/)
    await mergeRefused(upper.number)
  })

  test('T40: a comment never approves where policy does not count comments, whoever holds the token', async () => {
    const pull = await village.agentPull('copilot/comment', goodFiles('comment'))
    const shown = await village.becomes('review', pull.headSha, 'action_required')
    const digest = /\x60([0-9a-f]{8})\x60/.exec(shown.output.summary ?? '')?.[1] ?? ''
    for (const login of ['ben', 'cleo', 'dev'])
      await village.stage.github.as(login).comment(repository, pull.number, `/agent approve review ${digest}`)
    await village.stage.settle()
    const facts = await village.stage.app.ledger.facts(`pull:${repository}#${pull.number}`)
    expect(factsOf(facts, 'decision')).toEqual([])
    expect(village.commentsOn(pull.number).join('\n')).toMatch(/does not count approvals by comment/)
  })

  test('T5: a force-push back to a commit that was green does not bring back what was dismissed', async () => {
    const pull = await village.agentPull('copilot/back', goodFiles('back'))
    const first = pull.headSha
    await village.approve('plan', first, ['ben'])
    await village.approve('review', first, ['ben', 'cleo', 'dev'])
    await village.becomes('review', first, 'success')
    const { github } = village.stage
    const ana = github.as('ana')
    const second = await ana.push(repository, 'copilot/back', {
      files: { 'src/back.ts': 'export const back = 2\n' },
    })
    const asked = await village.becomes('review', second, 'action_required')
    await github.as('ben').press(asked.id, village.identifier(asked, 'Request changes'))
    await village.becomes('review', second, 'failure')
    await ana.push(repository, 'copilot/back', { sha: first, force: true })
    await village.stage.until('the head', () =>
      village.pull(pull.number).headSha === first ? true : undefined,
    )
    await village.stage.settle()
    // What ben last said stands, whichever commit the branch points at.
    expect(village.run('review', first)?.conclusion).not.toBe('success')
    await mergeRefused(pull.number)
  })
})

describe('alone', () => {
  let village: Village
  afterEach(() => village.close())

  test('T16: CI that policy names and that never reports is waited for, and never passed', async () => {
    village = await openVillage({ mode: 'checks' })
    const owner = village.stage.github.as('owner')
    const policy = 'gates:\n  ci:\n    workflows:\n      - { path: .github/workflows/ci.yml, event: push }\n'
    for (const one of village.stage.github.state.rulesets.values()) one.enforcement = 'disabled'
    await owner.push(repository, 'main', { files: { '.github/countersign.yml': policy } })
    for (const one of village.stage.github.state.rulesets.values()) one.enforcement = 'active'
    const pull = await village.agentPull('copilot/one', goodFiles('one'))
    const run = await village.becomes('gates', pull.headSha, null)
    await village.stage.settle()
    expect(village.run('gates', pull.headSha)?.status).toBe('in_progress')
    expect(run.output.summary).toMatch(/G17/)
  })

  test('T42: a pull request that is retargeted between look and merge is an incident', async () => {
    village = await openVillage()
    const { github } = village.stage
    await github.as('dev').push(repository, 'side', { files: { 'side.txt': 'side' } })
    const pull = await village.personPull('dev', 'topic', goodFiles('one'))
    await village.becomes('review', pull.headSha, 'success')
    const merging = (path: string) => path.endsWith(`/pulls/${pull.number}/merge`)
    github.faults.rest({ kind: 'slow', ms: 1500, when: ({ path }) => merging(path) })
    await github.as('ana').comment(repository, pull.number, '/agent merge')
    await village.stage.until('the merge to be under way', async () => {
      const facts = await village.stage.app.ledger.facts(`pull:${repository}#${pull.number}`)
      return factsOf(facts, 'merge.intended')[0]
    })
    await github.as('ana').api('PATCH', `/repos/${repository}/pulls/${pull.number}`, { base: 'side' })
    const incident = await village.stage.until('the incident', () => village.incidents()[0])
    expect(incident).toMatch(/was decided for main and landed on side/)
  })

  test('T44: what the organisation sets as its floor, no repository loosens', async () => {
    village = await openVillage({ policy: '  auto: true\npeople: pass\napprovals:\n  profile: solo\n' })
    const { github } = village.stage
    await github.createRepo('acme', '.github', {
      files: { '.github/countersign.yml': 'floor:\n  people: full\n  auto: false\n  profile: team\n' },
    })
    const pull = await village.personPull('dev', 'topic', goodFiles('one'))
    const review = await village.becomes('review', pull.headSha, 'action_required')
    expect(review.output.summary).toMatch(/engineer|writer|approv/i)
    await village.stage.settle()
    expect(pull.merged).toBe(false)
  })
})
