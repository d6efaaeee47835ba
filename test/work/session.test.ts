/** Sessions on real git, a real ledger and a model over HTTP: what a phase sees, may touch, leaves, and how it stops. */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../src/adapters/clock.ts'
import { anthropicModel } from '../../src/adapters/model/anthropic.ts'
import { fileTools } from '../../src/adapters/tools/fileTools.ts'
import { createWorkspaceAdapters } from '../../src/adapters/workspace/worktree.ts'
import { digestOf } from '../../src/core/digest.ts'
import { type FactBody, type FactOf, lastFact } from '../../src/core/facts.ts'
import { planDigest } from '../../src/core/plan.ts'
import type { Git, Ledger, Sandbox, Workspace } from '../../src/core/ports.ts'
import { noUsage } from '../../src/core/usage.ts'
import { Policy } from '../../src/policy/schema.ts'
import { runSession, type SessionPorts } from '../../src/work/session.ts'
import type { Script } from '../../world/model/script.ts'
import { type ModelWorld, startModel } from '../../world/model/server.ts'
import {
  cleanUp,
  git,
  newClone,
  quiet,
  repository,
  type Server,
  scratch,
  serve,
} from '../adapters/workspace/support.ts'
import { openTestLedger } from '../support/ledger.ts'
import { planFixture, recordFixture } from '../support/plan.ts'

const dana = { id: 1, login: 'dana', type: 'User' as const }
const apiKey = 'sk-test-session-key'
let server: Server
let base: string
let ledger: Ledger
let gitPort: Git
let workspace: Workspace
let model: ModelWorld
let subject: string
let issue = 100
let queued: string[]
/** Only what runs in the sandbox is stood in for: it runs nothing here, and is proven in its own suite. */
const sandbox: Sandbox = {
  selfTest: async () => ({ ok: true }),
  run: async () => ({ exitCode: 1, stoppedBy: null, outputTail: 'TS2322: not here', durationMs: 5 }),
}

beforeAll(async () => {
  const made = newClone({
    'src/parse.ts': 'a\nb\nexport function parse(text: string): Tree {\n',
    'test/parse.test.ts': 'old tests\n',
    'docs/parse.md': 'docs\n',
    'AGENTS.md': 'House rule: no semicolons.\n',
    'CLAUDE.md': 'SECOND-FILE\n',
    'test/AGENTS.md': 'Test rule: no mocks.\n',
    'other/AGENTS.md': 'OTHER-RULE\n',
  })
  base = made.sha
  server = await serve(made.directory)
  ledger = await openTestLedger()
  const adapters = createWorkspaceAdapters({
    root: scratch('session'),
    credentials: server.credentials,
    log: quiet,
    sandbox,
  })
  gitPort = adapters.git
  workspace = adapters.workspace
})
afterAll(async () => {
  await ledger.close()
  await server.close()
  cleanUp()
})
beforeEach(async () => {
  issue += 1
  subject = `task:${repository}#${issue}`
  queued = []
  model = await startModel({ script: { sessions: [] }, apiKey })
})
afterEach(() => model.close())

const policy = Policy.parse({
  commands: {
    test: { run: 'npm test', reports: [{ format: 'junit', path: 'j.xml' }] },
    typecheck: { run: 'tsc' },
  },
})

function ports(parts: Partial<SessionPorts> = {}): SessionPorts {
  return {
    ledger,
    model: anthropicModel({
      endpoints: { anthropic: { baseUrl: model.url, key: apiKey } },
      ledger,
      clock: systemClock,
      retries: 1,
    }),
    workspace,
    git: gitPort,
    files: fileTools(),
    queue: { reconcile: async (key) => void queued.push(key) },
    clock: systemClock,
    log: quiet,
    readPolicy: async () => ({ policy: { ok: true, policy, sha: base, source: 'repository' }, base }),
    author: { name: 'countersign[bot]', email: 'bot@example.org' },
    ...parts,
  }
}

const append = (...bodies: FactBody[]) =>
  ledger.append(
    subject,
    bodies.map((body) => ({ actor: dana, body })),
  )
const bundle = {
  goal: 'GOAL-TEXT',
  criteria: [{ statement: 's', passExample: 'p', failExample: 'f' }],
  constraints: ['c'],
  priorArt: ['src/parse.ts'],
  riskClass: 'low' as const,
}

async function frozen(): Promise<void> {
  await append(
    {
      kind: 'issue.delegated',
      label: 'agent',
      title: 'T',
      body: 'b',
      bodyDigest: digestOf('b'),
      author: dana,
    },
    { kind: 'settled', of: 0, outcome: 'accepted', sentence: '' },
    { kind: 'bundle.frozen', delegation: 0, digest: digestOf(bundle), bundle, delegator: dana, title: 'T' },
    { kind: 'route.chosen', route: 'feature', why: 'w' },
  )
}

/** An attempt as an earlier session left it, accepted. */
function accepted(phase: string, deliverable: object, candidate: string | null = null): FactBody[] {
  const common = { phase, attempt: 1, session: `${phase}-earlier`, endpoint: 'anthropic', model: 'm' }
  return [
    { kind: 'attempt.started', ...common },
    {
      kind: 'attempt.ended',
      ...common,
      outcome: { kind: 'deliverable', digest: digestOf(deliverable), deliverable },
      candidate,
      usage: noUsage,
      costUsd: 0,
      durationMs: 0,
    },
    { kind: 'attempt.judged', phase, attempt: 1, by: 'code', verdict: 'pass', objections: [] },
    { kind: 'attempt.judged', phase, attempt: 1, by: 'validator', verdict: 'pass', objections: [] },
  ]
}
const discovery = { summary: 'DISCOVERY-TEXT', interfaces: [], conventions: [], tests: [], unknowns: [] }
const spec = {
  summary: 'SPEC-TEXT',
  behaviours: [{ statement: 's', criterion: 1, passExample: 'p', failExample: 'f' }],
  interfaces: [],
  outOfScope: [],
}
const tests = {
  summary: 'TESTS-TEXT',
  tests: [{ name: 'parse > refuses long input', file: 'test/parse.test.ts', proves: 'p' }],
}

let planCommit = ''
async function planned(): Promise<void> {
  await frozen()
  const plan = planFixture({ summary: 'PLAN-TEXT' })
  await append(...accepted('discovery', discovery), ...accepted('spec', spec), ...accepted('plan', plan))
  const record = recordFixture(plan, { issue, delegationDigest: digestOf(bundle) })
  await gitPort.ensure(repository, [base])
  planCommit = await gitPort.commitEmpty(repository, {
    parent: base,
    message: 'plan',
    author: { name: 'a', email: 'a@b.c' },
    timeSeconds: 1,
  })
  await append({
    kind: 'plan.issued',
    digest: planDigest(record),
    commit: planCommit,
    base,
    branch: `agent/${issue}-t`,
    record,
  })
}

const item = (phase: string, attempt = 1) => ({
  kind: 'session' as const,
  subject,
  phase,
  attempt,
  endpoint: 'anthropic',
  model: 'claude-test',
})
const never = new AbortController().signal
const script = (phase: string, ...turns: Script['sessions'][number]['turns']): Script => ({
  sessions: [{ match: { phase }, turns }],
})
const call = (name: string, input: Record<string, unknown> = {}) => ({ toolUse: [{ name, input }] })
async function ended(): Promise<FactOf<'attempt.ended'>['body'] | undefined> {
  return lastFact(await ledger.facts(subject), 'attempt.ended')?.body
}
const sent = () => JSON.stringify(model.requests.map((one) => one.body))
const show = (ref: string, path: string) => gitPort.read(repository, ref, path)

describe('a session', () => {
  test('P1: hands in its deliverable; started and ended are on record and the task is queued', async () => {
    await frozen()
    model.setScript(
      script('discovery', call('read_file', { path: 'src/parse.ts' }), {
        ...call('hand_in', discovery),
        expects: '3|export function parse',
      }),
    )
    await runSession(item('discovery'), ports(), never)
    expect(model.unmatched).toEqual([])
    expect(await ended()).toMatchObject({
      phase: 'discovery',
      attempt: 1,
      candidate: null,
      outcome: { kind: 'deliverable', deliverable: discovery },
      usage: { requests: 2 },
    })
    expect((await ended())?.costUsd).toBe(0)
    expect(queued).toEqual([subject])
    const opening = sent()
    expect(opening).toContain(`Subject: ${repository}#${issue}`)
    expect(opening).toContain('House rule: no semicolons.')
    // Only the first file of the list; and nothing is known yet of the folders that the work will change.
    for (const other of ['SECOND-FILE', 'Test rule', 'OTHER-RULE']) expect(opening).not.toContain(other)
  })

  test('S14, T27: instructions of the folders that the plan changes come from the base, not from the worktree', async () => {
    await planned()
    model.setScript(
      script(
        'tests',
        call('write_file', { path: 'test/parse.test.ts', content: 'x' }),
        call('hand_in', tests),
      ),
    )
    await runSession(item('tests'), ports(), never)
    expect(sent()).toContain('For test/ (test/AGENTS.md):\\nTest rule: no mocks.')
    expect(sent()).toContain('House rule')
    expect(sent()).not.toContain('OTHER-RULE')
  })

  test('P1: no deliverable or transcript of another phase reaches a request, only the inputs', async () => {
    await planned()
    await ledger.putTranscript('discovery-earlier', { secret: 'TRANSCRIPT-TEXT' })
    model.setScript(script('tests', call('hand_in', tests)))
    await runSession(item('tests'), ports(), never)
    const text = sent()
    for (const given of ['SPEC-TEXT', 'PLAN-TEXT']) expect(text).toContain(given)
    for (const kept of ['DISCOVERY-TEXT', 'TRANSCRIPT-TEXT', 'GOAL-TEXT']) expect(text).not.toContain(kept)
  })

  test('P3: a validator sees the deliverable and its inputs, has no writing tools, and is recorded as validating', async () => {
    await frozen()
    await append(...accepted('discovery', discovery).slice(0, 3))
    model.setScript(script('validate', call('hand_in', { verdict: 'objections', objections: ['o'] })))
    await runSession(item('validate:discovery'), ports(), never)
    expect(await ended()).toMatchObject({
      phase: 'validate:discovery',
      attempt: 1,
      outcome: { deliverable: { verdict: 'objections' } },
    })
    expect(sent()).toContain('DISCOVERY-TEXT')
    expect(model.requests[0]?.body.tools?.map((one) => one.name)).toEqual([
      'read_file',
      'list_files',
      'search',
      'hand_in',
    ])
  })

  test('S7: an item that is no longer due does nothing but queue the task', async () => {
    await frozen()
    for (const [phase, attempt] of [
      ['spec', 2],
      ['validate:discovery', 1],
      ['nonsense', 1],
    ] as const)
      await runSession(item(phase, attempt), ports(), never)
    expect(model.requests).toEqual([])
    expect(await ended()).toBeUndefined()
    expect(queued).toEqual([subject, subject, subject])
  })
})

describe('writing', () => {
  test('P5, P7, P9: the candidate holds what the phase wrote, sits on the accepted work, and says where it came from', async () => {
    await planned()
    model.setScript(
      script(
        'tests',
        call('edit_file', { path: 'test/parse.test.ts', old_text: 'old tests', new_text: 'new tests' }),
        { ...call('run', { command: 'typecheck' }), expects: 'Replaced' },
        { ...call('hand_in', tests), expects: 'TS2322: not here' },
      ),
    )
    await runSession(item('tests'), ports(), never)
    const candidate = (await ended())?.candidate ?? ''
    expect(await show(candidate, 'test/parse.test.ts')).toBe('new tests\n')
    const commits = await gitPort.collect(repository, { kind: 'commits', base: planCommit, head: candidate })
    expect(commits).toMatchObject({
      ok: true,
      body: {
        commits: [
          {
            parents: [planCommit],
            authorName: 'countersign[bot]',
            message: expect.stringContaining(`Countersign-Task: ${repository}#${issue}`),
          },
        ],
      },
    })
  })

  test.each([
    ['code in the tests phase', 'src/parse.ts'],
    ['a test outside the plan', 'test/other.test.ts'],
    ['a file outside the repository', '../outside'],
    ["git's own folder", '.git/config'],
    ['an absolute path', '/etc/passwd'],
  ])('P5, T26: the tools refuse to write %s', async (_name, path) => {
    await planned()
    model.setScript(
      script('tests', call('write_file', { path, content: 'x' }), {
        ...call('hand_in', tests),
        expects: 'may not be changed',
      }),
    )
    await runSession(item('tests'), ports(), never)
    expect(model.unmatched).toEqual([])
    expect(await ended()).toMatchObject({ candidate: null, outcome: { kind: 'deliverable' } })
  })

  test('P12: a command that leaves files outside what the phase may touch fails the attempt; nothing is trimmed', async () => {
    await planned()
    model.setScript(script('tests', call('run', { command: 'test' }), call('hand_in', tests)))
    const straying: Workspace = {
      ...workspace,
      async runIn(worktree) {
        writeFileSync(join(worktree.directory, 'src/parse.ts'), 'changed by a command')
        return { exitCode: 0, stoppedBy: null, outputTail: '', durationMs: 1 }
      },
    }
    await runSession(item('tests'), ports({ workspace: straying }), never)
    expect(await ended()).toMatchObject({
      candidate: null,
      outcome: { kind: 'failed', reason: expect.stringContaining('src/parse.ts') },
    })
  })

  test.each([
    ['a symbolic link', (path: string) => [rmSync(path), symlinkSync('../src/parse.ts', path)]],
    ['a file of mode 100755', (path: string) => [chmodSync(path, 0o755)]],
  ] as const)(
    'T17, T26, P12: a command that turns a file of the plan into %s fails the attempt',
    async (what, turn) => {
      await planned()
      model.setScript(script('tests', call('run', { command: 'test' }), call('hand_in', tests)))
      const turning: Workspace = {
        ...workspace,
        async runIn(worktree) {
          turn(join(worktree.directory, 'test/parse.test.ts'))
          return { exitCode: 0, stoppedBy: null, outputTail: '', durationMs: 1 }
        },
      }
      await runSession(item('tests'), ports({ workspace: turning }), never)
      expect(await ended()).toMatchObject({
        candidate: null,
        outcome: { kind: 'failed', reason: expect.stringContaining(`was turned into ${what}`) },
      })
    },
  )

  test('P3: the next attempt goes on with the transcript, the objections and the files of the one before', async () => {
    await planned()
    model.setScript({
      sessions: [
        {
          match: { phase: 'tests', attempt: 1 },
          turns: [
            call('write_file', { path: 'test/parse.test.ts', content: 'one\n' }),
            call('hand_in', tests),
          ],
        },
        {
          match: { phase: 'tests', attempt: 2 },
          turns: [
            call('read_file', { path: 'test/parse.test.ts' }),
            { ...call('hand_in', tests), expects: '1|one' },
          ],
        },
      ],
    })
    await runSession(item('tests'), ports(), never)
    await append({
      kind: 'attempt.judged',
      phase: 'tests',
      attempt: 1,
      by: 'code',
      verdict: 'objections',
      objections: ['OBJECTION-ONE'],
    })
    await runSession(item('tests', 2), ports(), never)
    expect(model.unmatched).toEqual([])
    expect(sent()).toContain('OBJECTION-ONE')
    expect(await show((await ended())?.candidate ?? '', 'test/parse.test.ts')).toBe('one\n')
  })
})

describe('stop and kill', () => {
  const slow = { text: 'wait', fault: { kind: 'slow' as const, delayMs: 60_000 } }

  test('O4, P11: an accepted stop ends the session within seconds and keeps the work; it goes on after a resume', async () => {
    await planned()
    model.setScript({
      sessions: [
        {
          match: { phase: 'tests', attempt: 1 },
          turns: [call('write_file', { path: 'test/parse.test.ts', content: 'half\n' }), slow],
        },
      ],
    })
    const running = runSession(item('tests'), ports(), never)
    // Once it was told to write, however long the start took; then it writes, and waits for the slow turn.
    while (model.requests.length < 1) await new Promise((resolve) => setTimeout(resolve, 20))
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const facts = await append({
      kind: 'comment.command',
      commentId: 1,
      on: 'issue',
      verb: 'stop',
      rest: '',
      bodyDigest: digestOf(''),
      viaApp: null,
    })
    await append({ kind: 'settled', of: facts?.[0]?.seq ?? 0, outcome: 'accepted', sentence: '' })
    const startedMs = Date.now()
    await running
    expect(Date.now() - startedMs).toBeLessThan(6000)
    const end = await ended()
    expect(end?.outcome.kind).toBe('stopped')
    expect(await show(end?.candidate ?? '', 'test/parse.test.ts')).toBe('half\n')
    await runSession(item('tests', 2), ports(), never)
    expect(model.requests.every((one) => one.attempt === 1)).toBe(true)
  }, 30_000)

  test('S7: a worker that goes down leaves the attempt running; another one finishes it without repeating anything', async () => {
    await planned()
    const first = call('edit_file', {
      path: 'test/parse.test.ts',
      old_text: 'old tests',
      new_text: 'old tests again',
    })
    model.setScript(script('tests', first, slow))
    const host = new AbortController()
    setTimeout(() => host.abort(new Error('going down')), 1500)
    await expect(runSession(item('tests'), ports(), host.signal)).rejects.toThrow('going down')
    expect((await ended())?.phase).toBe('plan')
    model.setScript(script('tests', first, call('hand_in', tests)))
    await runSession(item('tests'), ports(), never)
    expect(await show((await ended())?.candidate ?? '', 'test/parse.test.ts')).toBe('old tests again\n')
    expect(
      (await ledger.facts(subject)).filter(
        (fact) => fact.body.kind === 'attempt.started' && fact.body.phase === 'tests',
      ),
    ).toHaveLength(1)
  }, 30_000)
})

describe('file tools', () => {
  const files = fileTools()
  const folder = (): string => {
    const directory = scratch('tools')
    const outside = scratch('outside')
    writeFileSync(join(outside, 'secret'), 'SECRET')
    mkdirSync(join(directory, 'src'))
    mkdirSync(join(directory, '.git'))
    writeFileSync(join(directory, 'src/a.ts'), 'one\ntwo\n')
    writeFileSync(join(directory, 'binary'), Buffer.from([1, 0, 2]))
    symlinkSync(join(outside, 'secret'), join(directory, 'link'))
    symlinkSync(outside, join(directory, 'folder'))
    symlinkSync('src/a.ts', join(directory, 'inside'))
    return directory
  }

  test.each([
    'link',
    'folder/secret',
    'inside',
    '../x',
    '/etc/passwd',
    '.git/config',
    '.GIT/x',
    'src/../../x',
    'src',
    'missing',
    'binary',
    'a\0b',
  ])('T26: reading %j is refused with a sentence and shows nothing from outside', async (path) => {
    await expect(files.read(folder(), path)).rejects.toMatchObject({
      name: 'ToolRefusal',
      message: expect.not.stringContaining('SECRET'),
    })
  })

  test.each(['link', 'folder/new', 'inside', '../x', '.git/hooks/x', 'src'])(
    'T26: writing %j is refused',
    async (path) => {
      await expect(files.write(folder(), path, 'x')).rejects.toMatchObject({ name: 'ToolRefusal' })
    },
  )

  test('T26: lists and searches pass links and .git by', async () => {
    const directory = folder()
    expect(await files.list(directory, '**', 100)).toEqual(['binary', 'src/a.ts'])
    expect(await files.search(directory, 'SECRET', '**', 100)).toEqual([])
    expect(await files.search(directory, 'two', '**', 100)).toEqual([
      { path: 'src/a.ts', line: 2, text: 'two' },
    ])
  })

  test('T30: too large a text is refused', async () => {
    await expect(files.write(folder(), 'big', 'x'.repeat(1024 * 1024 + 1))).rejects.toMatchObject({
      name: 'ToolRefusal',
    })
  })
})

test('P7: the machine of this suite has git', () => {
  expect(git(scratch('git'), 'version')).toMatch(/^git version/)
})
