/** A delegated issue, round by round: who may start it, what it lacks, its phases, its hand-offs, its stops. */
import { beforeEach, describe, expect, test } from '@jest/globals'
import { digestOf } from '../../src/core/digest.ts'
import type { Fact, FactOf } from '../../src/core/facts.ts'
import { isOver } from '../../src/subjects/task.ts'
import { planFixture } from '../support/plan.ts'
import {
  account,
  bot,
  dana,
  erik,
  everybody,
  peopleOf,
  repository,
  sha,
  standing,
  stranger,
} from '../support/snapshots.ts'
import { discovery, evidence, goodBody, spec, TaskWorld, tests } from './taskWorld.ts'

let task: TaskWorld
beforeEach(() => {
  task = new TaskWorld()
})

describe('delegation', () => {
  test.each([
    ['a reader', stranger, 'role read'],
    ['a bot', bot, 'not a person'],
    ['nobody', null, 'Nobody is named'],
  ])('D1: the label of %s starts nothing and says who may', (_name, by, words) => {
    task.label(by)
    task.settle()
    expect(task.sessions()).toEqual([])
    const settled = task.facts.find((fact) => fact.body.kind === 'settled')
    expect(settled?.body).toMatchObject({ outcome: 'refused', sentence: expect.stringContaining(words) })
    expect(task.comment('answer:0').includes('write access or more')).toBe(by?.type === 'User')
    expect(isOver(task.snapshot())).toBe(true)
  })

  test('D1: while the role cannot be read, nothing is settled; then it is', () => {
    task.people = peopleOf(standing(dana, 'unknown'))
    task.label()
    task.settle()
    expect(task.facts).toHaveLength(1)
    task.people = everybody()
    task.settle()
    expect(task.sessions()).toEqual(['discovery#1'])
  })

  test('D1: another label is no delegation and gets no comment', () => {
    task.label(dana, 'bug')
    task.settle()
    expect(task.sessions()).toEqual([])
    expect(task.comments).toEqual([])
  })

  test('P13: a label that delegates beside another is refused, for the plain one too; who may not is told that first', () => {
    task.policyRaw = {
      ...task.policyRaw,
      profiles: { web: { label: 'agent-web' }, docs: { label: 'docs-bot' } },
    }
    task.label(dana, 'docs-bot', ['agent-web', 'docs-bot'])
    task.label(dana, 'agent', ['bug', 'AGENT-WEB', 'agent'])
    task.label(stranger, 'docs-bot', ['agent-web', 'docs-bot'])
    task.settle()
    expect(task.sessions()).toEqual([])
    expect(task.comment('answer:0')).toMatch(/`agent-web` and `docs-bot`, each of which delegates/)
    expect(task.comment('answer:1')).toMatch(/each of which delegates/)
    expect(task.comment('answer:2')).toContain('write access or more')
    // The one that remains is a delegation again once it is set anew.
    task.label(dana, 'docs-bot', ['docs-bot'])
    task.settle()
    expect(task.sessions()).toEqual(['discovery#1'])
    expect(task.comment('progress')).toContain('profile docs')
  })

  test('D2: names the missing bundle parts, follows edits in place, and starts when complete', () => {
    task.body = goodBody.replace(/ {2}Fail example.*\n/, '').replace('- `src/parse.ts`', '')
    task.label()
    task.settle()
    expect(task.comment('bundle')).toContain('lacks a fail example')
    expect(task.comment('bundle')).toContain('**Prior art** is missing')
    task.edit(goodBody.replace('- `src/parse.ts`', ''))
    task.settle()
    expect(task.comment('bundle')).not.toContain('fail example')
    expect(task.sessions()).toEqual([])
    task.edit(goodBody)
    task.settle()
    expect(task.comment('bundle')).toContain('complete and frozen')
    expect(task.sessions()).toEqual(['discovery#1'])
  })

  test('D2: prior art that does not resolve is named; while it is unknown nothing is frozen', () => {
    task.priorArt = 'unknown'
    task.label()
    task.settle()
    expect(task.facts.some((fact) => fact.body.kind === 'bundle.frozen')).toBe(false)
    task.priorArt = new Map([['src/parse.ts', false]])
    task.settle()
    expect(task.comment('bundle')).toContain('names what does not exist: "src/parse.ts"')
  })

  test('D2: with `bundle: warn` the gaps are named and the work starts', () => {
    task.policyRaw = { delegation: { bundle: 'warn' } }
    task.body = 'Please limit the parser.'
    task.label()
    task.settle()
    expect(task.comment('bundle')).toContain('The work starts')
    expect(task.sessions()).toEqual(['discovery#1'])
  })

  test('D4: an edit by someone without write does not count, and neither does one after the freeze', () => {
    task.body = 'nothing yet'
    task.label()
    task.edit(goodBody, stranger)
    task.settle()
    expect(task.sessions()).toEqual([])
    task.edit(goodBody, erik)
    task.settle()
    expect(task.sessions()).toEqual(['discovery#1'])
    const frozen = task.facts.filter((fact) => fact.body.kind === 'bundle.frozen')
    task.edit(goodBody.replace('1000', '9999'))
    task.settle()
    expect(task.facts.filter((fact) => fact.body.kind === 'bundle.frozen')).toEqual(frozen)
  })

  test("D4: a stranger's text is reposted with its digest, and only a writer's /agent start freezes it", () => {
    task.author = stranger
    task.label()
    task.settle()
    const digest = /\/agent start ([0-9a-f]{8})/.exec(task.comment('bundle'))?.[1]
    expect(digest).toBeDefined()
    task.say('start', '', stranger)
    task.settle()
    task.say('start', 'ffffffff')
    task.settle()
    expect(task.sessions()).toEqual([])
    task.say('start', digest)
    task.settle()
    expect(task.sessions()).toEqual(['discovery#1'])
  })

  test('T24, D4: whoever changes the text once more does not hide who had changed it before the label', () => {
    // Somebody without write access put this text there, a writer labelled it, and the first one took it away again.
    task.label()
    task.edit(goodBody.replace('1000', '7'), stranger)
    task.settle()
    expect(task.sessions()).toEqual([])
    const shown = task.comment('bundle')
    expect(shown).toMatch(/no longer tells who had edited it before.*1001 characters/s)
    const digest = /\/agent start ([0-9a-f]{8})/.exec(shown)?.[1]
    task.say('start', digest, stranger)
    task.settle()
    expect(task.sessions()).toEqual([])
    task.say('start', digest)
    task.settle()
    expect(task.sessions()).toEqual(['discovery#1'])
    const [frozen] = task.facts.flatMap(({ body }) => (body.kind === 'bundle.frozen' ? [body] : []))
    expect(frozen?.bundle.criteria[0]?.passExample).toContain('1001 characters')
  })

  test('D4: hidden characters stop it, with code points, under warn too', () => {
    task.policyRaw = { delegation: { bundle: 'warn' } }
    task.body = goodBody.replace('Refuse', 'Ref\u202euse')
    task.label()
    task.settle()
    expect(task.comment('bundle')).toContain('U+202E')
    expect(task.sessions()).toEqual([])
  })

  test('D3: a protected surface in the issue waits for a senior; a writer is not one', () => {
    task.policyRaw = { seniors: ['erik'] }
    task.body = goodBody.replace('Refuse long input.', 'Refuse long input in src/auth/login.ts.')
    task.label()
    task.settle()
    expect(task.comment('protected')).toContain('`src/auth/login.ts` (authentication')
    task.say('allow', 'protected because', dana)
    task.settle()
    expect(task.sessions()).toEqual([])
    task.say('allow', 'protected it is a test helper', erik)
    task.settle()
    expect(task.sessions()).toEqual(['discovery#1'])
  })

  test('D5: the route comes from a label, is shown, and can be changed by command', () => {
    task.labels = ['agent', 'Hotfix']
    task.label()
    task.settle()
    expect(task.sessions()).toEqual(['diagnosis#1'])
    expect(task.comment('progress')).toContain('Route hotfix')
    task.say('route', 'feature')
    task.settle()
    expect(task.sessions()).toEqual(['diagnosis#1', 'discovery#1'])
    task.say('route', 'epic')
    task.settle()
    expect(task.comment('progress')).toContain('Route epic')
    expect(task.comment('progress')).toContain('>split</span>')
  })

  test('S3: nothing is settled or started from an incomplete or unusable snapshot', () => {
    task.label()
    task.missing = ['The issue could not be read.']
    task.settle()
    expect(task.facts).toHaveLength(1)
    task.missing = []
    task.policyBroken = true
    task.settle()
    expect(task.facts).toHaveLength(1)
    expect(task.comment('policy')).toContain('Line 3')
  })
})

describe('phases', () => {
  test('P1: discovery, spec and plan follow one another, each validated, and the plan is issued', () => {
    task.planned()
    expect(task.sessions()).toEqual([
      'discovery#1',
      'validate:discovery#1',
      'spec#1',
      'validate:spec#1',
      'plan#1',
      'validate:plan#1',
    ])
    const issue = task.asked.find((action) => action.kind === 'issuePlan')
    expect(issue).toMatchObject({
      base: task.base,
      branch: 'agent/12-limit-the-parser',
      replaces: null,
      record: { issue: 12, repositoryId: repository.id, route: 'feature' },
    })
  })

  test('P2: spec and plan run on the strong model, validation on the cheap one', () => {
    task.planned()
    const model = (phase: string) =>
      task.asked.flatMap((one) => (one.kind === 'session' && one.phase === phase ? [one.model] : []))[0]
    expect([model('spec'), model('plan'), model('discovery'), model('validate:plan')]).toEqual([
      'claude-opus-5-5',
      'claude-opus-5-5',
      'claude-sonnet-5-5',
      'claude-haiku-5-5',
    ])
  })

  test('P4: a citation that does not resolve sends the plan back with where the text really is', () => {
    let resolves = false
    task.evidence = evidence((request) =>
      request.kind === 'citations' &&
      !resolves &&
      request.citations.length === 1 &&
      request.citations[0]?.line === 99
        ? {
            ok: true,
            body: {
              results: [
                {
                  citation: request.citations[0],
                  resolved: false,
                  reason: 'the line differs',
                  nearby: [{ line: 3, text: 'export function parse' }],
                },
              ],
            },
          }
        : undefined,
    )
    task.label()
    task.accept('discovery', 1, discovery)
    task.accept('spec', 1, spec)
    task.end(
      'plan',
      1,
      planFixture({ citations: [{ path: 'src/parse.ts', line: 99, quote: 'export function gone' }] }),
    )
    task.settle()
    expect(task.sessions().at(-1)).toBe('plan#2')
    const judged = task.facts.findLast((fact) => fact.body.kind === 'attempt.judged')
    expect(judged?.body).toMatchObject({
      by: 'code',
      verdict: 'objections',
      objections: [expect.stringContaining('line 3: export function parse')],
      caught: ['citations'],
    })
    resolves = true
    task.accept('plan', 2, planFixture({}))
    expect(task.asked.at(-1)?.kind).toBe('issuePlan')
  })

  test('S9: evidence that is missing waits and is collected; evidence that failed is an objection', () => {
    task.label()
    task.settle()
    task.end('discovery', 1, discovery)
    task.settle()
    expect(task.asked.at(-1)).toMatchObject({ kind: 'collect', request: { kind: 'citations' } })
    expect(task.sessions()).toEqual(['discovery#1'])
    task.evidence = () => ({ ok: false, reason: 'git is out' })
    task.settle()
    expect(task.sessions().at(-1)).toBe('discovery#2')
  })

  test('P3: attempts are capped, the hand-off tells everything tried, and retry goes on with a fresh count', () => {
    task.evidence = evidence()
    task.label()
    task.settle()
    for (const attempt of [1, 2, 3]) {
      task.end('discovery', attempt, discovery)
      task.settle()
      task.end('validate:discovery', attempt, {
        verdict: 'objections',
        objections: [`objection number ${attempt}`],
      })
      task.settle()
    }
    expect(task.sessions()).not.toContain('discovery#4')
    const text = task.comment('handoff:discovery')
    for (const attempt of [1, 2, 3]) expect(text).toContain(`objection number ${attempt}`)
    expect(text).toContain('/agent retry')
    expect(task.labels).toContain('agent:needs-human')
    expect(task.facts.filter((fact) => fact.body.kind === 'phase.handedOff')).toHaveLength(1)
    task.say('retry')
    task.settle()
    expect(task.sessions().at(-1)).toBe('discovery#4')
    expect(task.labels).not.toContain('agent:needs-human')
  })

  test.each([
    ['the same objection twice', ['same', 'same'], 2],
    ['A, B, A', ['one', 'two', 'one'], 3],
  ])('P3: %s stops before the cap', (_name, objections, last) => {
    task.policyRaw = { pipeline: { attempts: 8 } }
    task.evidence = evidence()
    task.label()
    task.settle()
    for (const [index, objection] of objections.entries()) {
      task.end('discovery', index + 1, discovery)
      task.settle()
      task.end('validate:discovery', index + 1, { verdict: 'objections', objections: [objection] })
      task.settle()
    }
    expect(task.comment('handoff:discovery')).toContain('the same objection came back')
    expect(task.sessions()).not.toContain(`discovery#${last + 1}`)
  })

  test('P3: a validator that gives no readable answer does not pass', () => {
    task.evidence = evidence()
    task.label()
    task.settle()
    task.end('discovery', 1, discovery)
    task.settle()
    task.end('validate:discovery', 1, { verdict: 'pass', objections: ['but no'] })
    task.settle()
    expect(task.sessions()).not.toContain('spec#1')
  })

  test('P4: questions go to the issue, wait, and the answer goes on in the same session', () => {
    task.label()
    task.settle()
    task.ended('discovery', 1, { kind: 'questions', questions: ['Which parser, @everyone?'] })
    task.settle()
    expect(task.comment('questions:discovery:1')).toContain('Which parser, ＠everyone?')
    expect(task.sessions()).toEqual(['discovery#1'])
    task.say('answer', 'the first', stranger)
    task.settle()
    expect(task.sessions()).toEqual(['discovery#1'])
    task.say('answer', 'the first')
    task.settle()
    expect(task.sessions()).toEqual(['discovery#1', 'discovery#2'])
  })

  test('P11: at the budget of the task no session starts, and the comment says what was spent', () => {
    task.policyRaw = { budgets: { task: { usd: 1 } } }
    task.evidence = evidence()
    task.label()
    task.settle()
    task.end('discovery', 1, discovery, null, { costUsd: 1.5 })
    task.settle()
    expect(task.sessions()).toEqual(['discovery#1'])
    expect(task.comment('budget')).toContain('$1.50 of $1')
  })

  test('D3: a plan that touches a protected path stops before it is issued', () => {
    task.policyRaw = { seniors: ['erik'] }
    task.evidence = evidence()
    task.label()
    task.accept('discovery', 1, discovery)
    task.accept('spec', 1, spec)
    task.accept(
      'plan',
      1,
      planFixture({
        files: [...planFixture({}).files, { path: '.github/workflows/ci.yml', change: 'modify', why: 'x' }],
      }),
    )
    expect(task.asked.some((action) => action.kind === 'issuePlan')).toBe(false)
    expect(task.comment('protected')).toContain('CI workflows')
  })
})

describe('stop', () => {
  test('O4: an accepted stop starts nothing more, whoever lacks write cannot stop, resume goes on', () => {
    task.evidence = evidence()
    task.label()
    task.settle()
    task.say('stop', '', stranger)
    task.settle()
    task.end('discovery', 1, discovery)
    task.say('stop')
    task.settle()
    expect(task.sessions()).toEqual(['discovery#1'])
    task.say('resume')
    task.settle()
    expect(task.sessions()).toContain('validate:discovery#1')
  })

  test('O4: a stop on the pull request stops the task, and a resume on the issue lifts it', () => {
    task.planned()
    task.issued()
    task.pull = {
      ...task.pull,
      facts: [
        {
          actor: dana,
          body: {
            kind: 'comment.command',
            commentId: 7,
            on: 'pull',
            verb: 'stop',
            rest: '',
            bodyDigest: digestOf(''),
            viaApp: null,
          },
        },
        { body: { kind: 'settled', of: 0, outcome: 'accepted', sentence: 's' } },
      ],
    }
    expect(task.settle().step.sentence).toContain('Stopped')
    expect(task.comments.some((one) => one.marker.startsWith('answer:'))).toBe(false)
    task.say('resume')
    expect(task.settle().step.sentence).not.toContain('Stopped')
  })

  test('T7: an edited command does not count, but an edited stop still stops', () => {
    task.label()
    const stop = task.say('stop')
    if (stop.body.kind === 'comment.command')
      task.add({ kind: 'comment.touched', commentId: stop.body.commentId, how: 'edited' })
    expect(task.settle().step.sentence).toContain('Stopped')
    const resume = task.say('resume')
    if (resume.body.kind === 'comment.command')
      task.add({ kind: 'comment.touched', commentId: resume.body.commentId, how: 'edited' })
    expect(task.settle().step.sentence).toContain('Stopped')
  })

  test.each([
    ['status', '', 'discovery'],
    ['why', '', 'discovery'],
    ['help', '', '/agent retry'],
    ['merge', '', 'belongs on the pull request'],
    ['budget', '5', 'Write how much to add'],
    ['allow', 'everything', '/agent allow protected <reason>'],
    ['reject', 'plan', 'Say what must change'],
    ['answer', 'x', 'No question is open'],
  ] as const)('O4: /agent %s %s is answered with one sentence', (verb, rest, words) => {
    task.label()
    task.settle()
    const { seq } = task.say(verb, rest)
    task.settle()
    expect(task.comment(`answer:${seq}`)).toContain(words)
  })
})

/** The plan's approval by the delegator and one more, as facts of the pull request. */
function approval(world: TaskWorld, verdict: 'approve' | 'reject' = 'approve', reason: string | null = null) {
  const issued = world.facts.findLast((fact) => fact.body.kind === 'plan.issued')
  if (issued?.body.kind !== 'plan.issued') throw new Error('no plan')
  const { digest, commit } = issued.body
  return [dana, erik].map((by, index) => ({
    actor: by,
    body: {
      kind: 'decision' as const,
      check: 'countersign/plan' as const,
      verdict,
      sha: commit,
      baseRef: 'main',
      bound: digest,
      generation: index,
      by,
      reason,
      source: 'button' as const,
      commentId: null,
      request: 0,
    },
  }))
}

describe('after the plan', () => {
  test('S2: no session of the next phase starts before the plan is approved for its digest', () => {
    task.planned()
    task.issued()
    expect(task.settle().step.sentence).toContain('waits for approval')
    expect(task.sessions()).not.toContain('tests#1')
    const wrong = approval(task).map((one) => ({ ...one, body: { ...one.body, bound: 'f'.repeat(64) } }))
    task.pull = { ...task.pull, facts: wrong }
    task.settle()
    expect(task.sessions()).not.toContain('tests#1')
    task.pull = { ...task.pull, facts: approval(task) }
    task.settle()
    expect(task.sessions().at(-1)).toBe('tests#1')
  })

  test('A4: a rejected plan goes back with the reason and comes again as another plan, on the same branch', () => {
    task.planned()
    task.issued()
    task.pull = { ...task.pull, facts: approval(task, 'reject', 'too large') }
    task.settle()
    expect(task.sessions().at(-1)).toBe('plan#2')
    task.accept('plan', 2, planFixture({ summary: 'Smaller.' }))
    const issues = task.asked.filter((action) => action.kind === 'issuePlan')
    expect(issues.at(-1)).toMatchObject({
      branch: 'agent/12-limit-the-parser',
      record: { plan: { summary: 'Smaller.' } },
      replaces: expect.stringMatching(/^[0-9a-f]{40}$/),
    })
    expect(
      new Set(issues.map((action) => (action.kind === 'issuePlan' ? action.record.nonce : ''))).size,
    ).toBe(2)
  })

  test('S7, F1: while a fix is at work on the branch, a new plan waits for its end', () => {
    task.planned()
    task.issued()
    const rejected = approval(task, 'reject', 'too large')
    const fix = (seq: number, body: FactOf<'fix.accepted'>['body'] | FactOf<'fix.ended'>['body']): Fact => ({
      ...(rejected[0] as Fact),
      seq,
      body,
    })
    const common = { request: 70, threads: [] }
    const accepted = fix(71, { kind: 'fix.accepted', ...common, head: sha('h'), scope: { kind: 'cited' } })
    task.pull = { ...task.pull, facts: [...rejected, accepted] }
    task.settle()
    const before = task.asked.filter((action) => action.kind === 'issuePlan').length
    task.accept('plan', 2, planFixture({ summary: 'Smaller.' }))
    expect(task.settle().step.sentence).toBe('A fix is at work on #34; the new plan comes after it.')
    expect(task.asked.filter((action) => action.kind === 'issuePlan')).toHaveLength(before)
    expect(task.asked.at(-1)).toMatchObject({ kind: 'wake', atMs: 60_000 })
    const ended = { ...common, before: sha('h'), sha: null, cause: null, sentence: 's' }
    task.pull = { ...task.pull, facts: [...rejected, accepted, fix(72, { kind: 'fix.ended', ...ended })] }
    task.settle()
    expect(task.asked.filter((action) => action.kind === 'issuePlan')).toHaveLength(before + 1)
  })

  function approved(plan: Parameters<typeof planFixture>[0] = {}): void {
    task.planned(plan)
    task.issued()
    task.pull = { ...task.pull, facts: approval(task) }
    task.settle()
  }
  const green = { summary: 'Limited.', notes: [] }

  test('P5, P6: tests red, implementation green, pushes only after the sandbox, ready only after CI', () => {
    approved()
    task.accept('tests', 1, tests, sha('tests'))
    expect(task.asked.some((action) => action.kind === 'push')).toBe(false)
    task.accept('implementation', 1, green, sha('code'))
    // The documents belong to the change: CI and people see it once, whole.
    expect(task.asked.some((action) => action.kind === 'push')).toBe(false)
    expect(task.sessions().at(-1)).toBe('documentation#1')
    const plan = task.facts.findLast((fact) => fact.body.kind === 'plan.issued')?.body
    const planCommit = plan?.kind === 'plan.issued' ? plan.commit : ''
    task.accept('documentation', 1, { summary: 'Said so.' }, sha('docs'))
    expect(task.sessions()).not.toContain('review#1')
    expect(task.asked.filter((action) => action.kind === 'push')).toMatchObject([
      { sha: sha('docs'), expected: planCommit, phase: 'documentation' },
    ])
    task.add({
      kind: 'work.pushed',
      branch: 'agent/12-limit-the-parser',
      before: planCommit,
      sha: sha('docs'),
      phase: 'documentation',
    })
    task.pull = {
      ...task.pull,
      pull: {
        ...task.pull?.pull,
        head: {
          sha: sha('docs'),
          ref: 'agent/12-limit-the-parser',
          repositoryId: repository.id,
          fork: false,
        },
      },
      ci: [],
    }
    task.accept('review', 1, { summary: 'Looks as planned.', findings: [] })
    expect(task.asked.some((action) => action.kind === 'markReady')).toBe(false)
    expect(task.asked.some((action) => action.kind === 'postReview')).toBe(true)
    const { ci: _none, ...rest } = task.pull ?? {}
    task.pull = rest
    task.settle()
    expect(task.asked.at(-1)).toMatchObject({ kind: 'markReady', number: 34 })
  })

  test('P3: problems in code and documents go back one after the other, on top of each other, and are read again', () => {
    const branch = 'agent/12-limit-the-parser'
    const push = (phase: string, before: string, after: string) =>
      task.add({ kind: 'work.pushed', branch, before, sha: after, phase })
    approved()
    task.evidence = evidence((request) =>
      request.kind === 'diff' && request.base === sha('code2')
        ? evidence()({ ...request, head: sha('docs') })
        : undefined,
    )
    task.accept('tests', 1, tests, sha('tests'))
    task.accept('implementation', 1, green, sha('code'))
    task.accept('documentation', 1, { summary: 'Said so.' }, sha('docs'))
    push('documentation', sha('plan'), sha('docs'))
    const problem = (path: string) => ({ path, line: 1, severity: 'problem', body: `${path} is wrong.` })
    task.accept('review', 1, {
      summary: 'Not yet.',
      findings: [problem('docs/parse.md'), problem('src/parse.ts'), problem('src/elsewhere.ts')],
    })
    expect(task.sessions().at(-1)).toBe('implementation#2')
    task.accept('implementation', 2, green, sha('code2'))
    expect(task.sessions().at(-1)).toBe('documentation#2')
    task.accept('documentation', 2, { summary: 'Said it right.' }, sha('docs2'))
    expect(task.asked.at(-1)).toMatchObject({ kind: 'push', sha: sha('docs2'), expected: sha('docs') })
    push('documentation', sha('docs'), sha('docs2'))
    task.settle()
    expect(task.sessions().at(-1)).toBe('review#2')
    // A second look finds the document wrong again: the code stays as it is.
    task.accept('review', 2, { summary: 'Nearly.', findings: [problem('docs/parse.md')] })
    expect(task.comment('handoff:documentation')).toContain('the same objection came back')
    expect(task.sessions().filter((one) => one.startsWith('implementation'))).toHaveLength(2)
    expect(task.asked.some((action) => action.kind === 'postReview' || action.kind === 'markReady')).toBe(
      false,
    )
  })

  test.each([
    [
      'a test that passes on the base',
      (request: { kind: string; name?: string }) =>
        request.kind === 'command' && request.name === 'test'
          ? {
              ok: true as const,
              body: {
                exitCode: 0,
                stoppedBy: null,
                outputTail: '',
                durationMs: 1,
                tests: [{ name: 'parse > refuses long input', status: 'passed' as const }],
              },
            }
          : undefined,
      'passes before the change',
    ],
    [
      'a test that did not load for another reason',
      (request: { kind: string; name?: string }) =>
        request.kind === 'command'
          ? {
              ok: true as const,
              body: {
                exitCode: 1,
                stoppedBy: null,
                outputTail:
                  "SyntaxError: The requested module './parse.ts' does not provide an export named 'parsee'",
                durationMs: 1,
                tests: [],
              },
            }
          : undefined,
      'did not run',
    ],
  ])('P5: %s sends the tests back', (_name, wrong, words) => {
    approved()
    task.evidence = evidence(wrong)
    task.settle()
    task.end('tests', 1, tests, sha('tests'))
    task.settle()
    expect(task.facts.findLast((fact) => fact.body.kind === 'attempt.judged')?.body).toMatchObject({
      phase: 'tests',
      verdict: 'objections',
      objections: [expect.stringContaining(words)],
    })
    expect(task.sessions().at(-1)).toBe('tests#2')
  })

  test.each([
    [1, /of 3 runs on the base it failed in 2, passed in 1 and did not run in 0/],
    [2, /of 3 runs on the base it failed in 1, passed in 2 and did not run in 0/],
    [3, /passes before the change/],
  ])('P5: a test that is green in %d of three runs on the base goes back by name', (greens, words) => {
    approved()
    const runs = new Set<number>()
    task.evidence = evidence((request) => {
      if (request.kind !== 'command' || request.sha !== sha('tests')) return undefined
      const run = request.again ?? 1
      runs.add(run)
      const status = run <= greens ? ('passed' as const) : ('failed' as const)
      const body = { exitCode: 1, stoppedBy: null, outputTail: '', durationMs: 1 }
      return { ok: true, body: { ...body, tests: [{ name: 'parse > refuses long input', status }] } }
    })
    task.settle()
    task.end('tests', 1, tests, sha('tests'))
    task.settle()
    const judged = task.facts.findLast((fact) => fact.body.kind === 'attempt.judged')?.body
    expect(judged).toMatchObject({
      verdict: 'objections',
      objections: [expect.stringMatching(words)],
    })
    expect(JSON.stringify(judged)).toContain('parse > refuses long input')
    expect([...runs].sort()).toEqual([1, 2, 3])
  })

  test('P5: only a symbol that the plan lists as new may keep a test from loading', () => {
    approved()
    task.evidence = evidence((request) =>
      request.kind === 'command'
        ? {
            ok: true,
            body: {
              exitCode: 1,
              stoppedBy: null,
              outputTail: "does not provide an export named 'maximumLength'",
              durationMs: 1,
              tests: [],
            },
          }
        : undefined,
    )
    task.settle()
    task.end('tests', 1, tests, sha('tests'))
    task.settle()
    expect(task.facts.findLast((fact) => fact.body.kind === 'attempt.judged')?.body).toMatchObject({
      phase: 'tests',
      verdict: 'pass',
    })
  })

  test('P3, P11: work that was accepted goes to the branch when a person has to go on from it', () => {
    const planCommit = () =>
      task.facts.flatMap(({ body }) => (body.kind === 'plan.issued' ? [body.commit] : []))
    approved()
    task.accept('tests', 1, tests, sha('tests'))
    const { policyRaw } = task
    task.policyRaw = { ...policyRaw, budgets: { task: { usd: 5 } } }
    task.settle()
    task.end('implementation', 1, green, sha('code'), { costUsd: 6 })
    task.settle()
    // Not yet accepted: its validator is what the budget forbids.
    expect(task.comment('budget')).toContain(`kept as commit \`${sha('code').slice(0, 12)}\``)
    expect(task.asked.some((action) => action.kind === 'push')).toBe(false)
    task.pass('implementation', 1)
    task.settle()
    expect(task.sessions()).not.toContain('documentation#1')
    expect(task.comment('budget')).toContain('What was accepted so far is on the branch.')
    const pushed = { kind: 'push', sha: sha('code'), expected: planCommit()[0], phase: 'implementation' }
    expect(task.asked.filter((action) => action.kind === 'push')).toMatchObject([pushed])
    task.add({
      kind: 'work.pushed',
      branch: 'agent/12-limit-the-parser',
      before: planCommit()[0] ?? '',
      sha: sha('code'),
      phase: 'implementation',
    })
    expect(task.settle().step.effects.some((action) => action.kind === 'push')).toBe(false)
    task.policyRaw = policyRaw
    task.accept('documentation', 1, { summary: 'Said so.' }, sha('docs'))
    expect(task.asked.at(-1)).toMatchObject({ kind: 'push', sha: sha('docs'), expected: sha('code') })
  })

  test('P3, O4: a hand-off of the documents pushes the code below them; a stop pushes nothing', () => {
    approved()
    task.accept('tests', 1, tests, sha('tests'))
    task.accept('implementation', 1, green, sha('code'))
    task.say('stop')
    task.settle()
    expect(task.asked.some((action) => action.kind === 'push')).toBe(false)
    task.say('resume')
    for (const attempt of [1, 2]) {
      task.settle()
      task.end('documentation', attempt, { summary: 'Said so.' }, sha(`docs${attempt}`))
      task.settle()
      task.end(`validate:documentation`, attempt, { verdict: 'objections', objections: ['It is untrue.'] })
    }
    task.settle()
    expect(task.comment('handoff:documentation')).toContain('the same objection came back')
    expect(task.asked.filter((action) => action.kind === 'push')).toMatchObject([
      { sha: sha('code'), phase: 'implementation' },
    ])
  })

  test('P6 O2: a broken type check goes back with the output, and the second attempt is pushed', () => {
    approved({ documentation: { kind: 'none', reason: 'Nothing that people see has changed.' } })
    task.accept('tests', 1, tests, sha('tests'))
    task.evidence = evidence((request) =>
      request.kind === 'command' && request.name === 'typecheck' && request.sha === sha('broken')
        ? { ok: true, body: { exitCode: 2, stoppedBy: null, outputTail: 'TS2322: no', durationMs: 1 } }
        : undefined,
    )
    task.end('implementation', 1, green, sha('broken'))
    task.settle()
    expect(task.facts.findLast((fact) => fact.body.kind === 'attempt.judged')?.body).toMatchObject({
      objections: [expect.stringContaining('TS2322: no')],
      caught: ['typecheck'],
    })
    const passed = task.facts.find(
      ({ body }) => body.kind === 'attempt.judged' && body.phase === 'tests' && body.by === 'code',
    )
    expect(passed?.body).not.toHaveProperty('caught')
    task.accept('implementation', 2, green, sha('code'))
    expect(task.asked.filter((action) => action.kind === 'push')).toMatchObject([{ sha: sha('code') }])
  })

  test.each([
    ['a file outside the plan', 'src/other.ts', "not among the plan's files"],
    ['a frozen test', 'test/parse.test.ts', 'may not be changed in this phase'],
  ])('P5, P12: %s in the implementation goes back', (_name, path, words) => {
    approved()
    task.accept('tests', 1, tests, sha('tests'))
    task.evidence = evidence((request) => {
      const result = request.kind === 'diff' ? evidence()(request) : undefined
      if (!result?.ok || !('files' in result.body)) return undefined
      return {
        ok: true,
        body: { ...result.body, files: result.body.files.map((file) => ({ ...file, path })) },
      }
    })
    task.end('implementation', 1, green, sha('code'))
    task.settle()
    expect(task.facts.findLast((fact) => fact.body.kind === 'attempt.judged')?.body).toMatchObject({
      verdict: 'objections',
      objections: [expect.stringContaining(words)],
    })
  })

  test('S7: work that failed waits for a person and goes on after a retry', () => {
    approved()
    task.add({ kind: 'work.failed', what: 'push:agent/12', reason: 'The branch moved.' })
    task.settle()
    expect(task.comment('failed')).toContain('The branch moved.')
    expect(task.labels).toContain('agent:needs-human')
    task.say('retry')
    task.settle()
    expect(task.labels).not.toContain('agent:needs-human')
  })

  test('T1: a head that someone else pushed is not marked as ready', () => {
    approved()
    task.accept('tests', 1, tests, sha('tests'))
    task.accept('implementation', 1, green, sha('code'))
    task.add({
      kind: 'work.pushed',
      branch: 'agent/12-limit-the-parser',
      before: sha('x'),
      sha: sha('code'),
      phase: 'implementation',
    })
    task.accept('documentation', 1, { summary: 'Said so.' }, sha('docs'))
    task.add({
      kind: 'work.pushed',
      branch: 'agent/12-limit-the-parser',
      before: sha('code'),
      sha: sha('docs'),
      phase: 'documentation',
    })
    task.accept('review', 1, { summary: 'Fine.', findings: [] })
    task.pull = {
      ...task.pull,
      pull: {
        ...task.pull?.pull,
        head: {
          sha: sha('foreign'),
          ref: 'agent/12-limit-the-parser',
          repositoryId: repository.id,
          fork: false,
        },
      },
    }
    expect(task.settle().step.sentence).toContain('Someone else pushed')
    expect(task.asked.some((action) => action.kind === 'markReady')).toBe(false)
  })
})

test('O3: the progress comment is a table of phases with attempts and cost, edited in place', () => {
  task.planned()
  const text = task.comment('progress')
  expect(text).toMatch(/\| .*plan<\/span> \| accepted \| 1 \| \$0\.20 \|/)
  expect(text).toMatch(/\| .*implementation<\/span> \| not yet \|\s+\|/)
  expect(task.comments.filter((one) => one.marker === 'progress')).toHaveLength(1)
})

test('S12: what a model wrote reaches no comment as a mention, link or command', () => {
  task.label()
  task.settle()
  task.ended('discovery', 1, { kind: 'failed', reason: '@boss fixes #1 [x](http://evil)' })
  task.settle()
  task.ended('discovery', 2, { kind: 'failed', reason: '@boss fixes #1 [x](http://evil)' })
  task.settle()
  expect(task.comment('handoff:discovery')).toContain('＠boss')
  expect(task.comments.map((one) => one.body).join('\n')).not.toMatch(/@boss|http:\/\/evil/)
})

test("T23: a stranger's bot account is nobody", () => {
  task.label()
  task.settle()
  task.say('stop', '', account(77, 'evil[bot]', 'Bot'))
  expect(task.settle().step.sentence).not.toContain('Stopped')
})

test('T23: the account of a bot commands nothing, whatever access it has', () => {
  const mighty = account(77, 'mighty[bot]', 'Bot')
  task.people = new Map([...task.people, [mighty.id, standing(mighty, 'admin')]])
  task.label()
  task.settle()
  task.say('stop', '', mighty)
  expect(task.settle().step.sentence).not.toContain('Stopped')
})
