/** People change, close, move and delete what a task stands on, in each of its phases: every case has its sentence. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { editFile, handIn } from '../../demo/scripts/session.ts'
import { emitIssue } from '../../world/github/ops/issues.ts'
import { issuePayload } from '../../world/github/views/hook.ts'
import { repository as repositoryView } from '../../world/github/views/repo.ts'
import type { GitHubState } from '../../world/index.ts'
import { openWorkshop, plan, repository, type Workshop } from './workshop.ts'

// A story has dozens of rounds, git pushes and CI runs: on a busy machine it takes a minute.
jest.setTimeout(300_000)

/** The moments of a task: a session at work is held until it was disturbed. */
const moments = ['diagnosis', 'plan', 'implementation', 'ready'] as const
type Moment = (typeof moments)[number]

let shop: Workshop
/** Sessions that wait to answer, by phase. */
let held: Map<string, () => void>
let holds: ReadonlySet<string>

const answers: Record<string, { name: string; input: unknown }[]> = {
  diagnosis: [handIn(plan)],
  implementation: [
    editFile('src/price.mjs', "'5'", "'5.00'"),
    handIn({ summary: 'Two decimals.', notes: [] }),
  ],
  review: [handIn({ summary: 'It prints two decimals.', findings: [] })],
}

beforeEach(async () => {
  written.clear()
  held = new Map()
  holds = new Set()
  shop = await openWorkshop({
    sessions: [],
    async improvise({ phase, subject }) {
      const place = `${phase} ${subject}`
      if (holds.has(place)) await new Promise<void>((resolve) => held.set(place, resolve))
      const calls = answers[phase ?? ''] ?? []
      return { toolUse: calls.slice(phase === 'implementation' && (await isWritten(subject)) ? 1 : 0) }
    },
  })
})
afterEach(async () => {
  for (const go of held.values()) go()
  await shop.close()
  expect(shop.stage.github.violations).toEqual([])
})

/** A session that was begun twice finds its own edit: the stand-in then only hands in. */
const written = new Set<string>()
async function isWritten(subject: string | null): Promise<boolean> {
  const before = written.has(subject ?? '')
  written.add(subject ?? '')
  return before
}

const pullOf = (issue: number) =>
  [...shop.stage.github.state.pulls.values()].find((one) => one.headRef.startsWith(`agent/${issue}-`))
const comments = (number: number) => shop.comments(number).join('\n---\n')

/** A new task, brought to a moment. */
async function bring(moment: Moment): Promise<number> {
  const number = shop.stage.github.repo(repository).nextNumber
  const hold = (phase: string) => `${phase} ${repository}#${number}`
  holds = new Set([hold('diagnosis'), hold('implementation')].filter((one) => one.startsWith(moment)))
  expect(await shop.delegate()).toBe(number)
  const reached = (what: string, look: () => unknown) =>
    shop.stage.until(`#${number} at ${what}`, () => look() || undefined, 120_000)
  if (moment === 'diagnosis') await reached(moment, () => held.has(hold('diagnosis')))
  else {
    const run = (await reached('the plan', () =>
      [...shop.stage.github.state.checkRuns.values()].find(
        (one) =>
          one.name === 'countersign/plan' &&
          one.headSha === pullOf(number)?.headSha &&
          one.conclusion === 'action_required',
      ),
    )) as GitHubState.CheckRun
    if (moment !== 'plan')
      await shop.ana.press(run.id, run.actions.find(({ label }) => label === 'Approve')?.identifier ?? '')
    if (moment === 'implementation') await reached(moment, () => held.has(hold('implementation')))
    if (moment === 'ready') await reached(moment, () => pullOf(number)?.draft === false)
  }
  return number
}

/** Let a held session go on, and wait until nothing is under way. */
async function rest(): Promise<void> {
  holds = new Set()
  for (const go of held.values()) go()
  held.clear()
  await shop.stage.settle()
}

/** The issue as GitHub no longer shows it, with the event that says so. */
async function remove(number: number, action: 'deleted' | 'transferred'): Promise<void> {
  const { state } = shop.stage.github
  const issue = [...state.issues.values()].find((one) => one.number === number) as GitHubState.Issue
  const { site } = shop.stage.github
  const moved = {
    changes: {
      new_issue: issuePayload(site, issue),
      new_repository: repositoryView(site, shop.stage.github.repo(repository)),
    },
  }
  await emitIssue(site, issue, action, shop.ana.account, action === 'transferred' ? moved : {})
  state.issues.delete(issue.id)
  for (const one of state.comments.values()) if (one.issueId === issue.id) state.comments.delete(one.id)
}

type Row = [
  what: string,
  disturb: (issue: number) => Promise<unknown>,
  /** Where the sentence stands at each moment, or null when the work simply goes on to its end. */
  sentences: Partial<Record<Moment, { on: 'issue' | 'pull'; says: RegExp } | null>>,
]
const onIssue = (says: RegExp) => ({ on: 'issue' as const, says })
const onPull = (says: RegExp) => ({ on: 'pull' as const, says })
const closed = /The issue is closed, so the work rests; #\d+ stays as it is\. Reopen it to go on/
const pullClosed = /Pull request #\d+ was closed, so the work is over\. Reopen it .* set the label again/
const branchOf = (issue: number) => pullOf(issue)?.headRef ?? ''

const rows: Row[] = [
  [
    'edited',
    (issue) => shop.ana.editIssue(repository, issue, { body: 'Something else.', title: 'Else' }),
    { diagnosis: null, plan: null, implementation: null, ready: null },
  ],
  [
    'relabelled: the label is taken away',
    (issue) => shop.ana.unlabel(repository, issue, 'agent'),
    { diagnosis: null, plan: null, implementation: null, ready: null },
  ],
  [
    'closed',
    (issue) => shop.ana.closeIssue(repository, issue),
    {
      diagnosis: onIssue(/The issue is closed\. Reopen it to go on/),
      plan: onIssue(closed),
      implementation: onIssue(closed),
      ready: onIssue(closed),
    },
  ],
  ...(['deleted', 'transferred'] as const).map(
    (action): Row => [
      action,
      (issue) => remove(issue, action),
      {
        plan: onPull(/was deleted or moved to another repository, so the agent does nothing more here/),
        implementation: onPull(/was deleted or moved to another repository/),
        ready: onPull(/was deleted or moved to another repository/),
      },
    ],
  ),
  [
    'its branch deleted',
    (issue) => shop.ana.api('DELETE', `/repos/${repository}/git/refs/heads/${branchOf(issue)}`),
    { plan: onIssue(pullClosed), implementation: onIssue(pullClosed), ready: onIssue(pullClosed) },
  ],
  [
    'its branch force-pushed',
    (issue) =>
      shop.ana.push(repository, branchOf(issue), {
        files: { 'src/mine.mjs': 'export const mine = 1\n' },
        base: 'main',
        force: true,
      }),
    {
      plan: onIssue(/plan commit `?\w+`? is not in this branch exactly once.*Put the branch back/s),
      implementation: onIssue(
        /no longer holds \w+: somebody else pushed to it, so nothing was overwritten\. Put the branch back/,
      ),
      ready: onIssue(/waits for review/),
    },
  ],
]

describe.each(moments)('P7, D4: while the task is at %s', (moment) => {
  test(`the issue edited, closed, moved, deleted, relabelled, the branch deleted or force-pushed: each has its sentence`, async () => {
    const failures: string[] = []
    for (const [what, disturb, sentences] of rows) {
      const expected = sentences[moment]
      if (expected === undefined && moment === 'diagnosis' && what.startsWith('its branch')) continue
      const issue = await bring(moment)
      const before = pullOf(issue)
      await disturb(issue)
      // What people did has been told before the session goes on.
      await shop.stage.github.idle()
      await rest()
      const pull = pullOf(issue)
      if (expected) {
        const number = expected.on === 'issue' ? issue : (pull?.number ?? 0)
        const look = () => (expected.says.test(comments(number)) ? true : undefined)
        await shop.stage.until(`${expected.says} on #${number}`, look, 60_000).catch((error: Error) => {
          failures.push(`${what}: ${error.message}; #${number} has\n${comments(number)}`)
        })
        if (what !== 'its branch force-pushed' && pull?.headSha !== before?.headSha)
          failures.push(`${what}: the branch was moved all the same`)
        if (pull && moment !== 'ready' && pull.draft !== true)
          failures.push(`${what}: the draft was finished`)
      } else if (expected === null && moment !== 'diagnosis' && moment !== 'plan') {
        await shop.stage
          .until(
            `${what}: the work to go on`,
            () => (pullOf(issue)?.draft === false ? true : undefined),
            120_000,
          )
          .catch((error: Error) => failures.push(`${error.message}; ${comments(issue)}`))
      } else if (expected === null) {
        await shop.stage
          .until(`${what}: the plan`, () => pullOf(issue), 120_000)
          .catch((error: Error) => failures.push(`${error.message}; ${comments(issue)}`))
      }
    }
    expect(failures).toEqual([])
  })
})

test('A2, P7: after its branch was deleted, setting the label again makes branch, plan and pull request anew', async () => {
  const issue = await bring('plan')
  const first = pullOf(issue)
  await shop.ana.api('DELETE', `/repos/${repository}/git/refs/heads/${branchOf(issue)}`)
  await shop.stage.settle()
  await shop.ana.unlabel(repository, issue, 'agent')
  await shop.ana.label(repository, issue, 'agent')
  const again = await shop.stage.until(
    'another pull request',
    () =>
      [...shop.stage.github.state.pulls.values()].find(
        (one) => one.headRef === first?.headRef && one.number !== first?.number,
      ),
    120_000,
  )
  expect(again.draft).toBe(true)
})
