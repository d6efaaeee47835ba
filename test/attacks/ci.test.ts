/** Attacks on the repository's own CI: what has not run, or not on this, is never taken for green. */

import { afterEach, expect, jest, test } from '@jest/globals'
import { type Ci, enableCi } from '../../world/ci/ci.ts'
import { goodFiles, openVillage, repository, type Village } from './village.ts'

// A whole App and a whole GitHub: seconds each, and more on a busy machine.
jest.setTimeout(180_000)

const yml = '.github/workflows/ci.yml'
const policies = {
  none: '',
  named: `gates:\n  ci:\n    workflows:\n      - { path: ${yml} }\n`,
}
let village: Village
let ci: Ci
async function open(policy: string) {
  village = await openVillage({
    mode: 'checks',
    files: { [yml]: 'name: CI\n', '.github/countersign.yml': `seniors: [acme/seniors]\n${policy}` },
  })
  ci = await enableCi(village.stage.github, repository, {
    jobs: [{ name: 'build', run: 'true' }],
    events: [],
  })
}
afterEach(async () => {
  expect(village.stage.github.violations).toEqual([])
  await village.close()
})
const says = (sha: string, text: RegExp) =>
  village.stage.until(`the gates to say ${text}`, () => {
    const run = village.run('gates', sha)
    return text.test(run?.output.summary ?? '') ? run : undefined
  })

test.each(Object.entries(policies))(
  'T16, G17: CI is not green between one job and the next that needs it (workflows in policy: %s)',
  async (_, policy) => {
    await open(policy)
    const { headSha } = await village.agentPull('copilot/half', goodFiles('half'))
    const first = { conclusion: 'success', event: 'pull_request', later: ['test'] } as const
    const half = await ci.report(headSha, first)
    const run = await says(headSha, /ci\.yml.*running/)
    await village.stage.settle()
    expect([run.conclusion, village.run('gates', headSha)?.conclusion]).toEqual([null, null])
    await ci.finish(half, 'failure')
    await says(headSha, /test` ended with failure/)
    await ci.report(headSha, { conclusion: 'success', event: 'pull_request' })
    const second = await ci.report(headSha, { name: 'test', conclusion: 'success', event: 'pull_request' })
    expect(second.headSha).toBe(headSha)
    await village.becomes('gates', headSha, 'success')
  },
)

test('T15, T16: a check of somebody else is no CI while GitHub holds the workflow back', async () => {
  await open(policies.none)
  const { headSha } = await village.agentPull('copilot/held', goodFiles('held'))
  await ci.report(headSha, { conclusion: null, event: 'pull_request', held: true })
  await ci.reportAs(headSha, { app: 'signed-off', name: 'DCO', conclusion: 'success' })
  await says(headSha, /ended with action_required\. Somebody with write access looks at it, and lets it run/)
  await village.stage.settle()
  expect(village.run('gates', headSha)?.conclusion).toBe('failure')
  await ci.report(headSha, { conclusion: 'success', event: 'pull_request' })
  await village.becomes('gates', headSha, 'success')
})

test('T3, G17: CI that ran for another base says nothing for this one, until something is pushed', async () => {
  await open(policies.none)
  const { github } = village.stage
  // A base of the attacker's, where everything is green.
  await github.as('dev').push(repository, 'soft', { files: { 'docs/soft.md': '# Soft\n' } })
  const pull = await village.agentPull('copilot/moved', goodFiles('moved'), 'soft')
  await ci.report(pull.headSha, { conclusion: 'success', event: 'pull_request' })
  await village.becomes('gates', pull.headSha, 'success')
  const path = `/repos/${repository}/pulls/${pull.number}`
  await github.as('dev').api('PATCH', path, { base: 'main' })
  const run = await says(pull.headSha, /base branch was changed at this commit.*Push a commit/)
  expect(run.conclusion).toBe('failure')
  // A run that is run again merges what it merged before.
  await ci.report(pull.headSha, { conclusion: 'success', event: 'pull_request' })
  await village.stage.settle()
  expect(village.run('gates', pull.headSha)?.conclusion).toBe('failure')
  const files = { 'docs/moved.md': '# Moved\n\nIt was.\n' }
  const pushed = await github.as('ana').push(repository, 'copilot/moved', { files })
  await ci.report(pushed, { conclusion: 'success', event: 'pull_request' })
  await village.becomes('gates', pushed, 'success')
})

test('T15, T38: a check that the change writes with the token of CI, over the name of a failed job, hides nothing', async () => {
  await open(policies.named)
  const { headSha } = await village.agentPull('copilot/forged', goodFiles('forged'))
  await ci.report(headSha, { conclusion: 'failure', event: 'pull_request' })
  await says(headSha, /build` ended with failure/)
  await ci.reportAs(headSha, { app: 'github-actions', name: 'build', conclusion: 'success' })
  const run = await says(headSha, /the run itself` ended with failure/)
  expect(run.conclusion).toBe('failure')
})
