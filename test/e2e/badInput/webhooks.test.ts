/** Bad webhooks: each is answered at once, with its status and its sentence, and does nothing. */
import { request } from 'node:http'
import { describe, expect, jest, test } from '@jest/globals'
import { type Delivering, repository, type Town } from '../town.ts'
import { labelled, openForSuite, repositoryJson, sender } from './setUp.ts'

jest.setTimeout(180_000)

let town: Town
openForSuite((opened) => {
  town = opened
})

describe('bad webhooks', () => {
  const rows: [string, number, RegExp, string, unknown, Delivering?][] = [
    [
      'T33: unsigned',
      401,
      /X-Hub-Signature-256 is missing/,
      'issues',
      labelled,
      { headers: { 'x-hub-signature-256': undefined } },
    ],
    [
      'T33: wrongly signed',
      401,
      /the signature does not fit the body: WEBHOOK_SECRET must be the secret/,
      'issues',
      labelled,
      { headers: { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` } },
    ],
    [
      'T33: a signature of the old form',
      401,
      /not of the form sha256=<64 hex digits>/,
      'issues',
      labelled,
      { headers: { 'x-hub-signature-256': 'sha1=aa' } },
    ],
    [
      'not JSON',
      400,
      /the body is not JSON: choose the content type/,
      'issues',
      null,
      { body: 'payload=%7B' },
    ],
    ['cut JSON', 400, /the body is not JSON/, 'issues', null, { body: '{"action": "labe' }],
    [
      'an event name that is none',
      400,
      /must name the event/,
      'issues',
      labelled,
      { headers: { 'x-github-event': 'a b' } },
    ],
    ['an unknown event', 202, /not an event that Countersign uses/, 'sponsorship', { action: 'created' }],
    ['a payload that is a number', 202, /cannot read the payload/, 'issues', 7],
    ['an odd repository', 202, /cannot read repository/, 'push', { repository: [], ref: 'refs/heads/main' }],
    [
      'an issue with an odd number',
      202,
      /cannot read issue.number/,
      'issues',
      { ...labelled, issue: { ...labelled.issue, number: '1; DROP TABLE' } },
    ],
    [
      'a pull request with an odd head',
      202,
      /cannot read pull_request.head.sha/,
      'pull_request',
      {
        action: 'opened',
        repository: repositoryJson,
        pull_request: { number: 1, head: { sha: '../../main' } },
      },
    ],
    [
      'a press of a button that nobody made',
      202,
      /not a press of a button that we made/,
      'check_run',
      {
        action: 'requested_action',
        repository: repositoryJson,
        check_run: {
          id: 1,
          name: 'countersign/plan',
          head_sha: 'a'.repeat(40),
          external_id: 'x',
          app: null,
          pull_requests: [],
        },
        requested_action: { identifier: 'a:0000000000000000' },
        sender,
      },
    ],
    // The repository is real, the issue is not: the round finds nothing, and says nothing anywhere.
    [
      'without installation, for an issue that is not there',
      202,
      /issue labeled: recorded/,
      'issues',
      labelled,
    ],
  ]
  test.each(rows)('%s is answered with %i and %s', async (...row) => {
    const [name, status, sentence, event, payload, how] = row
    const before = town.seen()
    const given = name.startsWith('a press')
      ? JSON.parse(JSON.stringify(payload).replace('"app":null', `"app":{"id":${town.stage.github.app.id}}`))
      : payload
    expect(await town.deliver(event, given, how)).toMatchObject({
      status,
      text: expect.stringMatching(sentence),
    })
    await town.stage.settle()
    expect(town.seen()).toEqual(before)
  })

  test('a body over 25 MB is answered with 413 and the bound, before it is read', async () => {
    const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const sending = request(`${town.stage.app.url}/api/github/webhooks`, {
        method: 'POST',
        headers: {
          'content-length': 25 * 1024 * 1024 + 1,
          'x-github-event': 'issues',
          'x-github-delivery': 'big',
          'x-hub-signature-256': `sha256=${'0'.repeat(64)}`,
        },
      })
      sending.on('error', reject)
      sending.on('response', (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString()
        })
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text })
          sending.destroy()
        })
      })
      sending.flushHeaders()
    })
    expect(answer).toMatchObject({
      status: 413,
      text: expect.stringMatching(/over 26214400 bytes, the most GitHub sends/),
    })
  })

  test('D4: a real label without `installation` in its payload is served all the same', async () => {
    const issue = await town.ana.openIssue(repository, { title: 'No installation', body: 'Nothing yet' })
    const { account } = town.ana
    const answer = await town.deliver('issues', {
      ...labelled,
      issue: {
        number: issue.number,
        title: issue.title,
        body: issue.body,
        user: { id: account.id, login: account.login, type: 'User' },
        labels: [{ name: 'agent' }],
      },
      sender: { id: account.id, login: account.login, type: 'User' },
    })
    expect(answer.status).toBe(202)
    await town.commentWith(issue.number, /Before an agent may draft this, the issue needs \(D2\)/)
  })
})
