/** What each event means to us: tables, and every official example payload. */
import { createRequire } from 'node:module'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { FactBody } from '../../src/core/facts.ts'
import { parseKey } from '../../src/core/ids.ts'
import { intake } from '../../src/intake/intake.ts'
import type { Intake } from '../../src/intake/result.ts'
import { ada, appId, comment, issue, repository, robot, sha } from '../frontdoor/door.ts'

const own = new Set([99])
const read = (event: string, payload: unknown): Intake => intake(event, payload, 'guid', { appId, own })
const kinds = (result: Intake) => result.facts.map(({ entry }) => entry.body.kind)
const task = 'task:octo/repo#12'
const pull = 'pull:octo/repo#34'

describe('issues', () => {
  const labelled = (name: string, sender: unknown = ada) =>
    read('issues', { action: 'labeled', repository, issue: issue(), label: { name }, sender })
  test.each([
    [
      'D1: a person with any label is recorded, since policy says which one delegates',
      'robots please',
      ada,
      1,
    ],
    ["D1: a bot's agent label is recorded, to be refused", 'agent', robot, 1],
    ["T23: a bot's other label is not", 'bug', robot, 0],
    ['T23: the label that Countersign sets is not', 'agent:needs-human', robot, 0],
    ['a label that is too long for GitHub is not', 'a'.repeat(101), ada, 0],
  ])('%s', (_, name, sender, facts) => {
    expect(labelled(name, sender).facts).toHaveLength(facts)
    expect(labelled(name, sender).keys).toEqual([task])
  })
  test('P13: the labels of that moment are recorded with it, whatever the payload holds there', () => {
    const labels = [
      { name: 'agent' },
      { name: 'docs-bot' },
      null,
      'text',
      { name: 'x'.repeat(101) },
      { id: 1 },
    ]
    const body = (given: unknown) =>
      read('issues', {
        action: 'labeled',
        repository,
        issue: issue({ labels: given }),
        label: { name: 'agent' },
        sender: ada,
      }).facts[0]?.entry.body
    expect(body(labels)).toMatchObject({ label: 'agent', labels: ['agent', 'docs-bot'] })
    expect(body('no list')).toMatchObject({ label: 'agent', labels: [] })
    const many = Array.from({ length: 300 }, (_, at) => `l${at}`)
    expect(body(many.map((name) => ({ name })))).toMatchObject({ labels: many.slice(0, 100) })
  })
  test('D4: an edit of a labelled issue is recorded, of others not', () => {
    const edited = (over: object) =>
      read('issues', {
        action: 'edited',
        repository,
        issue: issue(over),
        changes: { body: { from: 'x' } },
        sender: ada,
      })
    expect(kinds(edited({}))).toEqual(['issue.edited'])
    expect(kinds(edited({ labels: [] }))).toEqual([])
  })
})

describe('commands', () => {
  const on = (action: string, body: string, over: object = {}, user: object = ada) =>
    read('issue_comment', {
      action,
      repository,
      issue: issue(),
      comment: comment(body, { user }),
      sender: ada,
      ...over,
    })
  const from = (text: string) => ({ changes: { body: { from: text } } })
  test.each([
    ['O4: a command', on('created', '/agent stop'), ['comment.command']],
    ['an unknown verb', on('created', '/agent stpo'), ['comment.unknown']],
    ['T7: a quoted command', on('created', '> /agent stop'), []],
    ['T7: a command in a code block', on('created', '```\n/agent stop\n```'), []],
    ['T23: a command sent by a bot', on('created', '/agent stop', { sender: robot }), []],
    ['T23: a comment whose author is a bot', on('created', '/agent stop', {}, robot), []],
    ['T4: an edited command', on('edited', 'never mind', from('/agent approve plan')), ['comment.touched']],
    [
      'T4: a command edited by a bot',
      on('edited', 'x', { ...from('/agent merge'), sender: robot }),
      ['comment.touched'],
    ],
    ['T4: an edit that does not tell the text before', on('edited', 'x'), ['comment.touched']],
    ['T4: an edit into a command never counts', on('edited', '/agent approve plan', from('hello')), []],
    ['T4: a deleted command', on('deleted', '/agent reject plan no'), ['comment.touched']],
    ['a deleted word', on('deleted', 'thanks'), []],
  ])('%s', (_, result, expected) => expect(kinds(result)).toEqual(expected))

  test('A1: the App through which a comment was written is recorded', () => {
    const through = comment('/agent approve plan', { performed_via_github_app: { id: 5 } })
    const result = read('issue_comment', {
      action: 'created',
      repository,
      issue: issue(),
      comment: through,
      sender: ada,
    })
    expect(result.facts[0]?.entry.body).toMatchObject({ viaApp: 5 })
  })
  test('F1: a command in a review comment and in a review goes to the pull request', () => {
    const base = { repository, pull_request: { number: 34 }, sender: ada }
    const inline = read('pull_request_review_comment', {
      ...base,
      action: 'created',
      comment: comment('/agent fix'),
    })
    const review = read('pull_request_review', {
      ...base,
      action: 'submitted',
      review: comment('/agent merge'),
    })
    expect(inline.facts[0]).toMatchObject({
      subject: pull,
      entry: { body: { on: 'review_comment', verb: 'fix' } },
    })
    expect(review.facts[0]).toMatchObject({ subject: pull, entry: { body: { on: 'review', verb: 'merge' } } })
    expect(review.keys).toEqual([pull])
    // A verdict is looked at at once; a review of mere comments is followed by their events; ours tells us nothing.
    const submitted = (state: string, sender: object) =>
      read('pull_request_review', {
        action: 'submitted',
        repository,
        pull_request: { number: 34 },
        review: comment('', { state }),
        sender,
      })
    expect(submitted('approved', ada)).toMatchObject({ keys: [pull], later: [] })
    expect(submitted('commented', ada)).toMatchObject({ keys: [], later: [pull] })
    expect(submitted('commented', robot)).toMatchObject({ keys: [], later: [] })
  })
})

describe('check runs', () => {
  const externalId = (subject: string) => `${subject}|2|${'b'.repeat(64)}`
  const press = (over: object = {}, run: object = {}) =>
    read('check_run', {
      action: 'requested_action',
      repository,
      sender: ada,
      requested_action: { identifier: 'a:0123456789abcdef' },
      check_run: {
        id: 9,
        name: 'countersign/plan',
        head_sha: sha,
        external_id: externalId(pull),
        app: { id: appId },
        pull_requests: [],
        ...run,
      },
      ...over,
    })
  test('A1: a press on our run is a fact on the subject that its external id names', () => {
    expect(press().facts).toMatchObject([
      {
        subject: pull,
        entry: { actor: ada, delivery: 'guid', body: { kind: 'button.pressed', checkRunId: 9, sha } },
      },
    ])
  })
  test.each([
    ["T15: another App's run of our name", press({}, { app: { id: 1 } })],
    ['a subject in another repository', press({}, { external_id: externalId('pull:octo/other#34') })],
    ['an external id that is not ours', press({}, { external_id: 'hello' })],
    ['an external id beyond any bound', press({}, { external_id: 'x'.repeat(100_000), app: { id: 1 } })],
    ['no sender', press({ sender: undefined })],
    ['an identifier that is too long', press({ requested_action: { identifier: 'a'.repeat(21) } })],
  ])('%s is no press', (_, result) => expect(result.facts).toEqual([]))
  test('T8: a re-request looks again and records nothing', () => {
    expect(press({ action: 'rerequested' })).toMatchObject({ facts: [], keys: [pull] })
  })
  test('our own writes that come back do nothing', () => {
    expect(press({ action: 'completed' })).toMatchObject({ facts: [], keys: [], shas: [] })
  })
  test("G17: others' runs name their pull requests, or the commit when they name none (forks)", () => {
    const other = (pulls: unknown) =>
      press({ action: 'completed' }, { app: { id: 15368 }, pull_requests: pulls })
    expect(other([{ number: 34, base: { repo: { id: 1 } } }])).toMatchObject({ hints: [pull], shas: [] })
    expect(other([{ number: 34, base: { repo: { id: 2 } } }])).toMatchObject({ hints: [], shas: [{ sha }] })
    expect(other([])).toMatchObject({ hints: [], shas: [{ repository: 'octo/repo', sha }] })
  })
})

describe('pull requests', () => {
  const on = (action: string, over: object = {}) =>
    read('pull_request', {
      action,
      repository,
      pull_request: { number: 34, head: { sha } },
      sender: ada,
      ...over,
    })
  const before = 'c'.repeat(40)
  test('A3: who pushed is recorded with the head', () => {
    expect(on('synchronize', { before }).facts).toMatchObject([
      { entry: { actor: ada, body: { sha, before } } },
    ])
    expect(on('opened', { before }).facts).toMatchObject([{ entry: { body: { before: null } } }])
  })
  test.each(['edited', 'closed', 'labeled', 'an action of next year'])('%s is a hint', (action) => {
    expect(on(action)).toMatchObject({ facts: [], keys: [pull] })
  })
  describe('merge groups', () => {
    const base = 'd'.repeat(40)
    const merge_group = {
      head_ref: `refs/heads/gh-readonly-queue/main/pr-34-${base}`,
      head_sha: sha,
      base_sha: base,
      base_ref: 'refs/heads/main',
    }
    const told = (over: object) => read('merge_group', { repository, merge_group, ...over })

    test('T10: what GitHub wants checked is a fact of the group, and no pull request is believed to be in it', () => {
      const { facts, keys } = told({ action: 'checks_requested' })
      expect(keys).toEqual([`group:${repository.full_name}@${sha}`])
      expect(facts).toMatchObject([
        { entry: { body: { kind: 'group.requested', head: sha, base, baseRef: 'main' } } },
      ])
    })
    test('a group that is given up is over', () => {
      expect(told({ action: 'destroyed', reason: 'dequeued' }).facts).toMatchObject([
        { entry: { body: { kind: 'group.destroyed', reason: 'dequeued' } } },
      ])
    })
    test('an action of next year, or a group for no branch, is nothing', () => {
      expect(told({ action: 'paused' })).toMatchObject({ facts: [], keys: [] })
      const tag = { ...merge_group, base_ref: 'refs/tags/v1' }
      expect(told({ action: 'checks_requested', merge_group: tag })).toMatchObject({ facts: [], keys: [] })
    })
  })
})

type Example = { name: string; examples: unknown[] }
const official = createRequire(import.meta.url)('@octokit/webhooks-examples') as Example[]
test.each(official.map(({ name, examples }) => [name, examples] as const))(
  'every official example of %s gives keys, facts that the ledger takes, and a word',
  (name, examples) => {
    for (const payload of examples) {
      const result = read(name, payload)
      expect(result.word).not.toMatch(/cannot read/)
      for (const key of [...result.keys, ...result.facts.map(({ subject }) => subject)])
        expect(parseKey(key)).not.toBeNull()
      for (const { entry } of result.facts) expect(FactBody.safeParse(entry.body).error).toBeUndefined()
    }
  },
)

test('S9: any JSON for any event is answered, never thrown at', () => {
  const events = [
    'issues',
    'issue_comment',
    'pull_request',
    'check_run',
    'push',
    'installation',
    'status',
    'deployment',
  ]
  const odd = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, 0, -1, '', 'labeled', 'created', [], {}),
      fc.string(),
      fc.dictionary(
        fc.constantFrom(
          'action',
          'repository',
          'issue',
          'comment',
          'sender',
          'number',
          'body',
          'id',
          'label',
          'check_run',
        ),
        tie('value'),
      ),
    ),
  })).value
  fc.assert(
    fc.property(fc.constantFrom(...events), odd, (event, payload) => {
      expect(typeof read(event, payload).word).toBe('string')
    }),
    { numRuns: 500 },
  )
})
