/** Each gate in a table: what passes, what does not, and what its sentence names. */
import { describe, expect, test } from '@jest/globals'
import { commandRequest } from '../../src/core/commandSettings.ts'
import type { CommandBody, DiffFile, EvidenceRequest, EvidenceResult } from '../../src/core/evidence.ts'
import { allGates } from '../../src/gates/all.ts'
import { evidenceOf, file, goodFiles, greenCi, policyOf, sha } from '../support/snapshots.ts'
import { input, range, run } from './input.ts'

const added = (text: string) => [{ line: 3, text }]

test('every gate over the diff passes an ordinary change, and command gates are listed as not configured', () => {
  const given = input(goodFiles())
  for (const gate of allGates) {
    const off = gate.off(given)
    if (off === null) expect([gate.id, gate.evaluate(given).state]).toEqual([gate.id, 'pass'])
    else expect(off).toContain('Not configured')
  }
})

test('S9: without the diff or the commits no gate over them passes', () => {
  const given = { ...input([]), evidence: evidenceOf([]) }
  for (const gate of allGates.filter((one) => one.id !== 'ci' && one.off(given) === null))
    expect(gate.evaluate(given).state).toBe('wait')
})

describe.each<[string, string, DiffFile[], string, string]>([
  ['D3, G11: a workflow', 'protected-paths', [file('.github/workflows/ci.yml')], 'flag', 'CI workflows'],
  [
    'T17: the old name of a rename',
    'protected-paths',
    [file('src/x.ts', { renamedFrom: 'src/auth/login.ts' })],
    'flag',
    'authentication',
  ],
  ['T17: another case', 'protected-paths', [file('src/AUTH/x.ts')], 'flag', 'authentication'],
  ['T17: a Cyrillic letter', 'protected-paths', [file('src/\u0430uth/x.ts')], 'flag', 'authentication'],
  [
    'T17: a symlink into it',
    'protected-paths',
    [file('src/x', { newMode: '120000', linkTarget: 'auth' })],
    'flag',
    'symlink',
  ],
  [
    'T17: a symlink out of the tree',
    'protected-paths',
    [file('x', { newMode: '120000', linkTarget: '../../etc' })],
    'flag',
    'leaves the repository',
  ],
  ['T17: a submodule', 'protected-paths', [file('lib', { newMode: '160000' })], 'flag', 'submodule'],
  ['T17: made executable', 'protected-paths', [file('run.sh', { newMode: '100755' })], 'flag', 'executable'],
  ['G10: not UTF-8', 'scope', [file('x', { pathIsUtf8: false })], 'fail', 'UTF-8'],
  [
    'G10: too many files',
    'scope',
    Array.from({ length: 41 }, (_, index) => file(`src/${index}.ts`)),
    'fail',
    'max_files',
  ],
  ['G5: code alone', 'tests-with-code', [file('src/x.ts')], 'flag', 'src/x.ts'],
  ['G6: code alone', 'docs-with-code', [file('src/x.ts')], 'flag', 'src/x.ts'],
  [
    'G12: a script',
    'gate-integrity',
    [file('package.json', { added: added('    "test": "true",') })],
    'flag',
    'package.json',
  ],
  ['G12: a threshold', 'gate-integrity', [file('jest.config.js')], 'flag', 'jest.config.js'],
  [
    'G12, T14: a committed tool, which stands where setup would put its own',
    'gate-integrity',
    [file('packages/web/node_modules/.bin/tsc', { status: 'added', newMode: '100755' })],
    'flag',
    'node_modules/.bin/tsc',
  ],
  [
    'G12: a suppression',
    'gate-integrity',
    [file('src/x.ts', { added: added('// @ts-ignore') })],
    'flag',
    'src/x.ts:3',
  ],
  [
    'G13: a deleted test',
    'test-integrity',
    [file('test/x.test.ts', { status: 'deleted', added: [] })],
    'flag',
    'deleted',
  ],
  [
    'G13: a skipped test',
    'test-integrity',
    [file('test/x.test.ts', { added: added('test.skip("x", f)') })],
    'flag',
    'skips',
  ],
  [
    'G13: a removed assertion',
    'test-integrity',
    [file('test/x.test.ts', { removed: [{ line: 9, text: 'expect(x).toBe(1)' }] })],
    'flag',
    'line 9 before',
  ],
  [
    'G15: a direction override',
    'hidden-text',
    [file('src/x.ts', { added: added('a\u202eb') })],
    'fail',
    'U+202E',
  ],
  [
    'G15: a tag character',
    'hidden-text',
    [file('src/x.ts', { added: added('a\u{e0041}b') })],
    'fail',
    'U+E0041',
  ],
  [
    'G16: a key',
    'secrets',
    [file('src/x.ts', { added: added(`k = "${'AKIA'}${'ABCDEFGHIJKLMNOP'}"`) })],
    'fail',
    'src/x.ts:3',
  ],
])('%s', (_, id, files, state, words) => {
  test('is named', () => {
    const verdict = run(id, input(files))
    expect(verdict.state).toBe(state)
    expect(verdict.sentence).toContain(words)
  })
})

test('G12: a plain dependency version is no change of gates', () => {
  expect(
    run('gate-integrity', input([file('package.json', { added: added('    "zod": "^4.1.0",') })])).state,
  ).toBe('pass')
})

test('G15: an emoji family is not hidden text', () => {
  expect(run('hidden-text', input([file('docs/x.md', { added: added('👩‍👩‍👧 ❤️') })])).state).toBe('pass')
})

describe('G17, T15: CI', () => {
  const listed = { gates: { ci: { workflows: [{ path: '.github/workflows/ci.yml', event: 'push' }] } } }
  test.each([
    ['success', [greenCi(range.head, { event: 'push' })], 'pass'],
    ['another event', [greenCi(range.head)], 'wait'],
    ['another App with the same name', [greenCi(range.head, { event: 'push', appId: 9 })], 'wait'],
    ['another commit', [greenCi(sha('old'), { event: 'push' })], 'wait'],
    ['skipped', [greenCi(range.head, { event: 'push', conclusion: 'skipped' })], 'wait'],
    ['neutral', [greenCi(range.head, { event: 'push', conclusion: 'neutral' })], 'wait'],
    ['cancelled', [greenCi(range.head, { event: 'push', conclusion: 'cancelled' })], 'fail'],
    [
      'a newer failing run',
      [
        greenCi(range.head, { event: 'push' }),
        greenCi(range.head, { event: 'push', checkRunId: 2, conclusion: 'failure' }),
      ],
      'fail',
    ],
    ['unknown', 'unknown' as const, 'wait'],
  ])('%s', (_, ci, state) => {
    expect(run('ci', input([], { ci }, listed)).state).toBe(state)
  })
  test('T16: missing at the deadline fails', () => {
    expect(run('ci', input([], { ci: [], nowMs: 121 * 60_000 }, listed)).state).toBe('fail')
  })
})

describe('G2: tests with coverage', () => {
  const policy = {
    commands: { test: { run: 'npm test', reports: [{ format: 'lcov', path: 'coverage/lcov.info' }] } },
  }
  const body = (parts: Partial<CommandBody>): CommandBody => ({
    exitCode: 0,
    stoppedBy: null,
    outputTail: '',
    durationMs: 1,
    ...parts,
  })
  const covered = (hit: number, files?: Record<string, { hit: number[]; missed: number[] }>) =>
    body({ coverage: { format: 'lcov', linesFound: 100, linesHit: hit, ...(files ? { files } : {}) } })
  const at = (commitSha: string, result: CommandBody): [EvidenceRequest, EvidenceResult][] => {
    const request = commandRequest(policyOf(policy).commands, 'test', commitSha)
    return request ? [[request, { ok: true, body: result }]] : []
  }
  test.each<[string, CommandBody, CommandBody | null, string, string]>([
    ['enough', covered(80), null, 'pass', '80.0 %'],
    ['not enough, base unknown', covered(79), null, 'wait', 'base'],
    ['not enough, base above', covered(79), covered(90), 'fail', '90.0 %'],
    ['base below, total falls', covered(50), covered(60), 'fail', 'may not fall'],
    [
      'base below, changed lines covered',
      covered(60, { 'src/one.ts': { hit: [1], missed: [] } }),
      covered(50),
      'pass',
      '1 of 1',
    ],
    [
      'base below, changed lines missed',
      covered(60, { 'src/one.ts': { hit: [], missed: [1] } }),
      covered(50),
      'fail',
      '0 of 1',
    ],
    ['no report', body({}), null, 'fail', 'not written'],
    ['broken report', body({ coverage: { problem: 'line 3' } }), null, 'fail', 'line 3'],
    [
      'a failing test',
      body({ exitCode: 1, tests: [{ name: 'adds', status: 'failed' }] }),
      null,
      'fail',
      'adds',
    ],
    ['out of time', body({ exitCode: null, stoppedBy: 'time' }), null, 'fail', 'time'],
  ])('%s', (_, head, base, state, words) => {
    const verdict = run(
      'tests',
      input(goodFiles(), {}, policy, [...at(range.head, head), ...(base ? at(sha('base'), base) : [])]),
    )
    expect([verdict.state, verdict.sentence]).toEqual([state, expect.stringContaining(words)])
  })
})

describe.each([
  ['G1', 'types', ['typecheck', 'lint']],
  ['G3', 'integration', ['integration']],
  ['G7', 'build', ['build']],
] as const)('%s: the commands of %s', (_requirement, id, names) => {
  const policy = { commands: Object.fromEntries(names.map((name) => [name, { run: `npm run ${name}` }])) }
  const results = (of: (name: string) => Partial<CommandBody> | null): [EvidenceRequest, EvidenceResult][] =>
    names.flatMap((name) => {
      const request = commandRequest(policyOf(policy).commands, name, range.head)
      const part = of(name)
      const whole = { exitCode: 0, stoppedBy: null, outputTail: '', durationMs: 1, ...part } as CommandBody
      return request && part
        ? [[request, { ok: true, body: whole }] as [EvidenceRequest, EvidenceResult]]
        : []
    })
  const last = names.at(-1) ?? ''
  test.each<[string, (name: string) => Partial<CommandBody> | null, string, RegExp]>([
    ['all succeed', () => ({}), 'pass', /succeeded/],
    [
      'one fails',
      (name) => (name === last ? { exitCode: 2, outputTail: 'line 7: no' } : {}),
      'fail',
      /ended with 2: `line 7: no`/,
    ],
    [
      'one is stopped',
      (name) => (name === last ? { exitCode: null, stoppedBy: 'memory' } : {}),
      'fail',
      /ran out of memory/,
    ],
    ['one still runs', (name) => (name === last ? null : {}), 'wait', /is running in the sandbox/],
  ])('%s', (_case, of, state, words) => {
    const verdict = run(id, input(goodFiles(), {}, policy, results(of)))
    expect([verdict.state, verdict.sentence]).toEqual([state, expect.stringMatching(words)])
  })

  test('are asked for at the head and at no other commit', () => {
    const gate = allGates.find((one) => one.id === id)
    const asked = gate?.needs(input(goodFiles(), {}, policy)) ?? []
    expect(asked).toEqual(
      names.map((name) => expect.objectContaining({ kind: 'command', name, sha: range.head })),
    )
    expect(gate?.off?.(input(goodFiles()))).toMatch(/Not configured: name `commands\./)
  })
})
