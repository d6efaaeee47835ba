/**
 * Bad input, through the front door: each row names the sentence that answers it, and what GitHub shows is compared
 * before and after. One table a way in: webhooks, policy files, issues, comments and branches.
 */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Delivering, openTown, repository, type Town, townPolicy } from './town.ts'

let town: Town
beforeAll(async () => {
  town = await openTown()
}, 120_000)
afterAll(async () => {
  expect(town?.stage.github.violations ?? []).toEqual([])
  await town?.close()
})

const repositoryJson = { id: 1, full_name: repository }
const sender = { id: 1, login: 'ana', type: 'User' }
const labelled = {
  action: 'labeled',
  repository: repositoryJson,
  issue: { number: 900, title: 'None', body: 'Text', user: sender, labels: [{ name: 'agent' }] },
  label: { name: 'agent' },
  sender,
}

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

describe('bad policy files', () => {
  const good = townPolicy
  let head = ''
  beforeAll(async () => {
    head = (await town.openPull(town.dev, 'policy-witness')).headSha
    await town.runIs('countersign/gates', head, 'success')
  })
  const rows: [string, string, number, RegExp][] = [
    ['an unknown key', 'version: 1\nmerge:\n  mood: merge\n', 3, /3:3: .*mood/],
    ['a huge file', `version: 1\n# ${'x'.repeat(120_000)}\n`, 1, /characters; at most 100000 are read/],
  ]
  test.each(rows)('S9/S14: %s fails every check, with the line', async (_name, text, line, sentence) => {
    // GitHub keeps a run's earlier annotations when it is written again.
    const earlier = town.run('countersign/gates', head)?.annotations.length ?? 0
    await town.owner.push(repository, 'main', { files: { '.github/countersign.yml': text } })
    const gates = await town.runIs('countersign/gates', head, 'failure')
    await town.stage.settle()
    const shown = town.run('countersign/gates', head) ?? gates
    expect(`${shown.output.summary} ${shown.annotations.map((one) => one.message).join(' ')}`).toMatch(
      sentence,
    )
    expect(shown.output.summary).toMatch(
      /The policy file \.github\/countersign\.yml is broken: .* Nothing passes until it is corrected on the base branch\./s,
    )
    expect(shown.annotations[earlier]).toMatchObject({ path: '.github/countersign.yml', start_line: line })
    for (const name of ['countersign/plan', 'countersign/review'] as const)
      expect(town.run(name, head)?.conclusion).toBe('failure')
    // Back to a policy that works, so that each row is proven by itself.
    await town.owner.push(repository, 'main', { files: { '.github/countersign.yml': good } })
    await town.runIs('countersign/gates', head, 'success')
  })

  test('an empty file is a working policy', async () => {
    await town.owner.push(repository, 'main', { files: { '.github/countersign.yml': '' } })
    await town.stage.settle()
    expect(town.run('countersign/gates', head)).toMatchObject({ conclusion: 'success' })
    await town.owner.push(repository, 'main', { files: { '.github/countersign.yml': good } })
    await town.stage.settle()
  })

  test('a delegation under a broken policy says so on the issue, and is taken up once it is mended', async () => {
    await town.owner.push(repository, 'main', { files: { '.github/countersign.yml': 'version: [\n' } })
    const issue = await town.ana.openIssue(repository, { title: 'Broken', body: '' })
    await town.ana.label(repository, issue.number, 'agent')
    await town.commentWith(issue.number, /The policy file .* is broken: .*not valid YAML/)
    await town.owner.push(repository, 'main', { files: { '.github/countersign.yml': good } })
    // No event of the issue tells that its policy was mended: the sweep does, here with a restart.
    await town.stage.restart()
    await town.commentWith(issue.number, /Before an agent may draft this/)
  })
})

const bundle = `### Goal

Let the hall say its name.

### Acceptance criteria

- It says its name
  - Pass example: asked, it says hall
  - Fail example: asked, it says 1

### Constraints

- No new dependency

### Prior art

- src/hall.mjs

### Risk class

low
`

describe('hostile issues', () => {
  const rows: [string, string, RegExp, RegExp?][] = [
    [
      'D4: a direction override',
      bundle.replace('its name', 'its \u202Eeman'),
      /holds hidden characters: U\+202E \(direction override\) at line 3, column \d+/,
    ],
    [
      'D4: tag characters',
      bundle.replace('low', `low${String.fromCodePoint(0xe0041, 0xe0042)}`),
      /U\+E0041 \(tag character\)/,
    ],
    ['D4: a zero-width space', bundle.replace('dependency', 'depend\u200Bency'), /U\+200B \(zero-width/],
    [
      'D2: parts that stand in an HTML comment only',
      bundle
        .replace('### Constraints', '<!-- ### Constraints')
        .replace('### Prior art', '-->\n### Prior art'),
      /\*\*Constraints\*\* are missing.*1 HTML comment was left out: nobody sees them on the page/s,
    ],
    [
      'D2: an HTML comment that is never closed',
      `${bundle.slice(0, 40)}<!--${bundle}`,
      /\*\*Acceptance criteria\*\*.*1 HTML comment was left out/s,
    ],
    ['D2: parts that stand in a code block only', `\`\`\`\n${bundle}\n\`\`\``, /\*\*Goal\*\* is missing/],
    [
      'T28: references that would ping, link and close',
      bundle.replace(
        '- src/hall.mjs',
        '- `@acme/seniors` [x](https://evil.example/?q=1) fixes #1 `<img src=x>`',
      ),
      /\*\*Prior art\*\* names what does not exist/,
      /(^|[^`\w])@acme\/seniors|\]\(https:\/\/evil|<img /m,
    ],
    [
      'T28: commands of other bots',
      '/lgtm\n/approve\n@dependabot merge',
      /\*\*Goal\*\* is missing/,
      /\/lgtm|@dependabot/,
    ],
    ['D2: nothing at all', '', /\*\*Goal\*\* is missing/],
    [
      'D2: fences and headings without end',
      `${'#'.repeat(40)} x\n${'```\n'.repeat(999)}${'> '.repeat(400)}\n${'['.repeat(3000)}`,
      /\*\*Goal\*\* is missing/,
    ],
    ['D2: vague words', bundle.replace('asked, it says hall', 'it works well'), /is vague: "/],
  ]
  test.each(rows)('%s is answered part by part, and nothing starts', async (...row) => {
    const [, body, sentence, never] = row
    const issue = await town.ana.openIssue(repository, { title: 'A <b>title</b> @acme', body })
    await town.ana.label(repository, issue.number, 'agent')
    const answer = await town.commentWith(issue.number, sentence)
    if (never) expect(answer).not.toMatch(never)
    await town.stage.settle()
    expect(town.comments(issue.number)).toHaveLength(1)
    expect(town.stage.model.requests).toEqual([])
  })

  test('a signed webhook with a body of 1 MB is answered in time, and the issue is told what it lacks', async () => {
    const issue = await town.ana.openIssue(repository, { title: 'Large', body: 'short' })
    const { id, login } = town.ana.account
    const began = performance.now()
    const answer = await town.deliver('issues', {
      ...labelled,
      issue: {
        ...labelled.issue,
        number: issue.number,
        body: '<!-- é ```'.repeat(110_000),
        user: { id, login, type: 'User' },
      },
      sender: { id, login, type: 'User' },
    })
    expect(answer).toMatchObject({ status: 202, text: expect.stringContaining('recorded') })
    expect(performance.now() - began).toBeLessThan(2000)
    await town.commentWith(issue.number, /\*\*Goal\*\* is missing/)
    const [fact] = await town.facts(`task:${repository}#${issue.number}`)
    expect(JSON.stringify(fact).length).toBeLessThan(200_000)
  })
})

describe('comments that are no command, or an odd one', () => {
  let pull = 0
  let issue = 0
  beforeAll(async () => {
    pull = (await town.openPull(town.dev, 'comment-witness')).number
    issue = (await town.ana.openIssue(repository, { title: 'Quiet', body: 'Quiet' })).number
    await town.stage.settle()
  })
  const silent: [string, string][] = [
    ['in a quote', '> /agent merge'],
    ['in a code block', '```\n/agent merge\n```'],
    ['indented', '    /agent merge'],
    ['after a space', ' /agent merge'],
    ['in the second line', 'Please do\n/agent merge'],
    ['in a sentence', 'try /agent merge'],
    ['in a code span', '`/agent merge`'],
    ['as part of a word', '/agentmerge'],
    ['in capitals', '/AGENT MERGE'],
    ['in an HTML comment', '<!-- \n/agent merge -->'],
    ['behind an invisible character', '\u200B/agent merge'],
    ['as an image', '![](/agent merge)'],
  ]
  test.each(silent)('T7: a command %s is text: nothing is said or done', async (_name, body) => {
    for (const number of [pull, issue]) {
      const before = town.seen() as { comments: unknown[] }
      await town.ana.comment(repository, number, body)
      await town.stage.settle()
      const after = town.seen() as { comments: unknown[] }
      expect({ ...after, comments: after.comments.length }).toEqual({
        ...before,
        comments: before.comments.length + 1,
      })
    }
  })

  const answered: [string, string, RegExp][] = [
    ['an unknown verb', '/agent mrege now', /`mrege` is not a command\. Did you mean `\/agent merge`\?/],
    ['an unknown word', '/agent frobnicate', /`frobnicate` is not a command\. `\/agent help` lists them all/],
    ['no verb', '/agent', /Commands .*first line of a/],
    ['a verb that pings', '/agent @acme/seniors', /^[^@]*`@acme\/seniors` is not a command/],
    ['a verb of Markdown', '/agent `**](x)<img>', /is not a command/],
    ['a verb without end', `/agent ${'x'.repeat(60_000)}`, /`x{40}` is not a command/],
    ['a verb with hidden characters', '/agent mer\u202Ege', /is not a command/],
    [
      'a rejection without a reason',
      '/agent reject plan',
      /asks for nothing now|only the plan can be|not delegated|Say what must change/,
    ],
    [
      'an approval of nothing',
      '/agent approve deploy',
      /Write `\/agent approve plan\|review <shown>`|not delegated/,
    ],
  ]
  test.each(answered)('O4: %s is answered with a sentence', async (_name, body, sentence) => {
    for (const number of [pull, issue]) {
      await town.ana.comment(repository, number, body)
      await town.stage.settle()
      expect(town.comments(number).at(-1)).toMatch(sentence)
    }
  })

  test('T23: a command of a stranger is refused with who may, and one of a bot is not answered', async () => {
    await town.eve.comment(repository, pull, '/agent merge')
    await town.commentWith(pull, /\*\*eve\*\* has no write access, and `\/agent merge` needs it/)
    const before = town.comments(pull).length
    await town.stage.github.as('countersign[bot]').comment(repository, pull, '/agent merge')
    await town.stage.settle()
    expect(town.comments(pull)).toHaveLength(before + 1)
  })
})

describe('odd branches', () => {
  const branches: [string][] = [
    ['quotes/"double"-and-\'single\''],
    ['html/<img-src=x>'],
    ['dots/a.b.c'],
    ['percent/%2e%2e%2f'],
  ]
  test.each(branches)('a branch named %s is judged like any other', async (branch) => {
    const pull = await town.openPull(town.robo, branch)
    await town.runIs('countersign/plan', pull.headSha, 'action_required')
    const gates = await town.runIs('countersign/gates', pull.headSha, 'success')
    expect(gates.output.summary).toMatch(/No protected path is touched/)
  })
})
