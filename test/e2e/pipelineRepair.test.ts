/** Red CI on our own pull request, through the front door: read, repaired, capped, or left to people (P8). */
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { editFile, handIn, session, turn } from '../../demo/scripts/session.ts'
import { factsOf } from '../../src/core/facts.ts'
import { diagnosis, openWorkshop, review, shopPolicy, type Workshop } from './workshop.ts'

// A story has dozens of rounds, git pushes and CI runs: on a busy machine it takes a minute.
jest.setTimeout(180_000)

let shop: Workshop | null = null
afterEach(async () => {
  const open = shop
  shop = null
  await open?.close()
  expect(open?.stage.github.violations ?? []).toEqual([])
})

const write = (phase: string, match: object, from: string, to: string, summary = 'Changed the price.') =>
  session(
    { phase, ...match },
    turn('I change the price.', editFile('src/price.mjs', `'${from}'`, `'${to}'`)),
    turn('Done.', handIn(phase === 'implementation' ? { summary, notes: [] } : { summary })),
  )
const implementation = write('implementation', {}, '5', '5.0')
/** On the base the price is bare and CI passes; a wrong number of decimals fails. */
const ci = `printf 'checking\\n'; grep -Eq "'5'|'5[.]00'" src/price.mjs || { printf '\\033[31merror: price has the wrong decimals: %s\\033[0m\\n' "$(cat src/price.mjs)"; exit 1; }`

describe('P8: red CI on our own pull request', () => {
  test('P8: the failing log reaches a repair session, whose accepted candidate is pushed, and green CI ends the draft', async () => {
    shop = await openWorkshop({
      ci,
      sessions: [diagnosis, implementation, review, write('repair', { attempt: 1 }, '5.0', '5.00')],
    })
    const issue = await shop.delegate()
    const pull = await shop.approvePlan()
    await shop.stage.until('ready for review', () => (pull.draft ? undefined : true))
    const facts = await shop.facts(issue)
    const [red] = factsOf(facts, 'ci.red')
    expect(red?.body.jobs).toMatchObject([
      { name: 'test', workflowPath: '.github/workflows/ci.yml', conclusion: 'failure', onBase: 'passes' },
    ])
    expect(red?.body.jobs[0]?.log).toContain('error: price has the wrong decimals')
    expect(red?.body.jobs[0]?.log).not.toContain('\u001b')
    expect(red?.body.jobs[0]?.log).not.toMatch(/##\[|\d{4}-\d\d-\d\dT/)
    const asked = shop.stage.model.requests.find((one) => one.phase === 'repair')
    expect(JSON.stringify(asked?.body)).toContain('price has the wrong decimals')
    const pushes = factsOf(facts, 'work.pushed').map(({ body }) => body.phase)
    expect(pushes).toEqual(['implementation', 'repair'])
    expect(pull.headSha).toBe(factsOf(facts, 'work.pushed').at(-1)?.body.sha)
    // What only informs may be written some seconds later.
    await shop.stage.until('the progress comment', () =>
      /repair<\/span> \| accepted/.test((shop?.comments(issue) ?? []).join('\n')) ? true : undefined,
    )
  })

  test('P8 P3: a repair that leaves CI failing the same way ends in a hand-off with what CI said', async () => {
    shop = await openWorkshop({
      ci: `grep -Eq "'5'" src/price.mjs || { echo 'error: nothing is good enough'; exit 1; }`,
      sessions: [diagnosis, implementation, review, write('repair', {}, '5.0', '5.00')],
    })
    const issue = await shop.delegate()
    const pull = await shop.approvePlan()
    const comment = await shop.commentWith(issue, 'The repair of CI is handed to a person')
    expect(comment).toContain('CI fails exactly as it did before the repair')
    expect(comment).toContain('nothing is good enough')
    expect(comment).toContain('/agent retry')
    await shop.stage.settle()
    const facts = await shop.facts(issue)
    expect(factsOf(facts, 'work.pushed').filter(({ body }) => body.phase === 'repair')).toHaveLength(1)
    expect(pull.draft).toBe(true)
  })

  test('P8 P3: different failures go on until the cap of policy', async () => {
    shop = await openWorkshop({
      ci: `grep -Eq "'5'" src/price.mjs || { echo "error: wrong: $(tr '0-9' 'a-j' < src/price.mjs)"; exit 1; }`,
      policy: '',
      sessions: [
        diagnosis,
        implementation,
        review,
        write('repair', { attempt: 1 }, '5.0', '5.1'),
        write('repair', { attempt: 2 }, '5.1', '5.12'),
        write('repair', { attempt: 3 }, '5.12', '5.123'),
      ],
    })
    const issue = await shop.delegate()
    await shop.approvePlan()
    const comment = await shop.commentWith(issue, 'handed to a person')
    expect(comment).toContain('3 of 3 repairs were pushed and CI is still red')
    const second = shop.stage.model.requests.find((one) => one.phase === 'repair' && one.attempt === 2)
    expect(JSON.stringify(second?.body)).toContain('Before the last repair')
  })

  test('P8: a job that fails on the base too is not repaired; a person is told so', async () => {
    shop = await openWorkshop({
      ci: "echo 'error: the registry is down'; exit 1",
      sessions: [diagnosis, implementation, review],
    })
    const issue = await shop.delegate()
    await shop.approvePlan()
    const comment = await shop.commentWith(issue, 'fails on the base commit')
    expect(comment).toContain('the change is not the cause')
    await shop.stage.settle()
    expect(shop.stage.model.requests.filter((one) => one.phase === 'repair')).toEqual([])
    expect(shop.stage.model.unmatched).toEqual([])
  })

  test('P8: with rerun_flaky_ci failed jobs run once more before any repair, and never twice', async () => {
    shop = await openWorkshop({
      ci,
      policy: '',
      sessions: [diagnosis, implementation, review, write('repair', { attempt: 1 }, '5.0', '5.00')],
      files: { '.github/countersign.yml': shopPolicy('  rerun_flaky_ci: true') },
    })
    grantActions(shop)
    const issue = await shop.delegate()
    const pull = await shop.approvePlan()
    await shop.stage.until('ready for review', () => (pull.draft ? undefined : true))
    const facts = await shop.facts(issue)
    const kinds = facts.map(({ body }) => body.kind)
    expect(kinds.filter((kind) => kind === 'ci.rerun')).toHaveLength(1)
    expect(kinds.indexOf('ci.rerun')).toBeLessThan(kinds.indexOf('ci.red'))
    const [rerun] = factsOf(facts, 'ci.rerun')
    const attempts = shop.ci.runs(rerun?.body.sha).map((run) => run.attempts.length)
    expect(attempts).toEqual([2])
  })
})

/** The operator has given the App the further permission that rerunning needs. */
function grantActions({ stage }: Workshop): void {
  const { app, state } = stage.github
  app.permissions = { ...app.permissions, actions: 'write' }
  for (const one of state.installations.values()) one.permissions = { ...one.permissions, actions: 'write' }
}
