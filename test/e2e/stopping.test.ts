/**
 * The App is told to stop while its work waits for somebody who never answers: GitHub, git, the model, a command. Every
 * kind of work ends then and there, nothing is left behind, and the next start goes on (O6, S7).
 */
import { afterEach, expect, jest, test } from '@jest/globals'
import { editFile, handIn, session, turn } from '../../demo/scripts/session.ts'
import type { Stage } from '../../demo/stage.ts'
import { createUnsandboxedRunner } from '../../demo/unsandboxed.ts'
import type { Sandbox } from '../../src/core/ports.ts'
import { WorkItem } from '../../src/core/work.ts'
import { listeningLog } from '../support/listeningLog.ts'
import { epicText, storySessions } from './epicShop.ts'
import { commentOn, done, fixing, openFixTown, replace, turn as says } from './fixTown.ts'
import { factsOf, openRolloutTown } from './rolloutTown.ts'
import { townPolicy, repository as townRepository } from './town.ts'
import { diagnosis, openWorkshop, repository, review } from './workshop.ts'

jest.setTimeout(240_000)

const log = listeningLog()
const options = { log, stopGraceMs: 50 }
/** What was cut short, by kind of work. */
const stopped = new Set<string>()
let stage: Stage | null = null
afterEach(async () => {
  const open = stage
  stage = null
  await open?.close()
  expect(open?.github.violations ?? []).toEqual([])
})

/** Who does not answer: a route of GitHub's, a service of git's, or the model in a phase. */
type Silent = { route: string; method?: string } | { git: string } | { model: string }

/** Act, wait until the work waits in vain, and start the App anew: had a job not ended, the log would say so. */
async function stopAt(of: string, silent: Silent, act: () => Promise<unknown>): Promise<void> {
  const here = stage as Stage
  let reached = false
  const stall = {
    at: 'received' as const,
    reached: () => {
      reached = true
    },
  }
  if ('model' in silent) here.model.faults.stall({ ...stall, when: ({ phase }) => phase === silent.model })
  else {
    const [template, method] = 'git' in silent ? [silent.git] : [silent.route, silent.method]
    here.github.faults.stall({
      ...stall,
      when: (one) => one.template === template && (method ?? one.method) === one.method,
    })
  }
  await act()
  await here.until(`${of} to wait for ${JSON.stringify(silent)}`, () => (reached ? true : undefined), 60_000)
  await here.restart()
  expect(log.said.filter((one) => /left behind/.test(one))).toEqual([])
  stopped.add(of)
}
const nothing = async () => undefined

test('O6, S7: sessions, plans, pushes, readings of CI, rounds and reactions end when the App is told to stop', async () => {
  const write = (phase: string, from: string, to: string, deliverable: object) =>
    session(
      { phase },
      turn('I change the price.', editFile('src/price.mjs', `'${from}'`, `'${to}'`)),
      turn('Done.', handIn(deliverable)),
    )
  const shop = await openWorkshop({
    ...options,
    ci: `grep -Eq "'5'|'5[.]00'" src/price.mjs || { echo 'error: wrong decimals'; exit 1; }`,
    sessions: [
      diagnosis,
      write('implementation', '5', '5.0', { summary: 'Changed the price.', notes: [] }),
      review,
      write('repair', '5.0', '5.00', { summary: 'Changed the price.' }),
    ],
  })
  stage = shop.stage
  let issue = 0
  await stopAt('reconcile', { route: '/graphql' }, async () => {
    issue = await shop.delegate()
  })
  await stopAt('session', { model: 'diagnosis' }, nothing)
  await stopAt('issuePlan', { git: 'git-receive-pack' }, nothing)
  await stopAt('issuePlan', { route: '/repos/{owner}/{repo}/pulls', method: 'POST' }, nothing)
  await stopAt('acknowledge', { route: '/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions' }, () =>
    shop.ana.comment(repository, issue, '/agent status'),
  )
  await stopAt('push', { git: 'git-receive-pack' }, () => shop.approvePlan())
  await stopAt('readCi', { route: '/repos/{owner}/{repo}/actions/jobs/{job_id}/logs' }, nothing)
  const pull = await shop.pull()
  await shop.stage.until('ready for review', () => (pull.draft ? undefined : true), 120_000)
  expect(shop.stage.model.unmatched).toEqual([])
})

test('O6, S7: the opening of an epic’s issues ends when the App is told to stop', async () => {
  const shop = await openWorkshop({ ...options, sessions: storySessions })
  stage = shop.stage
  const epic = await shop.ana.openIssue(repository, { title: 'Proper prices', body: epicText })
  for (const label of ['epic', 'agent']) await shop.ana.label(repository, epic.number, label)
  const shown = await shop.commentWith(epic.number, /would be split into 2 issue/)
  const digest = /shown here whole as `([0-9a-f]{8})`/.exec(shown)?.[1]
  await stopAt('openChildren', { route: '/repos/{owner}/{repo}/issues', method: 'POST' }, () =>
    shop.ana.comment(repository, epic.number, `/agent start ${digest}`),
  )
  const children = () =>
    [...shop.stage.github.state.issues.values()].filter(({ parentId }) => parentId === epic.id)
  await shop.stage.until('both children', () => (children().length === 2 ? true : undefined), 120_000)
})

test('O6, S7: evidence and fixes end when the App is told to stop', async () => {
  const plain = createUnsandboxedRunner()
  let running = 0
  const sandbox: Sandbox = {
    selfTest: plain.selfTest,
    async run(request, signal) {
      running += 1
      return plain.run(request, signal).finally(() => {
        running -= 1
      })
    },
  }
  const endless = 'test ! -e src/slow.mjs || exec sleep 600'
  const policy = `${townPolicy}commands:\n  lint: { run: "${endless}" }\n`
  const town = await openFixTown(policy, { ...options, sandbox })
  stage = town.stage
  town.script(fixing('rename it', says(replace('ten =', 'tenth =')), says(done())))
  await stopAt('collect', { git: 'git-upload-pack' }, () => town.change('fetched'))
  await town.stage.settle()
  const pull = await town.change('fixed')
  await town.stage.settle()
  const comment = await commentOn(town, pull, town.ana, { line: 10 }, 'Please rename it.')
  await stopAt('fix', { model: 'fix' }, () =>
    town.ben.reply(townRepository, pull.number, comment, '/agent fix'),
  )
  await stopAt('fix', { git: 'git-receive-pack' }, nothing)
  await pull.reply(comment, /Fixed in/)

  await town.change('slow', { 'src/slow.mjs': 'export const slow = 1\n' })
  await town.stage.until('the slow command', () => (running > 0 ? true : undefined))
  await town.stage.app.stop()
  expect(log.said.filter((one) => /left behind/.test(one))).toEqual([])
  expect(running).toBe(0)
})

test('O6, S7: an alert ends when the App is told to stop, and is not sent twice', async () => {
  const town = await openRolloutTown({ stage: options })
  try {
    town.service.silentChannel = true
    town.service.usually = { health: 503 }
    await town.ship('sick')
    await town.stage.until('the alert to wait for its channel', () =>
      town.service.unanswered > 0 ? true : undefined,
    )
    await town.stage.restart()
    expect(log.said.filter((one) => /left behind/.test(one))).toEqual([])
    stopped.add('alert')
    town.service.silentChannel = false
    const sent = await town.stage.until('its record', async () =>
      factsOf(await town.factsIn('staging'), 'alert.sent').at(-1),
    )
    expect(sent.body).toMatchObject({
      ok: false,
      sentence: expect.stringMatching(/whether it arrived is not known/),
    })
    expect(town.service.alerts).toEqual([])
  } finally {
    await town.close()
  }
})

test('no kind of work is left out', () => {
  // Releasing worktrees removes folders and waits for nobody.
  const kinds = WorkItem.options.map((option) => option.shape.kind.value).filter((kind) => kind !== 'release')
  expect([...stopped].sort()).toEqual([...kinds, 'acknowledge', 'reconcile'].sort())
})
