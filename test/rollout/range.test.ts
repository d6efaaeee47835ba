/** T41 as a table: what may come along with a deployment, whoever merged it. */
import { describe, expect, test } from '@jest/globals'
import type { CommitBody, EvidenceRequest, EvidenceResult } from '../../src/core/evidence.ts'
import type { FactBody, FactOf } from '../../src/core/facts.ts'
import type { RangeStep } from '../../src/core/snapshot/rollout.ts'
import type { RevertBody } from '../../src/core/twoCommits.ts'
import { judgeRange, mostSteps, stepsOf } from '../../src/rollout/range.ts'
import { revertRequests } from '../../src/rollout/reverts.ts'
import { bot, commit, dana, evidenceOf, factsFrom, sha } from '../support/snapshots.ts'

const merged: FactBody = {
  kind: 'merged',
  head: sha('head'),
  merge: sha('merge'),
  landedOn: 'main',
  expected: 'main',
}
const agents: FactBody = { kind: 'origin.evidence', source: 'account', detail: 'copilot' }
const bypass: FactBody = { kind: 'incident', sentence: 'Merged by an administrator without approvals.' }

/** A line of commits after `base`; the messages of some. */
const line = (names: string[], messages: Record<string, string> = {}): CommitBody[] =>
  names.map((name, at) =>
    commit(name, { parents: [sha(names[at - 1] ?? 'base')], message: messages[name] ?? name }),
  )

function stepFor(
  name: string,
  parts: { bodies?: FactBody[] | null; pusher?: RangeStep['pusher']; landed?: string } = {},
): RangeStep {
  const { bodies = [agents, merged], pusher = null, landed = name } = parts
  const key = `pull:acme/widgets#${name}`
  const pulls = bodies
    ? [
        {
          number: name.charCodeAt(0),
          key,
          facts: factsFrom(
            key,
            bodies.map((body) => ({ body: body.kind === 'merged' ? { ...body, merge: sha(landed) } : body })),
          ),
        },
      ]
    : []
  return { sha: sha(name), pulls, pusher }
}

const failedWith = (...names: string[]): FactOf<'rollout.failed'> => ({
  ...(factsFrom('rollout:acme/widgets@production', [
    {
      body: {
        kind: 'rollout.failed',
        deployment: 1,
        sha: sha(names.at(-1) ?? ''),
        from: sha('base'),
        steps: names.map((name) => sha(name)),
        sentence: 'Errors.',
        keeps: null,
      },
    },
  ])[0] as FactOf<'rollout.failed'>),
})

/** Merges into main pass the gates, and no user is an agent's. */
const here = { protects: (branch: string) => branch === 'main', isAgent: () => false }

const whole: RevertBody = { strangers: [], settled: [], other: [] }
/** What git says of the reverts of a line: that they are true, unless told, or nothing yet. */
function shown(
  commits: CommitBody[],
  steps: RangeStep[],
  found: Record<string, Partial<RevertBody> | string | null>,
) {
  const requests = revertRequests(commits, steps)
  return evidenceOf(
    requests.flatMap((request): [EvidenceRequest, EvidenceResult][] => {
      const name = Object.keys(found).find((one) => sha(one) === request.commit)
      const one = name === undefined ? {} : found[name]
      if (one === null) return []
      if (typeof one === 'string') return [[request, { ok: false, reason: one }]]
      return [[request, { ok: true, body: { ...whole, ...one } }]]
    }),
  )
}

const judged = (
  names: string[],
  {
    messages = {},
    found = {} as Record<string, Partial<RevertBody> | string | null>,
    steps = names.map((name) => stepFor(name)),
    failures = [] as FactOf<'rollout.failed'>[],
  } = {},
) =>
  judgeRange({
    from: sha('base'),
    to: sha(names.at(-1) ?? 'base'),
    commits: line(names, messages),
    steps,
    failures,
    evidence: shown(line(names, messages), steps, found),
    ...here,
  })

const reverts = (name: string) => `Revert "${name}"\n\nThis reverts commit ${sha(name)}.`

describe('T41, R1: the range', () => {
  test('what was merged through the gates comes along, and whose work it is', () => {
    const {
      verdict,
      lines,
      agents: whose,
    } = judged(['a', 'b'], { steps: [stepFor('a'), stepFor('b', { bodies: [merged] })] })
    expect(verdict).toMatchObject({
      state: 'pass',
      sentence: expect.stringMatching(/2 steps on the way, each judged/),
    })
    expect(lines).toEqual([
      expect.stringMatching(/an agent's, approved/),
      expect.stringMatching(/a person's/),
    ])
    expect(whose).toEqual([{ number: 'a'.charCodeAt(0), head: sha('head') }])
  })

  test.each<[string, RangeStep, string, RegExp]>([
    [
      'never judged',
      stepFor('b', { bodies: [] }),
      'fail',
      /never judged #98. Revert it, and bring it in again.*`git revert/,
    ],
    [
      'its merge is not read back yet',
      stepFor('b', { bodies: [agents] }),
      'wait',
      /How #98 was merged is being read/,
    ],
    [
      'it got past the gates',
      stepFor('b', { bodies: [agents, merged, bypass] }),
      'fail',
      /got past the gates: Merged by an administrator.*Revert it first/,
    ],
    ['pushed directly by a person', stepFor('b', { bodies: null, pusher: dana }), 'pass', /each judged/],
    [
      'pushed directly by a bot',
      stepFor('b', { bodies: null, pusher: bot }),
      'fail',
      /past pull requests, and not from a person who is known/,
    ],
    ['pushed directly by nobody knows whom', stepFor('b', { bodies: null }), 'fail', /past pull requests/],
  ])('%s', (_, step, state, sentence) => {
    expect(judged(['a', 'b', 'c'], { steps: [stepFor('a'), step, stepFor('c')] }).verdict).toMatchObject({
      state,
      sentence: expect.stringMatching(sentence),
    })
  })

  test('T41: a commit on the way of a merged pull request was approved by nobody: only what it was merged as comes along', () => {
    const steps = [stepFor('a'), stepFor('b', { landed: 'c' })]
    expect(judged(['a', 'b'], { steps }).verdict).toMatchObject({
      state: 'fail',
      sentence: `It is a commit on the way of #98, which was judged and approved as a whole: deploy \`${sha('c').slice(0, 8)}\`, as which it was merged, or a later one.`,
    })
    const later = [...steps, stepFor('c', { landed: 'c' })]
    expect(judged(['a', 'b', 'c'], { steps: later }).verdict.state).toBe('pass')
    const alone = { from: null, to: sha('b'), commits: null, failures: [], ...here }
    const first = (step: RangeStep) => judgeRange({ ...alone, steps: [step], evidence: evidenceOf([]) })
    expect(first(stepFor('b', { landed: 'c' })).verdict.state).toBe('fail')
    expect(first(stepFor('b')).verdict.state).toBe('pass')
  })

  test('one bad step outweighs one that is being read', () => {
    const steps = [stepFor('a', { bodies: [agents] }), stepFor('b', { bodies: [] })]
    expect(judged(['a', 'b'], { steps }).verdict.state).toBe('fail')
  })

  test.each<[string, string[], Record<string, string>, string]>([
    ['what was rolled back', ['a', 'b', 'c'], {}, 'fail'],
    ['what was rolled back, the newest itself', ['a', 'b'], {}, 'fail'],
    ['rolled back and reverted', ['a', 'b', 'c', 'r'], { r: reverts('b') }, 'pass'],
    ['the wrong one reverted', ['a', 'b', 'c', 'r'], { r: reverts('c') }, 'fail'],
    ['a revert of the revert', ['a', 'b', 'r', 's'], { r: reverts('b'), s: reverts('r') }, 'fail'],
    [
      'reverted once more',
      ['a', 'b', 'r', 's', 't'],
      { r: reverts('b'), s: reverts('r'), t: reverts('s') },
      'pass',
    ],
    ['a revert only spoken of', ['a', 'b', 'c'], { c: `See: this reverts commit ${sha('b')}` }, 'fail'],
  ])('%s', (_, names, messages, state) => {
    const { verdict } = judged(names, { messages, failures: [failedWith('b')] })
    expect(verdict.state).toBe(state)
    if (state === 'fail')
      expect(verdict.sentence).toMatch(/part of what failed here.*Revert it first: `git revert /)
  })

  test('a revert that was reverted twice by two commits stands as the last one left it', () => {
    const messages = { r: reverts('b'), s: reverts('r'), t: reverts('b') }
    expect(judged(['a', 'b', 'r', 's', 't'], { messages, failures: [failedWith('b')] }).verdict.state).toBe(
      'pass',
    )
  })

  test.each<
    [
      string,
      string[],
      Record<string, string>,
      Record<string, Partial<RevertBody> | string | null>,
      string,
      RegExp,
    ]
  >([
    [
      'a revert that leaves something else',
      ['b', 'r'],
      { r: reverts('b') },
      { r: { other: ['src/a.ts'] } },
      'fail',
      /part of what failed here.*says that it takes it back, but undoing it leaves something else in `src\/a.ts`/,
    ],
    [
      'a revert of what was not there before it',
      ['b', 'r'],
      { r: reverts('b') },
      { r: { strangers: [sha('b')] } },
      'fail',
      /takes back what was not there/,
    ],
    [
      'a revert that git cannot read',
      ['b', 'r'],
      { r: reverts('b') },
      { r: 'Too much.' },
      'fail',
      /Too much\./,
    ],
    [
      'a revert that git has not read yet',
      ['b', 'r'],
      { r: reverts('b') },
      { r: null },
      'wait',
      /is being read from git/,
    ],
    [
      'a revert that settled conflicts by hand',
      ['b', 'c', 'r'],
      { r: reverts('b') },
      { r: { settled: ['src/a.ts'] } },
      'pass',
      /each judged/,
    ],
    [
      'a lie, and then a true revert',
      ['b', 'r', 's'],
      { r: reverts('b'), s: reverts('b') },
      { r: { other: ['src/a.ts'] } },
      'pass',
      /each judged/,
    ],
    [
      'a true revert, and somebody who only says that it is taken back',
      ['b', 'r', 's'],
      { r: reverts('b'), s: reverts('r') },
      { s: { other: ['src/a.ts'] } },
      'fail',
      /part of what failed here/,
    ],
    [
      'a revert of the revert that is only said to be taken back',
      ['b', 'r', 's', 't'],
      { r: reverts('b'), s: reverts('r'), t: reverts('s') },
      { t: { other: ['src/a.ts'] } },
      'fail',
      /part of what failed here/,
    ],
  ])('%s', (_, names, messages, found, state, sentence) => {
    expect(judged(names, { messages, found, failures: [failedWith('b')] }).verdict).toMatchObject({
      state,
      sentence: expect.stringMatching(sentence),
    })
  })

  test('a revert that settled conflicts by hand says where', () => {
    const { lines } = judged(['b', 'r'], {
      messages: { r: reverts('b') },
      found: { r: { settled: ['src/a.ts'] } },
      failures: [failedWith('b')],
    })
    expect(lines[0]).toMatch(/taken back by `\w+`, with conflicts settled by hand in `src\/a.ts`/)
  })

  test.each<[string, RangeStep]>([
    ['got past the gates', stepFor('b', { bodies: [agents, merged, bypass] })],
    ['was never judged', stepFor('b', { bodies: [] })],
    ['was pushed by a bot', stepFor('b', { bodies: null, pusher: bot })],
  ])('what %s comes along once it is taken back: nothing of it is left', (_, step) => {
    const steps = [step, stepFor('r')]
    expect(judged(['b', 'r'], { steps }).verdict.state).toBe('fail')
    expect(judged(['b', 'r'], { steps, messages: { r: reverts('b') } }).verdict.state).toBe('pass')
    const lie = judged(['b', 'r'], { steps, messages: { r: reverts('b') }, found: { r: { other: ['x'] } } })
    expect(lie.verdict.state).toBe('fail')
  })

  /** `b` failed; a pull request reverts it in `r`, goes on with `s`, and is merged as `m`, or rebased onto `b`. */
  const together = (found: Record<string, Partial<RevertBody> | null>, rebased = false) => {
    const m = commit('m', { parents: [sha('b'), sha('s')] })
    const commits = [...line(['b', 'r', 's'], { r: reverts('b') }), ...(rebased ? [] : [m])]
    const landed = rebased ? 's' : 'm'
    const own = (name: string): RangeStep => ({ ...stepFor('p', { landed }), sha: sha(name) })
    const steps = [stepFor('b'), ...(rebased ? [own('r'), own('s')] : [own('m')])]
    return judgeRange({
      from: sha('base'),
      to: sha(rebased ? 's' : 'm'),
      commits,
      steps,
      failures: [failedWith('b')],
      evidence: shown(commits, steps, found),
      ...here,
    }).verdict
  }

  test.each([
    ['merged', false, 'm'],
    ['rebased', true, 's'],
  ])('a revert counts only by what all of its pull request came to: %s', (_, rebased, last) => {
    expect(together({}, rebased).state).toBe('pass')
    expect(together({ [last]: null }, rebased).state).toBe('wait')
    expect(together({ [last]: { strangers: [sha('b')] } }, rebased).state).toBe('fail')
    expect(together({ r: { other: ['src/a.ts'] } }, rebased).state).toBe('fail')
    expect(together({ [last]: { other: ['src/a.ts'] } }, rebased)).toMatchObject({
      state: 'fail',
      sentence: expect.stringMatching(
        /takes it back, but `\w+`, by which it came in, leaves something else in `src\/a.ts`/,
      ),
    })
    const settled = together({ [last]: { settled: ['src/b.ts'] } }, rebased)
    expect(settled.state).toBe('pass')
  })

  test('several reverts of one pull request are undone together, and one that came last is looked at by itself', () => {
    const commits = [
      ...line(['a', 'b', 'r', 's'], { r: reverts('b'), s: reverts('a') }),
      commit('m', { parents: [sha('b'), sha('s')] }),
    ]
    const steps = [stepFor('a'), stepFor('b'), stepFor('m')]
    expect(revertRequests(commits, steps)).toEqual([
      { kind: 'revert', commit: sha('r'), of: [sha('b')] },
      { kind: 'revert', commit: sha('s'), of: [sha('a')] },
      { kind: 'revert', commit: sha('m'), onto: sha('b'), of: [sha('b'), sha('a')] },
    ])
    const squashed = line(['b', 'r'], { r: reverts('b') })
    expect(revertRequests(squashed, [stepFor('b'), stepFor('r')])).toHaveLength(1)
  })

  test('the command names the first parent of a merge', () => {
    const commits = [
      commit('m', { parents: [sha('base'), sha('side')] }),
      commit('side', { parents: [sha('base')] }),
    ]
    const { verdict } = judgeRange({
      from: sha('base'),
      to: sha('m'),
      commits,
      steps: [stepFor('m')],
      failures: [failedWith('m')],
      evidence: evidenceOf([]),
      ...here,
    })
    expect(verdict.sentence).toMatch(/`git revert -m 1 \w+`/)
  })

  test('reverts that name each other in every way end', () => {
    const names = Array.from({ length: 60 }, (_, at) => `s${at}`)
    const messages = Object.fromEntries(
      names.map((name, at) => [
        name,
        names
          .slice(Math.max(0, at - 20), at)
          .map(reverts)
          .join('\n'),
      ]),
    )
    expect(judged(names, { messages, failures: [failedWith('s0')] }).verdict.state).toMatch(/pass|fail/)
    const circle = { s0: reverts('s1'), s1: reverts('s0') }
    expect(judged(['s0', 's1'], { messages: circle, failures: [failedWith('s0')] }).verdict.state).toBe(
      'fail',
    )
  })

  test('every step of a failed range must be reverted, or none comes along', () => {
    const failures = [failedWith('a', 'b')]
    expect(judged(['a', 'b', 'r'], { messages: { r: reverts('b') }, failures }).verdict.state).toBe('fail')
    const messages = { r: reverts('b'), s: reverts('a') }
    expect(judged(['a', 'b', 'r', 's'], { messages, failures }).verdict.state).toBe('pass')
  })

  test('what merges bring from their branches is one step', () => {
    const side = commit('side', { parents: [sha('base')] })
    const merge = commit('m', { parents: [sha('a'), sha('side')] })
    expect(stepsOf([merge, side, ...line(['a'])], sha('m'))).toEqual([sha('a'), sha('m')])
  })

  test(`over ${mostSteps} steps are not judged at once`, () => {
    const names = Array.from({ length: mostSteps + 1 }, (_, at) => `s${at}`)
    expect(judged(names).verdict).toMatchObject({
      state: 'fail',
      sentence: expect.stringMatching(/101 steps.*at most 100.*nearer commit first/),
    })
    expect(judged(names.slice(0, mostSteps)).verdict.state).toBe('pass')
  })

  test('S9: nothing passes while git or GitHub is being read', () => {
    const to = sha('a')
    const input = {
      from: sha('base'),
      to,
      steps: [stepFor('a')],
      failures: [],
      evidence: evidenceOf([]),
      ...here,
    }
    expect(judgeRange({ ...input, commits: null }).verdict.state).toBe('wait')
    expect(judgeRange({ ...input, commits: line(['a']), steps: [] }).verdict.state).toBe('wait')
    expect(judgeRange({ ...input, commits: line(['a']), steps: [stepFor('b')] }).verdict.state).toBe('wait')
    // A walk that does not reach the commit has read something else.
    expect(judgeRange({ ...input, commits: [] }).verdict.state).toBe('wait')
  })

  test('commits that go round in a circle end', () => {
    const circle = [commit('a', { parents: [sha('b')] }), commit('b', { parents: [sha('a')] })]
    expect(stepsOf(circle, sha('a')).length).toBeLessThanOrEqual(3)
  })

  test('where nothing stands the commit itself is judged, and what failed is refused', () => {
    const input = { from: null, to: sha('a'), commits: [], failures: [], evidence: evidenceOf([]), ...here }
    const first = judgeRange({ ...input, steps: [stepFor('a')] })
    expect(first.verdict).toMatchObject({
      state: 'pass',
      sentence: expect.stringMatching(/Nothing that Countersign knows/),
    })
    expect(first.agents).toHaveLength(1)
    expect(
      judgeRange({ ...input, steps: [stepFor('a', { bodies: [agents, merged, bypass] })] }).verdict.state,
    ).toBe('fail')
    expect(judgeRange({ ...input, steps: [], failures: [failedWith('a')] }).verdict.sentence).toMatch(
      /failed here before/,
    )
  })
})
