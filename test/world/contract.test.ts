// The contract checker: what GitHub's description allows passes, everything else is named.
import { createRequire } from 'node:module'
import { describe, expect, test } from '@jest/globals'
import { unknownKeys } from '../../world/contract/closedWorld.ts'
import { createContract } from '../../world/contract/contract.ts'

const contract = createContract()
const examples = createRequire(import.meta.url)('@octokit/webhooks-examples') as {
  default?: unknown
  [host: string]: unknown
}

const CREATE_RUN = { method: 'POST', template: '/repos/{owner}/{repo}/check-runs' }
const SHA = '009b8a3a9ccbb128af87f9b1c0f4c62e8a304f6d'
const run = (body: unknown) =>
  contract.request({ ...CREATE_RUN, params: { owner: 'acme', repo: 'ledgerly' }, query: {}, body })
const action = (label: string, identifier: string) => ({ label, identifier, description: 'Approve the plan' })
const waiting = {
  name: 'countersign/plan',
  head_sha: SHA,
  status: 'completed',
  conclusion: 'action_required',
}

const simpleUser = {
  login: 'ada',
  id: 7,
  node_id: 'U_7',
  avatar_url: 'https://avatars.example/7',
  gravatar_id: '',
  url: 'https://api.example/users/ada',
  html_url: 'https://example/ada',
  followers_url: 'https://api.example/users/ada/followers',
  following_url: 'https://api.example/users/ada/following{/other_user}',
  gists_url: 'https://api.example/users/ada/gists{/gist_id}',
  starred_url: 'https://api.example/users/ada/starred{/owner}{/repo}',
  subscriptions_url: 'https://api.example/users/ada/subscriptions',
  organizations_url: 'https://api.example/users/ada/orgs',
  repos_url: 'https://api.example/users/ada/repos',
  events_url: 'https://api.example/users/ada/events{/privacy}',
  received_events_url: 'https://api.example/users/ada/received_events',
  type: 'User',
  site_admin: false,
}
const comment = {
  id: 1,
  node_id: 'IC_1',
  url: 'https://api.example/repos/acme/ledgerly/issues/comments/1',
  html_url: 'https://example/acme/ledgerly/issues/12#issuecomment-1',
  issue_url: 'https://api.example/repos/acme/ledgerly/issues/12',
  body: '/agent status',
  user: simpleUser,
  created_at: '2026-01-02T03:04:05Z',
  updated_at: '2026-01-02T03:04:05Z',
  author_association: 'MEMBER',
}
const GET_COMMENT = { method: 'GET', template: '/repos/{owner}/{repo}/issues/comments/{comment_id}' }

describe('world: requests', () => {
  test('a check run that waits with three buttons conforms', () => {
    const actions = [action('Approve', 'a'), action('Request changes', 'b'), action('Merge', 'c')]
    expect(run({ ...waiting, output: { title: 'Plan', summary: 'Waiting' }, actions })).toEqual([])
  })

  test.each([
    [
      'a 4th button',
      { actions: ['a', 'b', 'c', 'd'].map((id) => action(id, id)) },
      /\$\.actions must NOT have more than 3/,
    ],
    [
      'a 21st character in an identifier',
      { actions: [action('Approve', 'x'.repeat(21))] },
      /identifier must NOT have more than 20/,
    ],
    [
      'a 21st character in a label',
      { actions: [action('x'.repeat(21), 'a')] },
      /label must NOT have more than 20/,
    ],
    [
      '65,536 characters of summary',
      { output: { title: 't', summary: 'x'.repeat(65_536) } },
      /summary must NOT have more than 65535/,
    ],
    [
      'an unknown conclusion',
      { conclusion: 'approved' },
      /conclusion must be equal to one of the allowed values/,
    ],
    ['an invented field', { colour: 'green' }, /\$\.colour is not a field of GitHub's/],
    [
      'an invented field inside output',
      { output: { title: 't', summary: 's', tone: 'kind' } },
      /\$\.output\.tone/,
    ],
  ])('%s is a violation', (_, change, message) => {
    const body: unknown = JSON.parse(JSON.stringify({ ...waiting, ...change }))
    expect(run(body).join('\n')).toMatch(message)
  })

  test('completing a run without a conclusion is a violation, and its two shapes do not open the object', () => {
    const params = { owner: 'acme', repo: 'ledgerly', check_run_id: '5' }
    const update = {
      method: 'PATCH',
      template: '/repos/{owner}/{repo}/check-runs/{check_run_id}',
      params,
      query: {},
    }
    expect(contract.request({ ...update, body: { status: 'in_progress' } })).toEqual([])
    expect(contract.request({ ...update, body: { status: 'completed' } }).join()).toMatch(/'conclusion'/)
    expect(contract.request({ ...update, body: { status: 'in_progress', mood: 1 } }).join()).toMatch(
      /\$\.mood/,
    )
  })

  test('an operation that is not listed is a violation that says what to do', () => {
    const gists = { method: 'GET', template: '/gists', params: {}, query: {}, body: undefined }
    expect(contract.request(gists)).toEqual([
      'GET /gists: not in operations.schema.json; list it in operations.json and run generate.mjs',
    ])
  })

  test('path and query parameters are checked by name, type and enumeration', () => {
    const list = { method: 'GET', template: '/repos/{owner}/{repo}/pulls', body: undefined }
    const params = { owner: 'acme', repo: 'ledgerly' }
    expect(contract.request({ ...list, params, query: { state: 'open', per_page: '100' } })).toEqual([])
    const wrong = contract.request({
      ...list,
      params: { owner: 'acme' },
      query: { state: 'ajar', per_page: 'many', colour: 'red' },
    })
    expect(wrong).toHaveLength(4)
    expect(wrong.join('\n')).toMatch(
      /"repo" is missing[\s\S]*state" may not be[\s\S]*per_page" may not be[\s\S]*"colour" is not/,
    )
  })

  test('a missing required body is a violation; a body on a GET is one too', () => {
    expect(run(undefined).join()).toMatch(/no body, which GitHub requires/)
    const read = {
      ...GET_COMMENT,
      params: { owner: 'a', repo: 'b', comment_id: '1' },
      query: {},
      body: { x: 1 },
    }
    expect(contract.request(read).join()).toMatch(/has a body/)
  })
})

describe('world: answers', () => {
  test('a conforming answer passes', () => {
    expect(contract.response(GET_COMMENT, 200, comment)).toEqual([])
  })

  test('nullable references may be null: a comment of a deleted account', () => {
    expect(contract.response(GET_COMMENT, 200, { ...comment, user: null })).toEqual([])
    expect(contract.response(GET_COMMENT, 200, { ...comment, user: 7 })).not.toEqual([])
  })

  test('an invented field is found at every depth', () => {
    const invented = { ...comment, mood: 'good', user: { ...simpleUser, shoe_size: 43 } }
    const found = contract.response(GET_COMMENT, 200, invented).join('\n')
    expect(found).toMatch(/ \$\.mood is not a field/)
    expect(found).toMatch(/ \$\.user\.shoe_size is not a field/)
    const listed = contract.response(
      { method: 'GET', template: '/repos/{owner}/{repo}/issues/{issue_number}/comments' },
      200,
      [comment, invented],
    )
    expect(listed.join()).toMatch(/\$\[1\]\.user\.shoe_size/)
  })

  test('a missing field and a wrong date are violations', () => {
    const { node_id: _, ...rest } = comment
    const wrong = contract.response(GET_COMMENT, 200, { ...rest, created_at: 'yesterday' })
    expect(wrong.join('\n')).toMatch(/required property 'node_id'/)
    expect(wrong.join('\n')).toMatch(/created_at must match format "date-time"/)
  })

  test('statuses: an undescribed success is a violation, errors have the shape of errors', () => {
    expect(contract.response(GET_COMMENT, 202, {})).toEqual([expect.stringMatching(/does not answer 202/)])
    expect(
      contract.response(GET_COMMENT, 403, { message: 'Resource not accessible by integration' }),
    ).toEqual([])
    expect(contract.response(GET_COMMENT, 403, { error: 'no' })).not.toEqual([])
    expect(contract.response(GET_COMMENT, 404, { message: 'Not Found', hint: 'x' }).join()).toMatch(/hint/)
  })

  test('204 has no body', () => {
    const remove = { method: 'DELETE', template: '/repos/{owner}/{repo}/issues/comments/{comment_id}' }
    expect(contract.response(remove, 204, undefined)).toEqual([])
    expect(contract.response(remove, 204, {})).not.toEqual([])
  })
})

describe('world: webhooks', () => {
  const payloads = (
    (Array.isArray(examples) ? examples : (examples['api.github.com'] ?? examples.default)) as {
      name: string
      examples: { action?: string }[]
    }[]
  ).flatMap(({ name, examples: all }) => all.map((payload) => ({ name, payload })))
  const known = payloads.filter(
    ({ name, payload }) => !contract.webhook(name, payload)[0]?.includes('operations.json'),
  )

  test("GitHub's own example payloads mostly conform: the examples are older than the description", () => {
    const conforming = known.filter(({ name, payload }) => contract.webhook(name, payload).length === 0)
    expect(known.length).toBeGreaterThan(150)
    expect(conforming.length).toBeGreaterThan(100)
  })

  test('an invented field in any conforming example is found', () => {
    const conforming = known.filter(({ name, payload }) => contract.webhook(name, payload).length === 0)
    for (const { name, payload } of conforming) {
      expect(contract.webhook(name, { ...payload, invented: 1 })).toEqual([
        `webhook ${[name, payload.action].filter(Boolean).join('.')} $.invented is not a field of GitHub's`,
      ])
    }
  })

  test('an unknown event and an unknown action are violations', () => {
    expect(contract.webhook('sponsorship', { action: 'created' }).join()).toMatch(
      /sponsorship\.created: not in/,
    )
    expect(contract.webhook('issues', { action: 'pondered' }).join()).toMatch(/issues\.pondered: not in/)
  })
})

describe('world: the closed-world walk', () => {
  test.each([
    ['no listed keys: open', { type: 'object' }, { a: 1 }, []],
    ['additionalProperties true: open', { properties: { a: {} }, additionalProperties: true }, { b: 1 }, []],
    [
      'additionalProperties a schema: walked',
      { additionalProperties: { properties: { a: {} } } },
      { x: { b: 1 } },
      ['$.x.b'],
    ],
    [
      'allOf adds up',
      { allOf: [{ properties: { a: {} } }, { properties: { b: {} } }] },
      { a: 1, b: 1, c: 1 },
      ['$.c'],
    ],
    [
      'a refinement does not open',
      { properties: { a: {} }, anyOf: [{ additionalProperties: true }] },
      { b: 1 },
      ['$.b'],
    ],
    [
      'alternatives by fixed value',
      {
        anyOf: [{ properties: { t: { enum: ['x'] }, x: {} } }, { properties: { t: { enum: ['y'] }, y: {} } }],
      },
      { t: 'x', y: 1 },
      ['$.y'],
    ],
    [
      'inherited names are unknown',
      { properties: { a: {} } },
      JSON.parse('{"constructor": 1, "__proto__": 2}'),
      ['$.constructor', '$.__proto__'],
    ],
  ])('%s', (_, schema, value, expected) => {
    expect(unknownKeys(schema, value, {})).toEqual(expected)
  })
})
