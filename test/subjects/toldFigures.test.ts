/** What a pull request's chain is told for the team's figures: when people were asked, and what gates caught, each once (O2). */
import { describe, expect, test } from '@jest/globals'
import type { Account } from '../../src/core/account.ts'
import type { FactBody } from '../../src/core/facts.ts'
import { decide, judge } from '../../src/subjects/pull.ts'
import {
  dana,
  erik,
  fay,
  file,
  goodFiles,
  gus,
  pullSnapshot,
  type SnapshotParts,
  sha,
} from '../support/snapshots.ts'
import { type Play, play, press } from './rounds.ts'

const merging = { merge: { mode: 'merge' }, approvals: { profile: 'solo' } } as const
const told = ({ parts }: Play) =>
  (parts.facts ?? []).flatMap(({ body }) =>
    body.kind === 'review.told' ? [`${body.state} ${body.sha}`] : [],
  )
const caught = ({ parts }: Play) =>
  (parts.facts ?? []).flatMap(({ body }) =>
    body.kind === 'gates.caught' ? body.gates.map(({ gate, state }) => `${gate} ${state} ${body.sha}`) : [],
  )
const approve = (after: Play, ...people: Account[]): Play =>
  people.reduce((done, by) => play(press(done, by, 'review', 'a')), after)
const head = sha('head')
const next = sha('next')
/** The same pull request with another commit pushed. */
const pushed = ({ parts }: Play): SnapshotParts => ({
  ...parts,
  runs: [],
  pull: { ...parts.pull, head: { sha: next, ref: 'copilot/one', repositoryId: 7, fork: false } },
})

describe('when people were asked, and what they said', () => {
  test('O2: asked once a pull request; approved once a commit; a pull request at rest is told nothing', () => {
    const asked = play({ policy: merging })
    expect(told(asked)).toEqual([`asked ${head}`])
    const plan = play(press(asked, dana, 'plan', 'a'))
    const done = approve(plan, dana)
    expect(told(done)).toEqual([`asked ${head}`, `approved ${head}`])
    expect(told(play(done.parts))).toEqual([`asked ${head}`, `approved ${head}`])
    const again = play(pushed(done))
    expect(told(again)).toEqual([`asked ${head}`, `approved ${head}`])
    expect(told(approve(again, erik)).at(-1)).toBe(`approved ${next}`)
  })

  test('O2: changes asked for are told, by button or by a review on GitHub', () => {
    const rejected = play(press(play({ policy: merging }), gus, 'review', 'r'))
    expect(told(rejected)).toEqual([`asked ${head}`, `rejected ${head}`])
    const native = play({
      policy: merging,
      reviews: [{ id: 3, author: fay, state: 'CHANGES_REQUESTED', sha: head, edited: false }],
    })
    expect(told(native)).toEqual([`rejected ${head}`])
  })

  test.each<[string, SnapshotParts]>([
    ['a draft', { policy: merging, pull: { draft: true } }],
    ['one that could not be read whole', { policy: merging, missing: ['the reviews'] }],
    ['one in shadow mode', { policy: { ...merging, enforce: false } }],
    [
      "a person's",
      {
        policy: merging,
        pull: { author: gus, head: { sha: head, ref: 'gus/one', repositoryId: 7, fork: false } },
        commits: [{ sha: head, authors: [gus], committer: gus }],
        pushers: [{ sha: head, by: gus }],
      },
    ],
  ])('O2: nobody is asked about %s, so nothing is told', (_name, parts) => {
    expect(told(play(parts))).toEqual([])
  })
})

describe('what gates caught', () => {
  const leaking = {
    files: [
      ...goodFiles(),
      file('src/key.ts', { added: [{ line: 1, text: `const key = "AKIA${'Q'.repeat(16)}"` }] }),
    ],
  }

  test('O2: each gate once a commit and state, failed and flagged, also of a draft', () => {
    const done = play({ policy: merging, ...leaking, pull: { draft: true } })
    const found = caught(done)
    expect(found.length).toBeGreaterThan(0)
    expect(found.filter((one) => one.startsWith('secrets'))).toHaveLength(1)
    expect(new Set(found).size).toBe(found.length)
    expect(caught(play(done.parts))).toEqual(found)
    const again = caught(play(pushed(done)))
    expect(again.slice(0, found.length)).toEqual(found)
    expect(again.slice(found.length).every((one) => one.endsWith(next))).toBe(true)
  })

  test('O2: what passes, and what waits, is no catch', () => {
    expect(caught(play({ policy: merging }))).toEqual([])
    const waiting = play({ policy: merging, bare: true })
    expect(waiting.verdicts.gates.results.map(({ verdict }) => verdict.state)).toContain('wait')
    expect(caught(waiting)).toEqual([])
  })

  test('S3: what could not be read whole catches nothing', () => {
    const partly = play({ policy: merging, ...leaking, missing: ['the reviews'] })
    expect(partly.verdicts.gates.results.map(({ verdict }) => verdict.state)).toContain('fail')
    expect(caught(partly)).toEqual([])
  })

  test('O2: a flag that somebody accepts was a flag, and is not told again', () => {
    const files = goodFiles().map((one) =>
      one.path.startsWith('test/') ? { ...one, status: 'deleted' as const } : one,
    )
    const flagged = play({ policy: merging, files })
    const flags = caught(flagged).filter((one) => one.includes(' flag '))
    expect(flags.length).toBeGreaterThan(0)
    const accepted = play(press(flagged, dana, 'gates', 'a'))
    expect(caught(accepted)).toEqual(caught(flagged))
  })

  test('S7: a head is told at most once a gate and state, however its verdicts go back and forth', () => {
    const body = (states: string[]): FactBody => ({
      kind: 'gates.caught',
      sha: head,
      gates: states.map((state) => ({ gate: 'secrets', state: state as 'fail' | 'flag' })),
    })
    const snapshot = pullSnapshot({ policy: merging, ...leaking, facts: [{ body: body(['fail', 'flag']) }] })
    const actions = decide(snapshot, judge(snapshot))
    const again = actions.flatMap((action) =>
      action.kind === 'record' && action.body.kind === 'gates.caught' ? action.body.gates : [],
    )
    expect(again.filter(({ gate }) => gate === 'secrets')).toEqual([])
  })
})

test('O6: what is told for the figures alone wakes nobody else', () => {
  const task = { key: 'task:acme/widgets#12', issue: 12, facts: [] }
  const asked = play({ policy: merging, task })
  expect(asked.actions).toContainEqual({ kind: 'queue', subject: task.key })
  const facts = (asked.parts.facts ?? []).filter(({ body }) => body.kind !== 'review.told')
  const snapshot = pullSnapshot({ ...asked.parts, facts, runs: asked.runs })
  const actions = decide(snapshot, judge(snapshot))
  expect(actions.map((action) => (action.kind === 'record' ? action.body.kind : action.kind))).toEqual([
    'review.told',
  ])
})
