/** The rules of a merge queue's group over whole snapshots: every step somebody's, every entry green, CI on the group (T10). */
import { describe, expect, test } from '@jest/globals'
import type { CommitBody, EvidenceRequest, EvidenceResult } from '../../src/core/evidence.ts'
import { groupSteps, hintedNumber } from '../../src/core/mergeGroup.ts'
import type { GroupEntry, GroupSnapshot } from '../../src/core/snapshot/group.ts'
import type { Policy } from '../../src/policy/schema.ts'
import { check, decide, isOver, judge } from '../../src/subjects/group.ts'
import {
  app,
  commit,
  dana,
  erik,
  evidenceOf,
  factsFrom,
  fay,
  greenCi,
  policyOf,
  pullSnapshot,
  repository,
  sha,
} from '../support/snapshots.ts'
import { type Play, play, press } from './rounds.ts'

const head = sha('group')
const tip = sha('base')
const key = `group:${repository.name}@${head}`
const policy = { gates: { ci: { workflows: [{ path: '.github/workflows/ci.yml' }] } } }

/** A pull request that everybody who must has approved, as its rounds leave it. */
function approved(): Play {
  const presses = (start: Play, name: 'plan' | 'review', ...people: (typeof dana)[]) =>
    people.reduce((done, by) => play(press(done, by, name, 'a')), start)
  return presses(presses(play({ policy }), 'plan', dana), 'review', dana, erik, fay)
}
const alone = approved()
/** The same, with the group on its record. */
const joined = { kind: 'group.joined', group: key, head: sha('head') } as const
const green = { parts: { ...alone.parts, facts: [...(alone.parts.facts ?? []), { body: joined }] } }

interface Parts extends Partial<GroupSnapshot<Policy>> {
  commits?: CommitBody[] | null
  /** What git computes for the merge of the entry; null is a conflict, undefined not collected. */
  tree?: string | null
  more?: [EvidenceRequest, EvidenceResult][]
}
const step = (parts: Partial<CommitBody> = {}) =>
  commit('group', { parents: [tip, sha('head')], message: 'Merge pull request #34', ...parts })

function group(parts: Parts = {}): GroupSnapshot<Policy> {
  const { commits = [commit('head'), step()], tree = step().tree, more = [], ...rest } = parts
  const pull = pullSnapshot(green.parts)
  const entry: GroupEntry<Policy> = {
    step: { commit: head, tree: step().tree, onto: tip, merges: sha('head'), message: 'm' },
    pulls: [pull],
    landed: false,
  }
  const requested = {
    kind: 'group.requested' as const,
    head,
    baseRef: 'main',
    base: tip,
    headRef: 'refs/heads/gh-readonly-queue/main/pr-34-0',
  }
  const facts = factsFrom(key, [{ body: requested }])
  const read: [EvidenceRequest, EvidenceResult][] = [
    ...(commits
      ? [
          [
            { kind: 'commits', base: tip, head },
            { ok: true, body: { commits } },
          ] as [EvidenceRequest, EvidenceResult],
        ]
      : []),
    [
      { kind: 'mergeTree', first: tip, second: sha('head') },
      { ok: true, body: { tree, mergeBase: tip } },
    ],
    ...more,
  ]
  return {
    key,
    nowMs: 10_000,
    missing: [],
    app,
    repository,
    policy: { ok: true, policy: policyOf(policy), sha: tip, source: 'repository' },
    head,
    requested: facts[0] as GroupSnapshot['requested'],
    destroyed: false,
    base: { ref: 'main', tip },
    entries: [entry],
    runs: [],
    ci: [greenCi(head, { event: 'merge_group' })],
    facts,
    evidence: evidenceOf(read),
    ...rest,
  }
}
const [only] = group().entries as [GroupEntry<Policy>]
const observedAs = (state: string) =>
  state === 'in_progress'
    ? { status: 'in_progress' as const, conclusion: null }
    : { status: 'completed' as const, conclusion: state }
const states = (snapshot: GroupSnapshot<Policy>) => {
  const verdicts = judge(snapshot)
  return [verdicts.plan, verdicts.gates, verdicts.review].map(({ verdict }) => verdict.state)
}
const says = (snapshot: GroupSnapshot<Policy>) => judge(snapshot).gates.verdict.sentence

test('T10, A5: an approved entry and green CI on the group are green, once, without buttons', () => {
  const snapshot = group()
  const actions = decide(snapshot, judge(snapshot))
  expect(states(snapshot)).toEqual(['pass', 'pass', 'pass'])
  expect(check(snapshot, actions)).toEqual([])
  const runs = actions.flatMap((action) => (action.kind === 'checkRun' ? [action.run] : []))
  expect(runs.map(({ name, sha: at, state, buttons }) => [name, at, state, buttons.length])).toEqual(
    ['plan', 'gates', 'review'].map((name) => [`countersign/${name}`, head, 'success', 0]),
  )
  const observed = runs.map((run, id) => ({
    ...run,
    id,
    status: 'completed' as const,
    conclusion: 'success',
  }))
  const again = group({ runs: observed })
  expect(decide(again, judge(again)).filter(({ kind }) => kind === 'checkRun')).toEqual([])
})

test.each<[string, Parts, string, RegExp]>([
  ['nothing was read of git', { commits: null }, 'wait', /being read from git/],
  [
    'the range is over the limit',
    {
      commits: null,
      more: [
        [
          { kind: 'commits', base: tip, head },
          { ok: false, reason: 'over 250' },
        ],
      ],
    },
    'fail',
    /over 250/,
  ],
  ['no entry was observed', { entries: [] }, 'wait', /are being read/],
  ['the entries are unknown', { entries: 'unknown' }, 'wait', /entries/],
  ['the checks are unknown', { ci: 'unknown' }, 'wait', /ci/],
  ['something is missing', { missing: ['The rules'] }, 'wait', /The rules/],
  ['a commit is nobody’s', { entries: [{ ...only, pulls: [] }] }, 'fail', /head of no open pull request/],
  [
    'a squash is nobody’s',
    { entries: [{ ...only, pulls: [], step: { ...only.step, merges: null } }] },
    'fail',
    /not those that rebase/,
  ],
  [
    'the entry has just been merged',
    { entries: [{ ...only, pulls: [], landed: true }] },
    'wait',
    /just been merged/,
  ],
  ['the tree is not the merge’s', { tree: sha('other') }, 'fail', /something else than the merge of #34/],
  ['the merge conflicts', { tree: null }, 'fail', /something else/],
  [
    'the branch has moved on',
    { commits: [step({ parents: [sha('elsewhere'), sha('head')] })] },
    'wait',
    /not built on the base branch/,
  ],
  [
    'a step has three parents',
    { commits: [step({ parents: [tip, sha('head'), sha('more')] })] },
    'fail',
    /more than two parents/,
  ],
  [
    'CI ran for another event',
    { ci: [greenCi(head, { event: 'push' })] },
    'wait',
    /on `merge_group` has not reported/,
  ],
  [
    'CI ran at another commit',
    { ci: [greenCi(sha('head'), { event: 'merge_group' })] },
    'wait',
    /has not reported/,
  ],
  ['CI never came', { ci: [], nowMs: 10 * 3_600_000 }, 'fail', /It had 120 minutes/],
  [
    'CI failed',
    { ci: [greenCi(head, { event: 'merge_group', conclusion: 'failure' })] },
    'fail',
    /ended with failure/,
  ],
  [
    'the policy is broken',
    { policy: { ok: false, mistakes: [], sentence: 'Line 3.', sha: tip } },
    'fail',
    /Line 3/,
  ],
  [
    'only Countersign merges',
    { policy: { ok: true, policy: policyOf({ merge: { mode: 'merge' } }), sha: tip, source: 'repository' } },
    'fail',
    /queue would merge past it/,
  ],
])('T10: not green when %s', (_, parts, state, sentence) => {
  const snapshot = group(parts)
  expect(states(snapshot)[1]).toBe(state)
  expect(says(snapshot)).toMatch(sentence)
  expect(check(snapshot, decide(snapshot, judge(snapshot)))).toEqual([])
})

test.each<[string, Partial<Play['parts']>, RegExp]>([
  ['was made a draft', { pull: { draft: true } }, /made a draft/],
  ['lost its approvals', { facts: [{ body: joined }] }, /Put it into the queue again/],
  ['has another title than the plan was approved for', { pull: { title: 'Another' } }, /queue again/],
  [
    'shares its head with another',
    { siblings: [pullSnapshot({ pull: { number: 35 } })] },
    /close all but one/,
  ],
  ['could not be read whole', { reviews: 'unknown' }, /read/],
])('T10: an entry that %s is not carried by the group', (_, parts, sentence) => {
  const pull = pullSnapshot({ ...green.parts, ...parts })
  const snapshot = group({ entries: [{ ...only, pulls: [pull] }] })
  const verdicts = judge(snapshot)
  expect(Object.values(verdicts).some((one) => 'verdict' in one && one.verdict.state !== 'pass')).toBe(true)
  expect(JSON.stringify(verdicts)).toMatch(sentence)
})

describe('the invariants of a green', () => {
  const wrongly = (parts: Parts) => {
    const actions = decide(group(), judge(group()))
    return check(group(parts), actions).join('\n')
  }
  test.each<[string, Parts, RegExp]>([
    ['S1', { entries: [] }, /S1 MergedApproved/],
    ['S1', { entries: [{ ...only, pulls: [] }] }, /belongs to no pull request/],
    ['S3', { head: sha('another') }, /S3 GreenMeansNow/],
    ['S9', { missing: ['x'] }, /S9 LessNeverPasses/],
    ['S4', { entries: [{ ...only, pulls: [pullSnapshot({ policy })] }] }, /S4 PushRevokes.*#34 of a group/],
  ])('%s: is refused for a group where it does not hold', (_, parts, sentence) => {
    expect(wrongly(parts)).toMatch(sentence)
  })
})

describe('the steps of a group', () => {
  const two = commit('two', { parents: [sha('one'), sha('b')] })
  const one = commit('one', { parents: [tip, sha('a')] })
  test('T10: from the tip of the base branch, whatever the payload calls the base', () => {
    const walked = groupSteps([commit('a'), commit('b'), one, two], tip, two.sha)
    expect(walked.ok && walked.steps.map(({ merges }) => merges)).toEqual([sha('a'), sha('b')])
  })
  test('a loop or a line without end stops', () => {
    const long = Array.from({ length: 120 }, (_, at) =>
      commit(`${at}`, { parents: [at ? sha(`${at - 1}`) : tip] }),
    )
    expect(groupSteps(long, tip, sha('119'))).toMatchObject({ ok: false, moved: false })
    const loop = commit('loop', { parents: [sha('loop')] })
    expect(groupSteps([loop], tip, loop.sha)).toMatchObject({ ok: false })
  })
  test('a hint is a number, of the title first, and of the branch for the last step alone', () => {
    const headRef = 'refs/heads/gh-readonly-queue/main/pr-7-0a'
    const of = (message: string, at = head) =>
      hintedNumber({ commit: at, tree: head, onto: tip, merges: null, message }, { head, headRef })
    expect(of('Add one (#34)\n\n(#35)')).toBe(34)
    expect(of('Add (#0) and (#x)')).toBe(7)
    expect(of('Add one', sha('step before'))).toBeNull()
  })
})

test('a group that GitHub gave up, or that has landed, or that nobody told us the end of, is over', () => {
  expect(isOver(group())).toBe(false)
  expect(isOver(group({ destroyed: true }))).toBe(true)
  expect(isOver(group({ commits: [] }))).toBe(true)
  expect(isOver(group({ nowMs: 8 * 3_600_000 }))).toBe(true)
  const gone = group({ destroyed: true })
  expect(decide(gone, judge(gone))).toEqual([])
})

test('O1: each entry has it on record once that it was in the group, and the group hears of it', () => {
  const joins = (snapshot: GroupSnapshot<Policy>) =>
    decide(snapshot, judge(snapshot)).filter((action) => action.kind === 'record')
  const untold = group({ entries: [{ ...only, pulls: [pullSnapshot(alone.parts)] }] })
  expect(joins(untold)).toMatchObject([
    { subject: only.pulls[0]?.key, body: { kind: 'group.joined', group: key } },
  ])
  // What changed before it was on record has reached nobody: the next round follows at once.
  expect(decide(untold, judge(untold))).toContainEqual({ kind: 'queue', subject: key })
  expect(joins(group())).toEqual([])
  expect(decide(group(), judge(group()))).not.toContainEqual({ kind: 'queue', subject: key })
})

test('T10: what changes at an entry is heard by every group that holds it, of the last hours', () => {
  const old = { ...joined, group: `group:${repository.name}@${sha('yesterday')}` }
  const behind = { ...joined, group: `group:${repository.name}@${sha('behind')}` }
  const nowMs = 8 * 3_600_000
  const facts = [
    { body: old, atMs: 0 },
    ...green.parts.facts.map((fact) => ({ ...fact, atMs: nowMs })),
    { body: behind, atMs: nowMs },
  ]
  const changed = play({ ...green.parts, facts, nowMs, people: new Map() })
  const queued = changed.actions.flatMap((action) => (action.kind === 'queue' ? [action.subject] : []))
  expect([...new Set(queued)].sort()).toEqual([key, behind.group].sort())
  // It may have stood for a moment since: while it does not, they hear at each look, though nothing is written any more.
  const unchanged = play(changed.parts).actions
  expect(unchanged.map(({ kind }) => kind)).toEqual(['queue', 'queue'])
  expect(play(play({ ...green.parts, facts, nowMs }).parts).actions).toEqual([])
})

test('S1: a green is taken back before another is written, since GitHub merges on what it sees in between', () => {
  const without = group({ ci: [] })
  const runs = decide(without, judge(without)).flatMap((action) =>
    action.kind === 'checkRun'
      ? [{ ...action.run, id: action.run.name.length, ...observedAs(action.run.state) }]
      : [],
  )
  const lost = pullSnapshot({ ...green.parts, facts: [{ body: joined }] })
  const snapshot = group({ runs, entries: [{ ...only, pulls: [lost] }] })
  const written = decide(snapshot, judge(snapshot)).flatMap((action) =>
    action.kind === 'checkRun' ? [[action.run.name, action.run.state]] : [],
  )
  expect(written).toEqual([
    ['countersign/plan', 'failure'],
    ['countersign/review', 'failure'],
    ['countersign/gates', 'success'],
  ])
})

test('T10: a press on an entry that nobody has answered yet may be a no, and holds the green', () => {
  const request = { kind: 'comment.unknown', commentId: 9, word: 'x', nearest: null } as const
  const facts = [...green.parts.facts, { actor: dana, body: request }]
  const asked = group({ entries: [{ ...only, pulls: [pullSnapshot({ ...green.parts, facts })] }] })
  expect(states(asked)).toEqual(['wait', 'wait', 'wait'])
  expect(says(asked)).toMatch(/being answered/)
})
