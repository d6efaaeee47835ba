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
    expect(submitted('approved', ada)).toMatchObject({ keys: [pull], hints: [] })
    expect(submitted('commented', ada)).toMatchObject({ keys: [], hints: [pull] })
    expect(submitted('commented', robot)).toMatchObject({ keys: [], hints: [] })
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
  test('O6: what an event tells of branch and state need not be read again; anything else makes it old', () => {
    const pull_request = { number: 34, head: { sha, ref: 'topic' }, draft: false, state: 'closed' }
    const told = { ref: 'topic', sha, pull: { number: 34, draft: false, state: 'closed' } }
    for (const action of ['opened', 'synchronize', 'ready_for_review', 'closed'])
      expect(on(action, { pull_request })).toMatchObject({ moved: [told] })
    for (const action of ['edited', 'labeled', 'converted_to_draft', 'reopened'])
      expect(on(action, { pull_request }).moved).toEqual([])
    // An event that does not tell the state says nothing of it.
    const { state: _, ...less } = pull_request
    expect(on('closed', { pull_request: less }).moved).toEqual([])
  })
  test('P7: a task hears that its pull request was closed or opened again', () => {
    const keys = (action: string, ref: string) =>
      on(action, { pull_request: { number: 34, head: { sha, ref } } }).keys
    for (const action of ['closed', 'reopened'])
      expect(keys(action, 'agent/12-limit')).toEqual([pull, `task:${repository.full_name}#12`])
    expect(keys('labeled', 'agent/12-limit')).toEqual([pull])
    expect(keys('closed', 'topic')).toEqual([pull])
  })
  test('O6, T45: nothing is based on a branch that we have just made; somebody else may have made it for that', () => {
    const pushed = (sender: unknown, created: boolean) =>
      read('push', { repository, ref: 'refs/heads/agent/1-x', after: sha, created, sender }).bases
    expect(pushed(robot, true)).toEqual([])
    for (const [sender, created] of [
      [robot, false],
      [ada, true],
      [undefined, true],
    ] as const)
      expect(pushed(sender, created)).toMatchObject([{ ref: 'agent/1-x' }])
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

describe('deployments', () => {
  const environment = 'production'
  const rollout = `rollout:${repository.full_name}@${environment}`
  const address = (run: string, of = repository.full_name, server = 'https://api.github.com') =>
    `${server}/repos/${of}/actions/runs/${run}/deployment_protection_rule`
  const from = (server: string) => ({
    deployment_callback_url: address('41', repository.full_name, server),
  })
  const asked = (over: object = {}) =>
    read('deployment_protection_rule', {
      action: 'requested',
      repository,
      environment,
      event: 'push',
      deployment_callback_url: address('41'),
      deployment: { id: 7, sha, environment },
      pull_requests: [],
      sender: ada,
      ...over,
    })
  const fact = { kind: 'rule.asked', environment, sha, runId: 41, deploymentId: 7, event: 'push' }

  test.each(['deployment', 'deployment_status'])(
    'R1: %s is a hint for its environment, and no more',
    (event) => {
      const told = (over: object) => read(event, { action: 'created', repository, ...over })
      expect(told({ deployment: { environment } })).toMatchObject({ facts: [], keys: [rollout] })
      expect(told({ environment, deployment: null })).toMatchObject({ facts: [], keys: [rollout] })
      expect(told({})).toMatchObject({ facts: [], keys: [], word: 'ignored: no environment' })
      // GitHub ignores the case of environments, and tells it as somebody wrote it.
      expect(told({ deployment: { environment: 'PRODuction' } })).toMatchObject({ keys: [rollout] })
    },
  )
  test('R2: a job that asks to deploy is a fact of the rollout', () => {
    expect(asked()).toMatchObject({
      keys: [rollout],
      facts: [{ subject: rollout, entry: { actor: ada, delivery: 'guid', body: fact } }],
    })
    expect(asked().facts[0]?.entry.body).toEqual(fact)
  })
  test('R2: GitHub ignores the case of environments: it is one rollout, and is answered under the name that asked', () => {
    const told = asked({ environment: 'Production' })
    expect(told).toMatchObject({ keys: [rollout], facts: [{ subject: rollout }] })
    expect(told.facts[0]?.entry.body).toEqual({ ...fact, environment: 'Production' })
  })
  test.each<[string, object, object]>([
    ['a server of its own', from('https://git.acme.example/api/v3'), {}],
    ['any host, since nobody asks it', from('http://169.254.169.254'), {}],
    ['the name in other letters', { deployment_callback_url: address('41', 'OCTO/Repo') }, {}],
    ['no deployment', { deployment: null, sha }, { deploymentId: null }],
    ['no word of what started it', { event: undefined }, { event: '' }],
    [
      'an environment with spaces and signs',
      { environment: 'EU / prod (1) @ #2' },
      { environment: 'EU / prod (1) @ #2' },
    ],
  ])('R2: with %s it is one too', (_, over, expected) => {
    const { facts, keys } = asked(over)
    expect(facts[0]?.entry.body).toEqual({ ...fact, ...expected })
    expect(FactBody.safeParse(facts[0]?.entry.body).error).toBeUndefined()
    expect(keys.map(parseKey)).toMatchObject([{ kind: 'rollout', repository: repository.full_name }])
  })
  test('R2: the longest name is still a key when it is folded, and another spelling is no second key', () => {
    const [key = ''] = asked({ environment: '\u0130'.repeat(255) }).keys
    expect(parseKey(key)).toMatchObject({ kind: 'rollout', environment: 'i\u0307'.repeat(255) })
    expect(parseKey(rollout.replace('production', 'Production'))).toBeNull()
  })
  test('R2: without a sender, or with an odd one, the job still waits', () => {
    for (const sender of [undefined, null, { id: 'x' }])
      expect(asked({ sender }).facts).toMatchObject([{ entry: { actor: null, body: fact } }])
  })
  test.each<[string, object]>([
    ['no environment', { environment: undefined }],
    ['an empty environment', { environment: '' }],
    ['an environment that is too long', { environment: 'p'.repeat(256) }],
    ['an environment of two lines', { environment: 'production\nstaging' }],
    ['an environment with a carriage return', { environment: 'production\rstaging' }],
    ['an environment with a line separator', { environment: 'production\u2028staging' }],
    ['an environment with half of a character', { environment: 'production\ud800' }],
    ['no address', { deployment_callback_url: undefined }],
    ['an address that is none', { deployment_callback_url: 'actions/runs/41' }],
    ['T35: the address of another repository', { deployment_callback_url: address('41', 'octo/other') }],
    [
      'T35: an address that climbs to another',
      { deployment_callback_url: address('41', 'octo/repo/../other') },
    ],
    ['an address of something else', { deployment_callback_url: address('41').replace(/rule$/, 'rules') }],
    ['a run of no number', { deployment_callback_url: address('0') }],
    ['a run of a negative number', { deployment_callback_url: address('-41') }],
    ['a run of a broken number', { deployment_callback_url: address('4.1') }],
    ['a run beyond all numbers', { deployment_callback_url: address('9'.repeat(16)) }],
    ['a run in words', { deployment_callback_url: address('41%2F..%2F42') }],
    ['an endless address', { deployment_callback_url: `${address('41')}?${'x'.repeat(3000)}` }],
    ['no commit', { deployment: null }],
    ['a commit that is none', { deployment: { id: 7, sha: 'main' } }],
    ['an event beyond any bound', { event: 'x'.repeat(61) }],
    ['another action', { action: 'withdrawn' }],
  ])('S9: with %s it is ignored, with a word', (_, over) => {
    const result = asked(over)
    expect(result).toMatchObject({ facts: [], keys: [] })
    expect(result.word).toMatch(/^ignored: /)
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
    'deployment_protection_rule',
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
          'environment',
          'deployment',
          'deployment_callback_url',
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
