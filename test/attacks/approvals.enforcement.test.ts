/** Attacks on the rules themselves: loosened, removed, or bypassed. None stays unseen, and drift stops the gates. */
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { factsOf } from '../../src/core/facts.ts'
import { proofSetting } from '../../src/core/snapshot/rules.ts'
import { goodFiles, openVillage, repository, type Village } from './village.ts'

// A whole App and a whole GitHub a test: seconds each, and more on a busy machine.
jest.setTimeout(180_000)

let village: Village
afterEach(async () => {
  await village.close()
})

const owner = () => village.stage.github.as('owner')
const rulesets = () => [...village.stage.github.state.rulesets.values()]
const checksRuleset = () => rulesets().find((one) => one.name === 'Countersign: required checks')
const anyone = { actor_type: 'RepositoryRole', actor_id: 4, bypass_mode: 'always' }
async function letEveryonePast() {
  for (const one of rulesets())
    await owner().api('PUT', `/repos/${repository}/rulesets/${one.id}`, {
      bypass_actors: [...one.bypassActors, anyone],
    })
}

describe('T19: rules removed or loosened', () => {
  test.each([
    ['removed', async () => owner().api('DELETE', `/repos/${repository}/rulesets/${checksRuleset()?.id}`)],
    [
      'switched off',
      async () =>
        owner().api('PUT', `/repos/${repository}/rulesets/${checksRuleset()?.id}`, {
          enforcement: 'evaluate',
        }),
    ],
    [
      'required by name alone',
      async () => {
        const rule = checksRuleset()?.rules.find((one) => one.type === 'required_status_checks')
        if (rule?.type !== 'required_status_checks') throw new Error('no such rule')
        const checks = rule.parameters.required_status_checks.map(({ context }) => ({ context }))
        const parameters = { ...rule.parameters, required_status_checks: checks }
        await owner().api('PUT', `/repos/${repository}/rulesets/${checksRuleset()?.id}`, {
          rules: [{ type: 'required_status_checks', parameters }],
        })
      },
    ],
  ])('T19: %s: green gates turn red with the reason, and nothing is merged', async (_, loosen) => {
    village = await openVillage()
    const { stage } = village
    const pull = await village.personPull('dev', 'topic', goodFiles('one'))
    await village.becomes('gates', pull.headSha, 'success')
    await loosen()
    await stage.github.as('ana').comment(repository, pull.number, '/agent merge')
    const run = await village.becomes('gates', pull.headSha, 'failure')
    expect(run.output.summary).toMatch(/no longer enforce the checks.*doctor acme\/mill --fix/)
    await stage.settle()
    expect(pull.merged).toBe(false)
    expect(village.commentsOn(pull.number).join('\n')).toMatch(/Not merged/)
  })
})

describe('T20: merged past the gates', () => {
  test('T20: an agent pull request merged by an administrator is one incident, once', async () => {
    village = await openVillage()
    const pull = await village.agentPull('copilot/one', goodFiles('one'))
    await village.becomes('review', pull.headSha, 'action_required')
    await letEveryonePast()
    await village.stage.github.as('dev').merge(repository, pull.number)
    const incident = () => village.incidents()[0]
    expect(await village.stage.until('the incident', incident)).toMatch(
      /#\d+ was merged into main at [0-9a-f]{40} although Countersign had not decided to merge it/,
    )
    await village.stage.settle()
    await village.stage.restart()
    await village.stage.github.as('ana').comment(repository, pull.number, '/agent status')
    await village.stage.settle()
    expect(village.incidents()).toHaveLength(1)
    const facts = await village.stage.app.ledger.facts(`pull:${repository}#${pull.number}`)
    expect(factsOf(facts, 'incident')).toHaveLength(1)
  })

  test('T20: in checks mode, an unapproved agent merge is an incident, and a person’s own is not', async () => {
    village = await openVillage({ mode: 'checks' })
    const agents = await village.agentPull('copilot/one', goodFiles('one'))
    const persons = await village.personPull('dev', 'topic', goodFiles('two'))
    await village.becomes('review', agents.headSha, 'action_required')
    await village.becomes('review', persons.headSha, 'success')
    await village.stage.github.as('dev').merge(repository, persons.number)
    await letEveryonePast()
    await village.stage.github.as('dev').merge(repository, agents.number)
    await village.stage.until('the incident', () => village.incidents()[0])
    await village.stage.settle()
    expect(village.incidents()).toHaveLength(1)
    expect(village.incidents()[0]).toMatch(/countersign\/plan.*countersign\/review were not green/)
  })

  test('T20: a push past pull requests is an incident, also when its webhook was lost', async () => {
    village = await openVillage()
    const { stage } = village
    await letEveryonePast()
    const first = await stage.github.as('dev').push(repository, 'main', { files: { 'a.txt': 'a' } })
    await stage.until('the incident', () => village.incidents().find((one) => one.includes(first)))
    stage.github.setWebhookUrl(null)
    const lost = await stage.github.as('dev').push(repository, 'main', { files: { 'b.txt': 'b' } })
    await stage.settle()
    stage.github.setWebhookUrl(`${stage.app.url}/api/github/webhooks`)
    const last = await stage.github.as('dev').push(repository, 'main', { files: { 'c.txt': 'c' } })
    await stage.until('the incident', () => village.incidents().find((one) => one.includes(last)))
    expect(village.incidents().filter((one) => one.includes(lost))).toHaveLength(1)
    expect(village.incidents()).toHaveLength(3)
  })

  test('T20: what Countersign merged itself is no incident', async () => {
    village = await openVillage()
    const pull = await village.personPull('dev', 'topic', goodFiles('one'))
    await village.becomes('review', pull.headSha, 'success')
    await village.stage.github.as('ana').comment(repository, pull.number, '/agent merge')
    await village.stage.until('the merge', () => (pull.merged ? true : undefined))
    await village.stage.settle()
    expect(village.incidents()).toEqual([])
  })
})

test('A5: a recorded proof is shown on the gates', async () => {
  village = await openVillage()
  const proof = { appId: village.stage.github.app.id, mode: 'merge', provenAtMs: Date.now(), by: 'owner' }
  await village.stage.app.ledger.putSetting(proofSetting(repository, 'main'), JSON.stringify(proof))
  const pull = await village.personPull('dev', 'topic', goodFiles('one'))
  const run = await village.becomes('gates', pull.headSha, 'success')
  expect(run.output.summary).toMatch(/Enforcement: proven on .* by `owner`/)
})

describe('checks mode', () => {
  test("A5: with `auto`, the App merges what is green under GitHub's own rules, and by no right of its own", async () => {
    village = await openVillage({ mode: 'checks', policy: '  auto: true\n' })
    const pull = await village.personPull('dev', 'topic', goodFiles('one'))
    await village.stage.until('the merge', () => (pull.merged ? true : undefined))
    expect(pull.mergeCommitSha).not.toBe(pull.headSha)
    const agents = await village.agentPull('copilot/one', goodFiles('two'))
    await village.becomes('gates', agents.headSha, 'success')
    await village.stage.settle()
    expect([agents.merged, village.incidents()]).toEqual([false, []])
  })

  test("A5: without it GitHub's own button merges, once the checks are green and not before", async () => {
    village = await openVillage({ mode: 'checks' })
    const { stage } = village
    const agents = await village.agentPull('copilot/one', goodFiles('one'))
    await village.becomes('gates', agents.headSha, 'success')
    await village.approve('plan', agents.headSha, ['ben'])
    await expect(stage.github.as('dev').merge(repository, agents.number)).rejects.toThrow(
      /countersign\/review/,
    )
    await village.approve('review', agents.headSha, ['ben', 'cleo', 'dev'])
    await village.becomes('review', agents.headSha, 'success')
    await stage.github.as('dev').merge(repository, agents.number)
    await stage.settle()
    expect([agents.merged, village.incidents()]).toEqual([true, []])
  })
})
