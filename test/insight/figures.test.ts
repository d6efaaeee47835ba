/** Each figure on hand-made chains: what is counted, what is left out, and where there is nothing to divide. */
import { describe, expect, test } from '@jest/globals'
import { caught, notRecorded } from '../../src/insight/caught.ts'
import { changeFailure } from '../../src/insight/changeFailure.ts'
import { cost } from '../../src/insight/cost.ts'
import { features } from '../../src/insight/features.ts'
import { spread } from '../../src/insight/numbers.ts'
import { odds } from '../../src/insight/odds.ts'
import { weeksOf } from '../../src/insight/period.ts'
import { reviewTime } from '../../src/insight/reviewTime.ts'
import { rework } from '../../src/insight/rework.ts'
import { dana, erik, fay } from '../support/snapshots.ts'
import {
  approvedDeploy,
  at,
  chain,
  chains,
  classified,
  decision,
  ended,
  evidence,
  fixed,
  frozen,
  gates,
  judged,
  merged,
  opened,
  period,
  pull,
  pushed,
  repository,
  rollback,
  rollout,
  rolloutFailed,
  routed,
  started,
  task,
  told,
  windowEnded,
} from './story.ts'

const hour = 3_600_000

describe('numbers and weeks', () => {
  test.each([
    [[], null],
    [[5], { count: 1, median: 5, p75: 5 }],
    [[4, 1, 3, 2], { count: 4, median: 2.5, p75: 3.25 }],
    [[1, 100, 2], { count: 3, median: 2, p75: 51 }],
  ])('O2: the spread of %j', (values, expected) => expect(spread(values)).toEqual(expected))

  test('O2: the weeks of a period touch and never overlap, and a cut period begins with a short one', () => {
    const weeks = weeksOf(period)
    expect(weeks).toHaveLength(4)
    expect(weeks[0]?.fromMs).toBe(period.fromMs)
    expect(weeks.at(-1)?.toMs).toBe(period.toMs)
    for (const [index, week] of weeks.entries())
      if (index > 0) expect(week.fromMs).toBe((weeks[index - 1]?.toMs ?? 0) + 1)
    expect(weeksOf({ fromMs: at(18), toMs: at(28) }).map(({ fromMs }) => fromMs)).toEqual([
      at(18),
      at(21) + 1,
    ])
  })
})

describe('features per engineer per week', () => {
  test('O2: a merged task counts for who delegated it, in the week of its merge; hotfixes and the unknown apart', () => {
    const found = features(
      chains(
        task(1, [-40, frozen(dana)], [-40, routed('feature')], [-39, opened(11)]),
        pull(11, [2, merged()]),
        task(2, [1, frozen(erik)], [1, routed('hotfix')], [2, opened(12)]),
        pull(12, [3, merged()]),
        // Delegated twice: the later person's bundle is the one that was merged.
        task(3, [1, frozen(dana)], [8, frozen(erik)], [8, routed('feature')], [9, opened(13)]),
        pull(13, [27, merged()]),
        // Delegated and not merged, merged before the period, merged by nobody known, another agent's own.
        task(4, [5, frozen(fay)]),
        task(5, [-9, frozen(dana)], [-9, opened(15)]),
        pull(15, [-1, merged()]),
        task(6, [-2, opened(16)]),
        pull(16, [4, merged()]),
        pull(17, [4, evidence()], [5, merged()]),
        // Delegated again after the merge: that changes nothing about what was merged.
        task(8, [1, frozen(dana)], [1, opened(18)], [20, frozen(erik)], [20, routed('hotfix')]),
        pull(18, [9, merged()]),
      ),
    )
    expect(found).toMatchObject({ features: 3, hotfixes: 1, unknown: 1, engineers: 3 })
    expect(found.perEngineerWeek).toEqual({ part: 3, of: 12 })
    expect(found.weeks.map((week) => [week.features, week.hotfixes])).toEqual([
      [1, 1],
      [1, 0],
      [0, 0],
      [1, 0],
    ])
    expect(found.people).toEqual([
      { id: dana.id, login: 'dana', features: 2, hotfixes: 0, delegated: 2 },
      { id: erik.id, login: 'erik', features: 1, hotfixes: 1, delegated: 3 },
      { id: fay.id, login: 'fay', features: 0, hotfixes: 0, delegated: 1 },
    ])
  })

  test('O2: with nobody delegating there is nothing to divide by', () => {
    expect(features(chains()).perEngineerWeek).toEqual({ part: 0, of: 0 })
  })
})

describe('rework', () => {
  const looked = (number: number, ...more: Parameters<typeof pull>[1][]) =>
    pull(number, [0, evidence()], [1, told('asked')], ...more)

  test.each([
    ['a fix request that ended', [2, fixed()], 'fix'],
    ['a rejected review', [2, decision('countersign/review', 'reject')], 'rejection'],
    ['a plan rejected after the look', [2, decision('countersign/plan', 'reject')], 'rejection'],
    ['changes asked for in a review of GitHub', [2, told('rejected')], 'rejection'],
    ["a person's word", [2, classified('other', 'person')], 'said'],
  ] as const)('O2: %s is rework', (_name, entry, sign) => {
    const found = rework(chains(looked(1, [...entry]), looked(2, [3, merged()])))
    expect(found.reworked).toEqual({ part: 1, of: 2 })
    expect(found.merged).toBe(1)
    expect(found.signs[sign]).toBe(1)
  })

  test('O2: who asks for changes before being asked has looked all the same', () => {
    const early = pull(1, [0, evidence()], [1, told('rejected', 'a')], [2, told('asked', 'b')])
    expect(rework(chains(early))).toMatchObject({ reworked: { part: 1, of: 1 }, signs: { rejection: 1 } })
  })

  test('O2: what came before people looked is no rework: a plan sent back, a repair of the draft', () => {
    const found = rework(
      chains(
        task(1, [0, opened(11)], [0.5, pushed('repair')]),
        pull(11, [0.2, decision('countersign/plan', 'reject')], [1, told('asked')], [2, merged()]),
      ),
    )
    expect(found.reworked).toEqual({ part: 0, of: 1 })
  })

  test('O2: a repair of CI after people looked is', () => {
    const found = rework(
      chains(task(1, [0, opened(11)], [4, pushed('repair')]), pull(11, [1, told('asked')], [5, merged()])),
    )
    expect(found).toMatchObject({ reworked: { part: 1, of: 1 }, signs: { repair: 1, fix: 0 } })
  })

  test("O2: each reworked pull request has one cause: a person's last word before any session's, or none", () => {
    const found = rework(
      chains(
        looked(1, [2, fixed()], [2, classified('vague-spec', 'session')]),
        looked(
          2,
          [2, classified('scope-creep', 'person')],
          [3, fixed()],
          [3, classified('vague-spec', 'session')],
        ),
        looked(3, [2, classified('other', 'person')], [3, classified('wrong-pattern', 'person')]),
        looked(4, [2, fixed()]),
        looked(5),
      ),
    )
    expect(found.reworked).toEqual({ part: 4, of: 5 })
    expect(found.causes).toEqual([
      { cause: 'hallucinated-integration', pulls: 0 },
      { cause: 'vague-spec', pulls: 1 },
      { cause: 'scope-creep', pulls: 1 },
      { cause: 'wrong-pattern', pulls: 1 },
      { cause: 'other', pulls: 0 },
      { cause: 'unclassified', pulls: 1 },
    ])
  })

  test("O2: people's pull requests, and those first asked about in another period, are left out", () => {
    const found = rework(
      chains(
        pull(1, [1, told('asked')], [2, fixed()]),
        pull(2, [-5, evidence()], [-4, told('asked')], [1, told('asked', 'second')], [2, fixed()]),
        // Nothing tells when it was asked for: its merge says where it belongs.
        pull(3, [-5, evidence()], [-3, fixed()], [2, merged()]),
      ),
    )
    expect(found.reworked).toEqual({ part: 1, of: 1 })
  })
})

describe('change failure rate', () => {
  test('O2: failed over decided, in the environment that asks; what never stood and what is open are apart', () => {
    const found = changeFailure(
      chains(
        rollout('staging', [1, windowEnded(1, 'failed')], [1, rolloutFailed(1, true)]),
        rollout(
          'production',
          [-20, approvedDeploy()],
          [-1, windowEnded(1, 'failed')],
          [1, windowEnded(2, 'healthy')],
          [2, windowEnded(3, 'failed')],
          [2, rolloutFailed(3, true)],
          [2, rollback(3)],
          [3, rolloutFailed(4, false)],
          [4, windowEnded(5, 'superseded')],
          [5, windowEnded(6, 'held')],
          // Its canary failed, so that no window was opened; a person counted it as healthy later.
          [6, rolloutFailed(7, true)],
          [7, windowEnded(7, 'healthy')],
          // Held, then rolled back by a person.
          [8, windowEnded(8, 'held')],
          [9, rolloutFailed(8, true)],
        ),
      ),
    )
    expect(found.failed).toEqual({ part: 2, of: 4 })
    expect(found.environments).toEqual([
      {
        environment: 'production',
        asks: true,
        failed: { part: 2, of: 4 },
        rolledBack: 1,
        neverStood: 1,
        undecided: 2,
      },
      {
        environment: 'staging',
        asks: false,
        failed: { part: 1, of: 1 },
        rolledBack: 0,
        neverStood: 0,
        undecided: 0,
      },
    ])
  })

  test('O2: where nobody is asked, the only environment counts; among several none is taken for production', () => {
    const one = rollout('live', [1, windowEnded(1, 'healthy')])
    expect(changeFailure(chains(one)).failed).toEqual({ part: 0, of: 1 })
    expect(changeFailure(chains(one, rollout('other', [1, windowEnded(1, 'healthy')]))).failed).toBeNull()
    expect(changeFailure(chains()).failed).toBeNull()
  })

  test('O2: a deployment that GitHub called failed and that came up after all is judged by its window', () => {
    const late = rollout('live', [1, rolloutFailed(1, false)], [2, windowEnded(1, 'healthy')])
    expect(changeFailure(chains(late)).environments[0]).toMatchObject({
      failed: { part: 0, of: 1 },
      neverStood: 0,
    })
  })
})

describe('review time', () => {
  test('O2: from the first question to the yes for the merged commit, and to the merge', () => {
    const found = reviewTime(
      chains(
        pull(
          1,
          [0, evidence()],
          [1, told('asked', 'a')],
          [1.5, told('approved', 'a')],
          [2, told('asked', 'b')],
          [3, told('approved', 'b')],
          // Another commit was approved and taken back before the merge.
          [3.5, told('approved', 'c')],
          [4, merged('b')],
        ),
        pull(2, [-3, evidence()], [-2, told('asked')], [1, told('approved')], [2, merged()]),
        // Merged without a question on record, not merged, and merged in another period.
        pull(3, [1, evidence()], [2, merged()]),
        pull(4, [1, evidence()], [1, told('asked')]),
        pull(5, [-3, evidence()], [-2, told('asked')], [-1, merged()]),
        // Past the gates: merged although nobody had approved.
        pull(6, [1, evidence()], [1, told('asked')], [2, merged()]),
      ),
    )
    expect(found.measured).toEqual({ part: 3, of: 4 })
    expect(found.toApproval).toEqual({ count: 2, median: 60 * hour, p75: 66 * hour })
    expect(found.toMerge).toEqual({ count: 3, median: 72 * hour, p75: 84 * hour })
  })

  test('O2: nothing merged is no time', () => {
    expect(reviewTime(chains())).toEqual({ measured: { part: 0, of: 0 }, toApproval: null, toMerge: null })
  })
})

describe('what each gate caught', () => {
  test('O2: before the push by name, over the attempts that were judged', () => {
    const found = caught(
      chains(
        task(
          1,
          [1, judged('plan', 1, 'code', 'objections', { caught: ['citations'] })],
          [1, judged('plan', 2, 'code', 'objections', { caught: ['citations'] })],
          [1, judged('plan', 3, 'code', 'pass', { accepted: false })],
          [1, judged('plan', 3, 'validator', 'objections', { accepted: false })],
          [2, judged('implementation', 1, 'code', 'objections', { caught: ['lint', 'test'] })],
          [2, judged('implementation', 2, 'code', 'pass', { accepted: true })],
          [3, judged('implementation', 2, 'review', 'objections')],
        ),
        task(
          2,
          [-1, judged('plan', 1, 'code', 'objections', { caught: ['scope'] })],
          [1, judged('plan', 2, 'code', 'objections')],
          [1, judged('plan', 2, 'person', 'objections')],
        ),
      ),
    )
    expect(found.attempts).toEqual({ part: 6, of: 6 })
    expect(found.before).toEqual([
      { by: 'citations', attempts: { part: 2, of: 6 }, tasks: 1 },
      ...['lint', notRecorded, 'person', 'review session', 'test', 'validator'].map((by) => ({
        by,
        attempts: { part: 1, of: 6 },
        tasks: 1,
      })),
    ])
  })

  test("O2: on agents' pull requests once a commit, failed and flagged apart", () => {
    const found = caught(
      chains(
        pull(
          1,
          [1, evidence()],
          [1, gates('a', [{ gate: 'secrets', state: 'fail' }])],
          [1, gates('a', [{ gate: 'secrets', state: 'flag' }])],
          [2, gates('b', [{ gate: 'secrets', state: 'flag' }])],
        ),
        pull(2, [1, evidence()], [1, gates('a', [{ gate: 'ci', state: 'fail' }])]),
        pull(3, [1, evidence()], [1, told('asked')]),
        pull(4, [1, gates('a', [{ gate: 'ci', state: 'fail' }])]),
        pull(5, [-3, evidence()], [-2, gates('a', [{ gate: 'ci', state: 'fail' }])], [1, merged()]),
      ),
    )
    expect(found.pulls).toEqual({ part: 2, of: 4 })
    expect(found.onPulls).toEqual([
      { gate: 'secrets', failed: 1, flagged: 1, commits: 2 },
      { gate: 'ci', failed: 1, flagged: 0, commits: 1 },
    ])
  })
})

describe('odds of success by attempt', () => {
  test('O2: started, settled, accepted and taken back, by phase and number', () => {
    const failed = { outcome: { kind: 'failed', reason: 'The endpoint was down.' } as const }
    const found = odds(
      chains(
        task(
          1,
          [1, started('plan', 1)],
          [1, ended('plan', 1, failed)],
          [1, started('plan', 2)],
          [1, ended('plan', 2)],
          [1, judged('plan', 2, 'code', 'pass', { accepted: false })],
          [1, started('validate:plan', 2)],
          [1, ended('validate:plan', 2)],
          [1, judged('plan', 2, 'validator', 'pass', { accepted: true })],
          [2, started('implementation', 1)],
          [2, ended('implementation', 1)],
          [2, judged('implementation', 1, 'code', 'pass', { accepted: true })],
          [2, judged('implementation', 1, 'review', 'objections')],
          [2, started('implementation', 2)],
        ),
        task(
          2,
          [-1, started('plan', 1)],
          [1, ended('plan', 1)],
          [1, started('plan', 5)],
          [1, ended('plan', 5)],
          [1, judged('plan', 5, 'code', 'objections')],
        ),
      ),
    )
    const row = (attempt: number, started: number, settled: number, accepted: number, takenBack: number) => ({
      attempt,
      started,
      settled,
      accepted,
      takenBack,
    })
    expect(found).toEqual([
      { phase: 'implementation', attempts: [row(1, 1, 1, 0, 1), row(2, 1, 0, 0, 0)] },
      {
        phase: 'plan',
        attempts: [row(1, 1, 1, 0, 0), row(2, 1, 1, 1, 0), row(3, 0, 0, 0, 0), row(4, 1, 1, 0, 0)],
      },
    ])
  })
})

describe('cost per phase', () => {
  test('O2: sessions, tokens, minutes and dollars, with the median of a task; fixes and validators in rows of their own', () => {
    const found = cost(
      chains(
        task(
          1,
          [1, ended('plan', 1, { usd: 1, minutes: 2 })],
          [1, ended('plan', 2, { usd: 2, minutes: 4 })],
          [1, ended('validate:plan', 2, { usd: 0.5, minutes: 1 })],
          [-1, ended('spec', 1, { usd: 100 })],
        ),
        task(2, [1, ended('plan', 1, { usd: 5, minutes: 6 })], [1, opened(4)]),
        pull(4, [2, ended('fix', 1, { usd: 1, minutes: 1 })]),
        pull(3, [1, ended('fix', 1, { usd: 0.25, minutes: 1 })]),
        chain('task:acme/other#1', [1, ended('plan', 1, { usd: 1000 })]),
      ),
    )
    expect(
      found.phases.map(({ phase, sessions, tasks, usd, minutes, usdEach }) => [
        phase,
        sessions,
        tasks,
        usd,
        minutes,
        usdEach?.median,
      ]),
    ).toEqual([
      ['plan', 3, 2, 8, 12, 4],
      ['fix', 2, 2, 1.25, 2, 0.625],
      ['validate:plan', 1, 1, 0.5, 1, 0.5],
    ])
    expect(found.total).toMatchObject({
      sessions: 6,
      tasks: 3,
      usd: 9.75,
      usage: { inputTokens: 600, cacheReadTokens: 6000, requests: 18 },
      usdEach: { count: 3, median: 3.5, p75: 4.75 },
    })
    expect(cost(chains()).total).toMatchObject({ sessions: 0, usd: 0, usdEach: null })
    expect(repository).toBe('acme/widgets')
  })
})
