/** Our own task's pull request: the plan commit, the wait for the plan, and the delegator's approval (S2, T2, T43, A3). */
import { expect, test } from '@jest/globals'
import type { FactBody } from '../../src/core/facts.ts'
import { planDigest } from '../../src/core/plan.ts'
import { renderPlanMessage } from '../../src/core/planMessage.ts'
import { planFixture, recordFixture } from '../support/plan.ts'
import {
  bot,
  commit,
  dana,
  erik,
  factsFrom,
  fay,
  file,
  type SnapshotParts,
  sha,
} from '../support/snapshots.ts'
import { type Play, play, press } from './rounds.ts'

const record = recordFixture(
  planFixture({
    files: ['src/one.ts', 'test/one.test.ts', 'docs/one.md'].map((path) => ({
      path,
      change: 'modify' as const,
      why: 'it',
    })),
  }),
)
const branch = 'agent/12-one'
const planCommit = commit('plan', { message: renderPlanMessage(record), empty: true })

function own(riskClass: 'low' | 'high' = 'low'): SnapshotParts {
  const bundle = {
    goal: 'g',
    criteria: [{ statement: 's', passExample: 'p', failExample: 'f' }],
    constraints: ['c'],
    priorArt: ['#1'],
    riskClass,
  }
  const task: { body: FactBody }[] = [
    {
      body: {
        kind: 'bundle.frozen',
        delegation: 0,
        digest: 'a'.repeat(64),
        bundle,
        delegator: dana,
        title: 't',
      },
    },
    {
      body: {
        kind: 'plan.issued',
        digest: planDigest(record),
        commit: planCommit.sha,
        base: sha('base'),
        branch,
        record,
      },
    },
  ]
  return {
    pull: { author: bot, head: { sha: planCommit.sha, ref: branch, repositoryId: 7, fork: false } },
    gitCommits: [planCommit],
    files: [],
    task: { key: 'task:acme/widgets#12', issue: 12, facts: factsFrom('task:acme/widgets#12', task) },
  }
}

const work = commit('work', { parents: [planCommit.sha] })
const implemented = (parts: SnapshotParts, more: Partial<SnapshotParts> = {}): SnapshotParts => {
  const { files: _, ...rest } = parts
  return {
    ...rest,
    pull: { ...parts.pull, head: { sha: work.sha, ref: branch, repositoryId: 7, fork: false } },
    gitCommits: [planCommit, work],
    ...more,
  }
}
const state = (done: Play, name: string) => {
  const run = done.runs.filter((one) => one.name === `countersign/${name}`).at(-1)
  return run?.conclusion ?? run?.status
}

test('A1, S2: before the implementation only the plan asks; gates and review wait without buttons', () => {
  const done = play(own())
  expect([state(done, 'plan'), state(done, 'gates'), state(done, 'review')]).toEqual([
    'action_required',
    'in_progress',
    'in_progress',
  ])
  const approved = play(press(done, dana, 'plan', 'a'))
  expect(approved.verdicts.plan).toMatchObject({ approved: true, digest: planDigest(record) })
})

test('A2: the plan approval survives the push of the work; A3: team wants two engineers and the delegator', () => {
  const approved = play(press(play(own()), dana, 'plan', 'a'))
  let done = play(implemented(approved.parts))
  expect([state(done, 'plan'), state(done, 'gates')]).toEqual(['success', 'success'])
  for (const by of [erik, fay]) done = play(press(done, by, 'review', 'a'))
  expect(done.verdicts.review.verdict.sentence).toContain('**dana**, who delegated')
  expect(state(done, 'review')).toBe('action_required')
  done = play(press(done, dana, 'review', 'a'))
  expect(state(done, 'review')).toBe('success')
})

test('D2: high risk asks for the strict profile, where the requester does not count', () => {
  const done = play(press(play({ ...own('high'), policy: { seniors: ['erik'] } }), dana, 'plan', 'a'))
  expect(done.verdicts.plan.approved).toBe(false)
  expect(play(press(done, erik, 'plan', 'a')).verdicts.plan.approved).toBe(true)
})

test.each<[string, Partial<SnapshotParts>, string]>([
  ['T2: the plan commit is gone', { gitCommits: [work] }, 'exactly once (found 0 times)'],
  [
    'T43: a second plan beside it',
    {
      gitCommits: [
        planCommit,
        commit('other', { empty: true, message: renderPlanMessage({ ...record, nonce: 'f'.repeat(32) }) }),
        work,
      ],
    },
    'not issued for it',
  ],
  [
    'T43: its message with a trailer added',
    {
      gitCommits: [
        commit('plan', { empty: true, message: `${renderPlanMessage(record)}\nReviewed-by: me\n` }),
        work,
      ],
    },
    'found 0 times',
  ],
  [
    'P12, G10: a file outside the plan',
    { files: [file('src/other.ts')] },
    '`src/other.ts` is not in the plan',
  ],
])('%s: the plan check fails', (_, more, words) => {
  const approved = play(press(play(own()), dana, 'plan', 'a'))
  const done = play(implemented(approved.parts, more))
  expect(state(done, 'plan')).toBe('failure')
  expect(done.verdicts.plan.verdict.sentence).toContain(words)
})

test('A4: a rejected plan is told to the task with its reason, and a new plan is not blocked by it', () => {
  const start = play(own())
  const facts = [
    ...(start.parts.facts ?? []),
    {
      actor: dana,
      body: {
        kind: 'comment.command' as const,
        commentId: 3,
        on: 'pull' as const,
        verb: 'reject' as const,
        rest: 'plan too wide',
        bodyDigest: 'a'.repeat(64),
        viaApp: null,
      },
    },
  ]
  const done = play({ ...start.parts, facts })
  expect(done.verdicts.plan.rejection).toMatchObject({ by: dana, reason: 'too wide' })
  expect(
    done.actions.some((action) => action.kind === 'queue' && action.subject === 'task:acme/widgets#12'),
  ).toBe(true)
})
