/** Where rules want signed commits: the whole story from label to merge, and a fix, with every commit one that GitHub signed. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, jest, test } from '@jest/globals'
import { chooseSandbox } from '../../demo/sandbox.ts'
import { demoScript } from '../../demo/scripts/story.ts'
import { openStage } from '../../demo/stage.ts'
import { steps, stoppedIssue } from '../../demo/steps/all.ts'
import { merge, review } from '../../demo/steps/approval.ts'
import { agentPull } from '../../demo/steps/planning.ts'
import { type Hands, hasDecided, runIs, type Step } from '../../demo/story.ts'
import { deliveredIssue, setTheatre, repository as story } from '../../demo/theatre.ts'
import { factsOf } from '../../src/core/facts.ts'
import { parsePlanMessage } from '../../src/core/planMessage.ts'
import type { PersonDriver } from '../../world/index.ts'
import { ledgerTemplate } from '../support/ledger.ts'
import { commentOn, done, fixing, openFixTown, replace, turn } from './fixTown.ts'
import { repository as town } from './town.ts'

// The story runs a dozen sessions and their commands; on a busy machine that takes minutes.
jest.setTimeout(900_000)

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

const fail = (why: string): never => {
  throw new Error(why)
}

const askForSignatures = (owner: PersonDriver, repository: string, include: string[]) =>
  owner.api('POST', `/repos/${repository}/rulesets`, {
    name: 'Signed commits only',
    target: 'branch',
    enforcement: 'active',
    conditions: { ref_name: { include, exclude: [] } },
    rules: [{ type: 'required_signatures' }],
  })

test('A5, S7, T43: from label to merge by a merge commit, every commit that lands is signed by GitHub, the plan among them', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-signed-'))
  open.push({ close: () => rm(directory, { recursive: true, force: true }) })
  const chosen = await chooseSandbox()
  open.push({ close: chosen.remove })
  const stage = await openStage({
    directory,
    ledgerTemplate,
    sandbox: chosen.sandbox,
    script: demoScript({ delivered: `${story}#${deliveredIssue}`, stopped: `${story}#${stoppedIssue}` }),
  })
  open.push(stage)
  const theatre = await setTheatre(stage, join(import.meta.dirname, '../../demo/repository'))
  await askForSignatures(stage.github.as('owner'), story, ['~ALL'])
  const hands: Hands = {
    say: () => undefined,
    async decide(invitation, _page, act, isDone) {
      await act()
      await stage.until(invitation, async () => ((await isDone()) ? true : undefined))
    },
  }
  /** Its review step holds a push by hand, which has no signature: here the change is approved as it is. */
  const approving: Step = {
    ...review,
    async play({ ana, ben, cleo }) {
      const { headSha, number } = agentPull(theatre) ?? fail('there is no pull request')
      for (const [person, login] of [
        [ben, 'ben'],
        [cleo, 'cleo'],
        [ana, 'ana'],
      ] as const) {
        const run = await runIs(theatre, 'countersign/review', headSha, 'action_required', 90_000)
        await person.press(run.id, theatre.identifier(run, 'Approve'))
        await stage.until(login, async () => (await hasDecided(theatre, number, login, headSha)) || undefined)
        await stage.settle()
      }
      return 'approved'
    },
  }
  for (const step of [...steps.slice(0, steps.indexOf(review)), approving, merge])
    await step.play(theatre, hands).catch(async (error: Error) => {
      const facts = await stage.app.ledger.facts(`task:${story}#${deliveredIssue}`)
      const last = facts.slice(-4).map(({ body }) => JSON.stringify(body).slice(0, 600))
      throw new Error(`step ${step.id}: ${error.message}\n${last.join('\n')}`, { cause: error })
    })
  await stage.settle()

  const pull = [...stage.github.state.pulls.values()].find(({ merged }) => merged)
  const landed = (await theatre.git('rev-list', `${pull?.mergeCommitSha}`, `^${pull?.mergeCommitSha}^1`))
    .trim()
    .split('\n')
  const parents = (await theatre.git('show', '-s', '--format=%P', `${pull?.mergeCommitSha}`))
    .trim()
    .split(' ')
  expect(parents).toHaveLength(2)
  expect(landed.length).toBeGreaterThanOrEqual(5)
  let plans = 0
  for (const sha of landed) {
    const shown = (await theatre.ana.api('GET', `/repos/${story}/commits/${sha}`)) as {
      commit: { verification: { verified: boolean } }
    }
    expect(shown.commit.verification.verified).toBe(true)
    const raw = await theatre.git('cat-file', 'commit', sha)
    if (parsePlanMessage(raw.slice(raw.indexOf('\n\n') + 2)).ok) plans += 1
  }
  expect(plans).toBe(1)
  const facts = await stage.app.ledger.facts(`task:${story}#${deliveredIssue}`)
  expect(factsOf(facts, 'plan.issued').every(({ body }) => body.signed)).toBe(true)
  for (const { body } of factsOf(facts, 'work.pushed')) expect(landed).toContain(body.sha)
  expect(await stage.app.ledger.verify()).toMatchObject({ ok: true })
  expect(stage.github.violations).toEqual([])
})

test('F2, F4, S10: a fix on a branch that takes signed commits only is made and signed by GitHub, and the reply names that commit', async () => {
  const fixTown = await openFixTown()
  open.push(fixTown)
  fixTown.script(
    fixing('call it signed', turn(replace('ten =', 'signed =')), turn(done('It is signed now.'))),
  )
  const pull = await fixTown.change('signed')
  const before = pull.head()
  await askForSignatures(fixTown.owner, town, ['~DEFAULT_BRANCH', 'refs/heads/work/**'])
  const comment = await commentOn(fixTown, pull, fixTown.ana, { line: 10 }, 'Please call it signed.')
  await fixTown.ben.reply(town, pull.number, comment, '/agent fix')
  const reply = await pull.reply(comment, /Fixed in/)
  await fixTown.stage.settle()
  expect(reply).toContain(pull.head())
  expect((await fixTown.git('rev-parse', `${pull.head()}^`)).trim()).toBe(before)
  expect(await fixTown.git('log', '-1', '--format=%cn', pull.head())).toBe('GitHub\n')
  expect((await pull.lines())[9]).toBe('export const signed = 10.5')
  const shown = await fixTown.ana.api('GET', `/repos/${town}/commits/${pull.head()}`)
  expect(shown).toMatchObject({ commit: { verification: { verified: true } } })
  expect(factsOf(await fixTown.facts(pull.key), 'fix.ended')[0]?.body.sha).toBe(pull.head())
  expect(fixTown.stage.github.violations).toEqual([])
})
