/** Secrets by the forms that providers publish: each is found, and what nobody could use is not. */
import { describe, expect, test } from '@jest/globals'
import { linesPerFile } from '../../src/adapters/workspace/gitPatch.ts'
import { commit, file } from '../support/snapshots.ts'
import { input, range, run } from './input.ts'

const judge = (text: string) =>
  run('secrets', input([file('src/x.ts', { added: [{ line: 3, text }], removed: [] })]))
/** Put together here, so that this file holds none. */
const made = (begin: string, rest: string, length: number) =>
  begin + rest.repeat(Math.ceil(length / rest.length)).slice(0, length)

describe('G16: each form is found, and never repeated', () => {
  test.each([
    ['an OpenAI project key', made('sk-proj-', 'Ab_-9', 60)],
    ['an OpenAI service key', made('sk-svcacct-', 'A_b-c', 60)],
    ['a Google key that ends in a dash', `${made('AIza', 'Ab3-', 34)}-`],
    ['an AWS key', made('AKIA', 'ABCDEFGH', 16)],
    [
      'a Slack webhook',
      `https://hooks.slack.com/${made('services/T', '0A', 9)}${made('/B', '0A', 9)}${made('/', 'aB3', 24)}`,
    ],
    ['a PyPI token', made('pypi-AgE', 'aB_3', 60)],
    ['a SendGrid key', made('SG.', 'aB3', 22) + made('.', 'aB3', 43)],
    ['a web token', `x = "${made('eyJ', 'aB3', 20)}.${made('eyJ', 'aB3', 20)}.${made('', 'aB3', 30)}"`],
    ['a database', `postgres://app:${'hunter2!'}x@db.prod.acme.dev/app`],
    ['a host that only begins like this machine', `https://app:${'hunter2!'}x@localhost.evil.dev/`],
  ])('%s', (_, text) => {
    const verdict = judge(`const key = '${text}'`)
    expect([verdict.state, verdict.sentence]).toEqual(['fail', expect.stringContaining('src/x.ts:3')])
    expect(JSON.stringify(verdict)).not.toContain(text)
  })

  test('a commit message goes to the base branch with the commit', () => {
    const message = `Try it\n\nwith ${made('ghp_', 'aB3', 36)}`
    const commits = [{ ...commit('head'), message }]
    const given = input([], {}, {}, [
      [
        { kind: 'commits', ...range },
        { ok: true, body: { commits } },
      ],
    ])
    const verdict = run('secrets', given)
    expect([verdict.state, verdict.sentence]).toEqual([
      'fail',
      expect.stringContaining('the message of commit'),
    ])
  })
})

test.each([
  "AWS's own example: AKIAIOSFODNN7EXAMPLE",
  'DATABASE_URL=postgres://postgres:postgres@localhost:5432/app',
  'DATABASE_URL: "mysql://root:password@db:3306/app"',
  'redis://default:password@127.0.0.1:6379',
  'curl https://user:password@api.example.com/v1',
  'git clone https://x-access-token:$TOKEN@github.com/acme/mill',
])('G16: what opens nothing is no secret: %s', (text) => {
  expect(judge(text).state).toBe('pass')
})

test('T30, G16: a file of lines made to be read in many ways is judged while nobody notices', () => {
  const hostile = ['eyJ-', `${made('eyJ', 'a', 12)}.`, 'a://b:', 'sk-', '-----BEGIN A ', 'a@b.'].map((text) =>
    text.repeat(2000).slice(0, 2000),
  )
  const added = Array.from({ length: linesPerFile }, (_, at) => ({
    line: at + 1,
    text: hostile[at % 100] ?? (hostile[0] as string),
  }))
  expect(run('secrets', input([file('src/x.ts', { added, removed: [] })])).state).toBe('pass')
}, 30_000)
