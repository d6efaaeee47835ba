/** What a signed delivery leads to: facts in the ledger, rounds in the queue; doubled, odd and failing ones included. */
import { afterEach, expect, test } from '@jest/globals'
import { systemClock } from '../../src/adapters/clock.ts'
import { openLedger } from '../../src/adapters/ledger/open.ts'
import { silentLog } from '../../src/adapters/log.ts'
import { bullQueue } from '../../src/adapters/queue/bull/queue.ts'
import { inProcessQueue } from '../../src/adapters/queue/inProcess/queue.ts'
import { RetryLater } from '../../src/core/errors.ts'
import { describeWith } from '../support/require.ts'
import { startPostgres, startRedis } from '../support/servers.ts'
import { ada, comment, type Door, issue, openDoor, repository, sha } from './door.ts'

const tools = { clock: systemClock, log: silentLog }
const task = 'task:octo/repo#12'
const pull = 'pull:octo/repo#34'
const labelled = { action: 'labeled', repository, issue: issue(), label: { name: 'agent' }, sender: ada }

let door: Door
afterEach(() => door.close())

test('D4: a label is recorded with the text of that moment before the answer, then its round runs', async () => {
  door = await openDoor()
  const answer = await door.deliver('issues', labelled, { id: 'guid-label' })
  expect(answer).toMatchObject({ status: 202, text: 'issue labeled: recorded\n' })
  expect(await door.ledger.facts(task)).toMatchObject([
    {
      actor: ada,
      delivery: 'guid-label',
      body: { kind: 'issue.delegated', label: 'agent', body: 'The text' },
    },
  ])
  await door.settle()
  expect(door.rounds).toEqual([task])
})

test('T12/S7: a redelivery records nothing twice and runs the round again', async () => {
  door = await openDoor()
  await door.deliver('issues', labelled, { id: 'same' })
  await door.settle()
  expect(await door.deliver('issues', labelled, { id: 'same' })).toMatchObject({ status: 202 })
  await door.settle()
  expect(await door.ledger.facts(task)).toHaveLength(1)
  expect(door.rounds).toEqual([task, task])
})

test('T12: the redelivery of a delivery that failed halfway is not swallowed', async () => {
  const queue = inProcessQueue(tools)
  let down = true
  door = await openDoor({
    queue: {
      ...queue,
      reconcile: (key) =>
        down ? Promise.reject(new RetryLater('the queue is down', 1000)) : queue.reconcile(key),
    },
  })
  expect(await door.deliver('issues', labelled, { id: 'again' })).toMatchObject({ status: 503 })
  down = false
  expect(await door.deliver('issues', labelled, { id: 'again' })).toMatchObject({ status: 202 })
  await door.settle()
  expect(await door.ledger.facts(task)).toHaveLength(1)
  expect(door.rounds).toEqual([task])
})

test('O4: a command is recorded and acknowledged', async () => {
  door = await openDoor()
  const payload = {
    action: 'created',
    repository,
    issue: issue({ pull_request: {} }),
    comment: comment('/agent stop'),
    sender: ada,
  }
  await door.deliver('issue_comment', payload)
  await door.settle()
  expect(await door.ledger.facts('pull:octo/repo#12')).toMatchObject([{ body: { verb: 'stop', on: 'pull' } }])
  expect(door.acknowledged).toEqual([500])
})

test('hints that name no pull request are looked up behind the answer', async () => {
  const installed: string[] = []
  door = await openDoor({
    resolvers: {
      withHead: async (name, head) => (name === 'octo/repo' && head === sha ? [pull] : []),
      onBase: async (_, ref) => (ref === 'main' ? ['pull:octo/repo#35'] : []),
      onInstalled: async (names) => void installed.push(...names),
    },
  })
  await door.deliver('status', { repository, sha })
  await door.deliver('push', { repository, ref: 'refs/heads/main' })
  await door.deliver('installation', { action: 'created', repositories: [{ full_name: 'octo/repo' }] })
  await door.settle()
  expect(door.rounds.sort()).toEqual([pull, 'pull:octo/repo#35'])
  expect(installed).toEqual(['octo/repo'])
})

test('a closed queue is 503 within a second, and not ready', async () => {
  door = await openDoor()
  await door.queue.close(0)
  expect(await door.deliver('issues', labelled)).toMatchObject({
    status: 503,
    text: expect.stringContaining('again'),
  })
  expect((await fetch(`${door.server.url}/readyz`)).status).toBe(503)
})

const odd: [string, string, unknown, RegExp][] = [
  ['an unknown event', 'sponsorship', { action: 'created' }, /not an event that Countersign uses/],
  ["an event named like an object's own", 'constructor', {}, /not an event/],
  ['null', 'issues', null, /cannot read the payload/],
  ['a list', 'pull_request', [1], /cannot read the payload/],
  ['a word', 'issue_comment', 'hello', /cannot read the payload/],
  ['no repository', 'issues', { ...labelled, repository: undefined }, /cannot read repository/],
  [
    'a repository name with a path',
    'issues',
    { ...labelled, repository: { full_name: '../../etc' } },
    /repository.full_name/,
  ],
  ['a number that is none', 'issues', { ...labelled, issue: issue({ number: '12' }) }, /issue.number/],
  ['a negative number', 'issues', { ...labelled, issue: issue({ number: -1 }) }, /issue.number/],
  ['no installation', 'issues', { ...labelled, installation: undefined }, /recorded/],
  ['a body that is null', 'issues', { ...labelled, issue: issue({ body: null }) }, /recorded/],
  ['a body of 1 MB', 'issues', { ...labelled, issue: issue({ body: 'é'.repeat(1_000_000) }) }, /recorded/],
  ['NUL and lone surrogates', 'issues', { ...labelled, issue: issue({ body: 'a\0\ud800' }) }, /recorded/],
  ['no sender', 'issues', { ...labelled, sender: undefined }, /issue labeled\n/],
  ['a sender that is odd', 'issues', { ...labelled, sender: { id: 'x' } }, /issue labeled\n/],
  [
    'a head that is no SHA',
    'pull_request',
    { action: 'opened', repository, pull_request: { number: 1, head: { sha: 'main' } } },
    /head.sha/,
  ],
  ['a push of a tag', 'push', { repository, ref: 'refs/tags/v1' }, /not a branch/],
  [
    'a check run without pull requests',
    'check_run',
    { action: 'completed', repository, check_run: { id: 1, name: 'x', pull_requests: null } },
    /check run/,
  ],
]
test('odd payloads are answered with 202 and a word', async () => {
  door = await openDoor()
  for (const [name, event, payload, text] of odd) {
    const answer = await door.deliver(event, payload)
    expect({ name, ...answer }).toMatchObject({ name, status: 202, text: expect.stringMatching(text) })
  }
  expect(await door.ledger.verify()).toMatchObject({ ok: true })
})

describeWith('postgres', 'with PostgreSQL', () => {
  test('a stopped server is 503 within a second, and nothing is queued', async () => {
    const server = await startPostgres()
    door = await openDoor({ ledger: await openLedger({ databaseUrl: server.url }, tools) })
    expect(await door.deliver('issues', labelled)).toMatchObject({ status: 202 })
    await server.stop('SIGQUIT')
    const answer = await door.deliver('issues', labelled)
    expect(answer).toMatchObject({ status: 503, text: expect.stringContaining('does not answer') })
    expect(answer.ms).toBeLessThan(1000)
    await door.settle()
    expect(door.rounds).toEqual([task])
    expect((await fetch(`${door.server.url}/readyz`)).status).toBe(503)
  })

  test('a silent server is 503 within a second', async () => {
    const server = await startPostgres()
    door = await openDoor({ ledger: await openLedger({ databaseUrl: server.url, connections: 1 }, tools) })
    // The server's backend of our one connection, not only its parent.
    const { default: pg } = await import('pg')
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    const { rows } = await client.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'countersign'`,
    )
    for (const { pid } of rows) process.kill(pid, 'SIGSTOP')
    const answer = await door.deliver('issues', labelled)
    for (const { pid } of rows) process.kill(pid, 'SIGCONT')
    expect(answer.status).toBe(503)
    expect(answer.ms).toBeLessThan(1000)
    await client.end()
    await door.server.close(0)
    await door.ledger.close()
    await server.stop()
    door = await openDoor()
  })
})

describeWith('redis', 'with Redis', () => {
  test('a stopped Redis is 503 within a second; the facts are kept and the redelivery is accepted', async () => {
    const server = await startRedis()
    const queue = await bullQueue({ redisUrl: server.url, prefix: 'door' }, tools)
    door = await openDoor({ queue })
    expect(await door.deliver('issues', labelled, { id: 'first' })).toMatchObject({ status: 202 })
    await server.stop('SIGKILL')
    const answer = await door.deliver('issues', labelled, { id: 'second' })
    expect(answer).toMatchObject({ status: 503, text: expect.stringContaining('Redis does not answer') })
    expect(answer.ms).toBeLessThan(1000)
    expect(await door.ledger.facts(task)).toHaveLength(2)
    expect((await fetch(`${door.server.url}/readyz`)).status).toBe(503)
  })
})
