/** What a task holds on disk goes when the task is over: merged, closed, or cut off by a crash (P7). */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, jest, test } from '@jest/globals'
import { handIn, session, turn } from '../../demo/scripts/session.ts'
import { diagnosis, openWorkshop, plan, repository, type Workshop } from './workshop.ts'

// A story has dozens of rounds, git pushes and CI runs: on a busy machine it takes a minute.
jest.setTimeout(180_000)

let shop: Workshop | null = null
afterEach(async () => {
  const open = shop
  shop = null
  await open?.close()
})

const kept = ({ stage }: Workshop) =>
  readdirSync(join(stage.directory, 'countersign', 'repositories', 'tickets')).map((name) =>
    name.replace(/-[0-9a-f]{16}$/, ''),
  )

test('P7: a closed pull request and a merged one leave no worktree behind', async () => {
  shop = await openWorkshop({
    // The round that says that it is over still writes; the next one, at the latest the sweep's, lets go of it.
    settings: { COUNTERSIGN_SWEEP_SECONDS: '5' },
    sessions: [session({ ...diagnosis.match }, turn('The price is bare.', handIn(plan)))],
  })
  const open = shop
  for (const end of ['closed', 'merged'] as const) {
    const issue = await open.delegate()
    const pull = await open.stage.until(`the pull request of #${issue}`, () =>
      [...open.stage.github.state.pulls.values()].find((one) => one.headRef.startsWith(`agent/${issue}-`)),
    )
    await open.stage.settle()
    expect(kept(open)).toEqual([`task-${issue}`])
    const path = `/repos/${repository}/pulls/${pull.number}`
    if (end === 'closed') await open.ana.api('PATCH', path, { state: 'closed' })
    // Whoever merges, and past whatever gate: the worktree is not needed any more.
    else await open.ana.push(repository, 'main', { sha: pull.headSha })
    await open.stage.until(`the worktree of the ${end} one to go`, () =>
      kept(open).length === 0 ? true : undefined,
    )
  }
})

test('P7, S7: what ended while the App was down loses its worktree at the next start, and what waits keeps its own', async () => {
  const ask = { name: 'ask', input: { questions: ['Which decimals?'] } }
  shop = await openWorkshop({ sessions: [session({ phase: 'diagnosis' }, turn('Which?', ask))] })
  const open = shop
  const [ended, waits] = [await open.delegate(), await open.delegate()]
  for (const issue of [ended, waits]) await open.commentWith(issue, 'Which decimals?')
  await open.stage.settle()
  expect(kept(open).sort()).toEqual([`task-${ended}`, `task-${waits}`])
  await open.stage.app.stop()
  await open.ana.closeIssue(repository, ended)
  await open.stage.restart()
  await open.stage.until('the worktree to go', () =>
    kept(open).includes(`task-${ended}`) ? undefined : true,
  )
  expect(kept(open)).toEqual([`task-${waits}`])
})
