/** The rules of a pull request's round over whole snapshots: approvals, refusals, merging. */
import { describe, expect, test } from '@jest/globals'
import {
  bot,
  commit,
  copilot,
  dana,
  erik,
  fay,
  gus,
  pullSnapshot,
  sha,
  standing,
  stranger,
} from '../support/snapshots.ts'
import { command, type Play, play, press, recorded } from './rounds.ts'

const merging = { merge: { mode: 'merge' } }
const state = (done: Play, name: string) => {
  const run = done.runs.find((one) => one.name === `countersign/${name}`)
  return run?.conclusion ?? run?.status
}

/** Press by several people one after another, each on the page as it stands then. */
function presses(start: Play, name: 'plan' | 'review', ...people: (typeof dana)[]): Play {
  return people.reduce((done, by) => play(press(done, by, name, 'a')), start)
}

describe('another agent’s pull request', () => {
  test('A6, A1: waits with buttons for plan and review, gates pass', () => {
    const done = play({ policy: merging })
    expect([state(done, 'plan'), state(done, 'gates'), state(done, 'review')]).toEqual([
      'action_required',
      'success',
      'action_required',
    ])
    expect(recorded(done, 'origin.evidence').length).toBeGreaterThan(0)
  })

  test('A3: team without a delegator asks for three writers, and then it merges by button', () => {
    let done = presses(play({ policy: merging }), 'plan', dana)
    expect(state(done, 'plan')).toBe('success')
    done = presses(done, 'review', dana, { ...erik, login: 'erik_acme' })
    expect(state(done, 'review')).toBe('action_required')
    done = presses(done, 'review', fay)
    expect(state(done, 'review')).toBe('success')
    done = play(press(done, gus, 'review', 'm'))
    const merge = done.actions.find((action) => action.kind === 'merge')
    expect(merge).toMatchObject({ sha: sha('head'), baseRef: 'main', method: 'merge' })
    expect(merge?.kind === 'merge' && merge.message).toContain(
      'Countersigned-by: erik_acme <2+erik_acme@users.noreply.github.com> (review)',
    )
    expect(recorded(done, 'merge.intended')).toHaveLength(1)
    const [told, ...more] = recorded(done, 'verdicts.told')
    expect(more).toEqual([])
    expect(told).toMatchObject({ sha: sha('head'), baseRef: 'main' })
    expect(told?.gates).toContainEqual(
      expect.objectContaining({
        gate: 'scope',
        state: 'pass',
        sentence: expect.stringContaining('within the caps'),
      }),
    )
    expect(told?.gates).toContainEqual(expect.objectContaining({ gate: 'types', state: 'off' }))
    expect(told?.approvals.map(({ check, by }) => `${check} ${by.login}`)).toEqual([
      'countersign/plan dana',
      'countersign/review dana',
      'countersign/review erik_acme',
      'countersign/review fay',
    ])
  })

  test('O1: where GitHub merges, the verdicts are told once everything is green, and not again', () => {
    const green = presses(presses(play({}), 'plan', dana), 'review', dana, erik, fay)
    expect(recorded(green, 'verdicts.told')).toHaveLength(1)
    expect(recorded(play(green.parts), 'verdicts.told')).toEqual([])
    // A rejection and its withdrawal by a fourth person changes who stands behind it.
    const other = presses(play(press(green, gus, 'review', 'r')), 'review', gus)
    expect(
      recorded(other, 'verdicts.told')
        .at(-1)
        ?.approvals.map(({ by }) => by.login),
    ).toContain('gus')
  })

  /** Approved by everybody it takes, and then merged. */
  const mergedParts = () => {
    const green = presses(presses(play({ policy: merging }), 'plan', dana), 'review', dana, erik, fay)
    const [head, merge] = [sha('head'), sha('merge')]
    const body = { kind: 'merged', head, merge, landedOn: 'main', expected: 'main' } as const
    const pull = { ...green.parts.pull, state: 'merged' as const, mergeCommit: merge }
    return { ...green.parts, pull, facts: [...(green.parts.facts ?? []), { body }] }
  }

  test('A1: once merged its checks say so, ask for nothing, and keep what they concluded', () => {
    const done = play(mergedParts())
    const shown = done.runs.map(({ name, title, conclusion }) => `${name} ${title} ${conclusion}`)
    // The others ask for nothing as they are.
    expect(shown.sort()).toEqual([
      'countersign/gates 10 gates passed. success',
      'countersign/plan The plan is approved. Approved by dana. success',
      `countersign/review Merged as ${sha('merge').slice(0, 8)} into main success`,
    ])
    const written = done.actions.flatMap((action) => (action.kind === 'checkRun' ? [action.run] : []))
    for (const run of written) {
      expect(run.buttons).toEqual([])
      expect(run.summary).not.toMatch(/The buttons count|Next:/)
    }
    expect(written.at(-1)?.summary).toMatch(/was merged into `main`.*\*\*Approved by/s)
    // Said once.
    expect(play(done.parts).actions).toEqual([])
  })

  test('L2: a run that had not ended when somebody merged past the rules is told once, and rests', () => {
    const parts = mergedParts()
    const running = play(parts).runs.map((run) => ({
      ...run,
      status: 'in_progress' as const,
      conclusion: null,
      title: 'Waits for CI',
      summary: 'Next: wait.',
    }))
    const done = play({ ...parts, runs: running })
    const told = done.runs.map(({ title, summary }) => [
      title,
      summary?.match(/What stood here/g)?.length ?? 0,
    ])
    expect(told).toEqual(running.map(() => [`Merged as ${sha('merge').slice(0, 8)} into main`, 0]))
    expect(play(done.parts).actions).toEqual([])
  })

  test('A1: the runs of a merged pull request are left to an open one that shares the commit', () => {
    for (const siblings of ['unknown' as const, [pullSnapshot({ pull: { number: 35, id: 35 } })]]) {
      const done = play({ ...mergedParts(), siblings })
      expect(done.actions.filter(({ kind }) => kind === 'checkRun')).toEqual([])
    }
  })

  test('A5: the Merge button needs write, whoever can see it', () => {
    let done = presses(play({ policy: merging }), 'plan', dana)
    done = presses(done, 'review', dana, erik, fay)
    done = play(press(done, stranger, 'review', 'm'))
    expect(done.actions.some(({ kind }) => kind === 'merge')).toBe(false)
    expect(recorded(done, 'settled').at(-1)?.sentence).toMatch(/has no write access, and a merge needs it/)
    done = play(press(done, gus, 'review', 'm'))
    expect(done.actions.some(({ kind }) => kind === 'merge')).toBe(true)
  })

  test('A5: /agent merge before it is green is refused with what is missing', () => {
    const start = play({ policy: merging })
    const done = play({ ...start.parts, facts: [...(start.parts.facts ?? []), command(gus, 'merge', '')] })
    const [settled] = recorded(done, 'settled').slice(-1)
    expect(settled).toMatchObject({ outcome: 'refused' })
    expect(settled?.sentence).toContain('countersign/plan')
    expect(
      done.actions.some((action) => action.kind === 'comment' && action.body === settled?.sentence),
    ).toBe(true)
  })

  test.each([
    ['T6: the bot itself', bot, 'not a person'],
    ['A3: a stranger', stranger, 'may not approve'],
  ])('%s presses and changes nothing, with one sentence', (_, by, words) => {
    const done = play(press(play({}), by, 'plan', 'a'))
    expect(recorded(done, 'decision')).toEqual([])
    expect(recorded(done, 'settled')[0]).toMatchObject({
      outcome: 'refused',
      sentence: expect.stringContaining(words),
    })
    expect(done.actions.some((action) => action.kind === 'comment')).toBe(true)
  })

  test('S6, T6: who co-authored a commit may not approve it', () => {
    const commits = [{ sha: sha('head'), authors: [copilot, dana], committer: copilot }]
    const done = play(press(play({ commits }), dana, 'review', 'a'))
    expect(recorded(done, 'settled')[0]?.sentence).toContain('co-authored')
  })

  test('T39, S4: a press on an older page does not count after a push', () => {
    const before = presses(play({}), 'plan', dana)
    const late = press(before, erik, 'review', 'a')
    const head = { sha: sha('two'), ref: 'copilot/one', repositoryId: 7, fork: false }
    const done = play({ ...late, pull: { head }, gitCommits: [commit('head'), commit('two')] })
    expect(recorded(done, 'decision')).toEqual([])
    expect(recorded(done, 'settled')[0]?.sentence).toContain('older state')
  })

  test('A4: request changes blocks at once and only the same person lifts it', () => {
    let done = presses(play({}), 'plan', dana)
    done = play(press(done, erik, 'review', 'r'))
    expect(state(done, 'review')).toBe('failure')
    done = presses(done, 'review', dana, fay, gus)
    expect(state(done, 'review')).toBe('failure')
    done = presses(done, 'review', erik)
    expect(state(done, 'review')).toBe('success')
  })

  test('S8: within one generation a rejection wins, in either order', () => {
    const start = play({})
    const both = (letters: ('a' | 'r')[]) =>
      letters.reduce((parts, letter) => press({ ...start, parts }, dana, 'plan', letter), start.parts)
    const orders: ('a' | 'r')[][] = [
      ['a', 'r'],
      ['r', 'a'],
    ]
    for (const letters of orders) expect(state(play(both(letters)), 'plan')).toBe('failure')
  })

  test('T3: a changed base starts over', () => {
    const done = presses(play({}), 'plan', dana)
    const moved = play({
      ...done.parts,
      pull: { base: { ref: 'release', tip: sha('base'), protected: true } },
    })
    expect(state(moved, 'plan')).toBe('action_required')
  })

  test('T3: a native review from before a base change does not count', () => {
    const reviews = [{ id: 5, author: dana, state: 'APPROVED' as const, sha: sha('head'), edited: false }]
    const first = play({})
    const done = play({
      ...first.parts,
      reviews,
      pull: { base: { ref: 'release', tip: sha('base'), protected: true } },
    })
    expect(done.verdicts.review.lines.join()).toContain('before Countersign first saw this base')
    const fresh = play({ ...first.parts, reviews })
    expect(fresh.verdicts.review.lines.join()).toContain('**dana** approved.')
  })

  test('T9: a dismissed request for changes does not reveal an older approval', () => {
    const first = play({})
    const reviews = [
      { id: 5, author: dana, state: 'APPROVED' as const, sha: sha('head'), edited: false },
      { id: 6, author: dana, state: 'DISMISSED' as const, sha: sha('head'), edited: false },
    ]
    expect(play({ ...first.parts, reviews }).verdicts.review.lines).toEqual([
      'The review of **dana** was dismissed.',
    ])
  })

  test('S3, S9: an incomplete observation turns nothing green and settles nothing', () => {
    const approved = presses(play({}), 'plan', dana)
    const done = play({ ...press(approved, erik, 'review', 'a'), missing: ['the reviews'] })
    expect(recorded(done, 'settled')).toEqual([])
    expect(state(done, 'plan')).toBe('in_progress')
  })

  test('T3, S5: a shared commit shows the conjunction, without buttons, and who to close', () => {
    const approved = presses(play({ policy: merging }), 'plan', dana)
    const sibling = pullSnapshot({ pull: { number: 35, id: 3500 } })
    const done = play({ ...approved.parts, siblings: [sibling] })
    expect(state(done, 'plan')).not.toBe('success')
    expect(
      done.runs.every((run) => run.summary?.includes('close all but one') || run.conclusion === 'success'),
    ).toBe(true)
    expect(
      done.actions.every((action) => action.kind !== 'checkRun' || action.run.buttons.length === 0),
    ).toBe(true)
  })

  test('S7: a round that has nothing new to say does nothing', () => {
    const done = play({})
    expect(play(done.parts).actions).toEqual([])
  })

  test('A3: an approval lapses with the access of who gave it', () => {
    const approved = presses(play({}), 'plan', dana)
    expect(
      state(play({ ...approved.parts, people: new Map([[dana.id, standing(dana, 'read')]]) }), 'plan'),
    ).toBe('action_required')
  })

  test('A1, T39: approving by comment is opt-in and names the digest', () => {
    const refusedBy = (parts: object, rest: string) => {
      const start = play(parts)
      const shown = start.verdicts.plan.shown ?? ''
      const done = play({
        ...start.parts,
        facts: [
          ...(start.parts.facts ?? []),
          command(dana, 'approve', rest.replace('SHOWN', shown.slice(0, 8))),
        ],
      })
      return recorded(done, 'settled')[0]
    }
    const optIn = { policy: { approvals: { by: ['button', 'comment'] } } }
    expect(refusedBy({}, 'plan SHOWN')?.sentence).toContain('approvals.by')
    expect(refusedBy(optIn, 'plan')?.sentence).toContain('Name what you looked at')
    expect(refusedBy(optIn, 'plan 00000000')?.outcome).toBe('refused')
    expect(refusedBy(optIn, 'plan SHOWN')?.outcome).toBe('accepted')
  })

  test('T4: a comment that was touched approves no more', () => {
    const start = play({ policy: { approvals: { by: ['comment'] } } })
    const given = play({
      ...start.parts,
      facts: [
        ...(start.parts.facts ?? []),
        command(dana, 'approve', `plan ${start.verdicts.plan.shown?.slice(0, 8)}`),
      ],
    })
    expect(state(given, 'plan')).toBe('success')
    const touched = play({
      ...given.parts,
      facts: [
        ...(given.parts.facts ?? []),
        { actor: dana, body: { kind: 'comment.touched', commentId: 1, how: 'edited' } },
      ],
    })
    expect(state(touched, 'plan')).not.toBe('success')
  })
})

describe('a person’s pull request', () => {
  const own = {
    pull: { author: dana, head: { sha: sha('head'), ref: 'dana/one', repositoryId: 7, fork: false } },
  }

  test('A6: passes at once, saying why, and merges by /agent merge', () => {
    const done = play({ ...own, policy: merging })
    expect([state(done, 'plan'), state(done, 'gates'), state(done, 'review')]).toEqual([
      'success',
      'success',
      'success',
    ])
    expect(done.runs[0]?.title).toContain('A person')
    const merged = play({ ...done.parts, facts: [...(done.parts.facts ?? []), command(dana, 'merge', '')] })
    expect(merged.actions.some((action) => action.kind === 'merge')).toBe(true)
  })

  test.each([
    [
      'a trailer',
      { gitCommits: [commit('head', { message: 'x\n\nCo-authored-by: Claude <noreply@anthropic.com>' })] },
    ],
    [
      'a trailer without its blanks, with CRLF',
      {
        gitCommits: [
          commit('head', { message: 'x\r\n\r\n Co-Authored-By:Claude<noreply@anthropic.com>\r\n' }),
        ],
      },
    ],
    [
      'a subject that credits one',
      { gitCommits: [commit('head', { message: 'Co-authored-by: Claude <noreply@anthropic.com>' })] },
    ],
    ['an author without write', { people: new Map([[dana.id, standing(dana, 'read')]]) }],
    ['a label', { pull: { ...own.pull, labels: ['ai-generated'] } }],
    ['an unknown author', { commits: [{ sha: sha('head'), authors: [null], committer: dana }] }],
    ['an unknown pusher of the head', { pushers: [] }],
  ])('A6: %s makes it an agent’s', (_, parts) => {
    expect(play({ ...own, ...parts }).verdicts.treatment).toBe('full')
  })

  test.each(['fix: let noreply@anthropic.com in', 'docs: how devin-ai-integration and aider (beta) work'])(
    'A6: what the subject of a person’s commit is about makes nobody an agent: %s',
    (message) => {
      expect(play({ ...own, gitCommits: [commit('head', { message })] }).verdicts.origin?.kind).toBe('person')
    },
  )

  test('A6: evidence stays when its cause is gone', () => {
    const marked = play({ ...own, pull: { ...own.pull, labels: ['ai-generated'] } })
    expect(play({ ...marked.parts, pull: own.pull }).verdicts.origin?.kind).toBe('agent')
  })

  test('A6: people: gates asks for the gates alone', () => {
    const done = play({ ...own, policy: { people: 'gates' }, ci: [] })
    expect([state(done, 'plan'), state(done, 'gates'), state(done, 'review')]).toEqual([
      'success',
      'in_progress',
      'in_progress',
    ])
  })
})

describe('after the merge', () => {
  test('T42: a landing on another branch is an incident', () => {
    const facts = [
      { body: { kind: 'merge.intended' as const, sha: sha('head'), baseRef: 'main', base: sha('base') } },
    ]
    const done = play({
      facts,
      pull: {
        state: 'merged',
        mergeCommit: sha('merge'),
        base: { ref: 'release', tip: sha('base'), protected: true },
      },
    })
    expect(recorded(done, 'merged')[0]).toMatchObject({ landedOn: 'release', expected: 'main' })
    expect(recorded(done, 'incident')).toHaveLength(1)
  })

  test('A5: a merge that nobody decided here is reported in merge mode', () => {
    const done = play({ policy: merging, pull: { state: 'merged', mergeCommit: sha('merge') } })
    expect(recorded(done, 'incident')[0]?.sentence).toContain('had not decided')
  })
})

describe('which writes may wait (docs/adr/0008-patience.md)', () => {
  const waiting = play({ ci: [] })
  const asking = play({})
  const runOf = (done: Play, name: string) => {
    const run = done.runs.find((one) => one.name === `countersign/${name}`)
    if (!run) throw new Error(`no run ${name}`)
    return run
  }
  /** What the round writes over the run as it is changed, or over none. */
  const over = (done: Play, name: string, change: object | null) => {
    const run = runOf(done, name)
    const others = done.runs.filter((one) => one.name !== run.name)
    const runs = change === null ? others : [...others, { ...run, ...change }]
    const again = play({ ...done.parts, runs })
    return again.actions.flatMap((action) =>
      action.kind === 'checkRun' && action.run.name === run.name ? [action.mayWait] : [],
    )
  }
  const done = (conclusion: string) => ({ status: 'completed', conclusion })

  test.each<[string, object | null, boolean]>([
    ['a run that is not there yet', null, true],
    ['another word on what machines do', { title: 'Waiting for something else' }, true],
    ['a green that must be taken back', done('success'), false],
    ['a red that no longer holds', done('failure'), false],
    ['a question that is not asked any more', done('action_required'), false],
  ])('S3, O3: gates in progress over %s', (_, change, mayWait) => {
    expect(runOf(waiting, 'gates').status).toBe('in_progress')
    expect(over(waiting, 'gates', change)).toEqual([mayWait])
  })

  test.each<[string, object | null, boolean]>([
    ['a run that is not there yet', null, false],
    ['one in progress', { status: 'in_progress', conclusion: null }, false],
    ['a green that must be taken back', done('success'), false],
    ['a red that no longer holds', done('failure'), false],
    ['the same question with other details', { summary: 'older' }, true],
    ['the same question in other words', { title: 'older' }, true],
    ['a question on other bytes', { externalId: `pull:acme/widgets#34|0|${'9'.repeat(64)}` }, false],
  ])('A1, O3: review that asks a person over %s', (_, change, mayWait) => {
    expect(runOf(asking, 'review').conclusion).toBe('action_required')
    expect(over(asking, 'review', change)).toEqual([mayWait])
  })

  test('A1: a run in progress is not written again because what it would show has changed', () => {
    const { externalId } = runOf(waiting, 'gates')
    const other = externalId.replace(/[0-9a-f]{64}$/, '9'.repeat(64))
    expect(over(waiting, 'gates', { externalId: other })).toEqual([])
  })
})
