/** The second App: it pushes and opens, the first one judges, and neither can do the other's part (design: Narrow tokens). */
import { afterEach, expect, jest, test } from '@jest/globals'
import { editFile, handIn, session, turn } from '../../demo/scripts/session.ts'
import { factsOf } from '../../src/core/facts.ts'
import { diagnosis, openWorkshop, repository, review, type Workshop } from './workshop.ts'

// A story has dozens of rounds, git pushes and CI runs: on a busy machine it takes a minute.
jest.setTimeout(180_000)

let shop: Workshop
afterEach(async () => {
  await shop.close()
  expect(shop.stage.github.violations).toEqual([])
})

const implementation = session(
  { phase: 'implementation' },
  turn('I change the price.', editFile('src/price.mjs', "'5'", "'5.00'")),
  turn('Done.', handIn({ summary: 'Changed the price.', notes: [] })),
)

test('A3, S6: pushes, commits and the pull request come from the drafting App; checks come from the other, and its bot approves nothing', async () => {
  shop = await openWorkshop({ drafter: true, sessions: [diagnosis, implementation, review] })
  const { github, drafter } = shop.stage
  const bot = github.state.accounts.get(drafter?.botId ?? 0)
  if (!bot) throw new Error('no drafting App')
  const issue = await shop.delegate()
  const pull = await shop.approvePlan()
  await shop.stage.until('ready for review', () => (pull.draft ? undefined : true))
  await shop.stage.settle()

  const opened = [...github.state.issues.values()].find((one) => one.pullId === pull.id)
  expect([opened?.authorId, opened?.viaAppId, pull.lastPusherId]).toEqual([bot.id, drafter?.id, bot.id])
  const { dir } = github.repo(repository)
  const commits = await github.site.git.log(dir, [`main..${pull.headSha}`])
  expect(commits).toHaveLength(2)
  for (const { author } of commits) expect(author.email).toContain(`${bot.id}+${bot.login}@`)
  const runs = [...github.state.checkRuns.values()].filter(({ name }) => name.startsWith('countersign/'))
  expect(new Set(runs.map(({ appId }) => appId))).toEqual(new Set([github.app.id]))

  const shown = await shop.stage.until('the review to be asked for', () => {
    const run = runs
      .filter(({ name, headSha }) => name === 'countersign/review' && headSha === pull.headSha)
      .at(-1)
    return run?.conclusion === 'action_required' ? run : undefined
  })
  const approve = shown.actions.find(({ label }) => label === 'Approve')
  await github.as(bot.login).press(shown.id, approve?.identifier ?? '')
  await shop.commentWith(pull.number, /is not a person/)
  const facts = await shop.stage.app.ledger.facts(`pull:${repository}#${pull.number}`)
  expect(factsOf(facts, 'decision').filter(({ body }) => body.by.id === bot.id)).toEqual([])

  // The solo profile asks for the one engineer, who is not the drafting App.
  await shop.ana.press(shown.id, approve?.identifier ?? '')
  await shop.stage.until('the review', () => {
    const run = [...github.state.checkRuns.values()].findLast(
      ({ name, headSha }) => name === 'countersign/review' && headSha === pull.headSha,
    )
    return run?.conclusion === 'success' ? run : undefined
  })
  await shop.ana.merge(repository, pull.number)
  await shop.stage.settle()
  expect([pull.merged, factsOf(await shop.facts(issue), 'incident')]).toEqual([true, []])
})
