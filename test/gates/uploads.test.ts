/** G2, G4, G8, G9, G17, G18 over what CI uploaded: which run counts, what is missing, and what the numbers come to. */
import { describe, expect, test } from '@jest/globals'
import type { DiffFile, EvidenceRequest, EvidenceResult } from '../../src/core/evidence.ts'
import { protectedRules } from '../../src/core/protectedPaths.ts'
import type { AnalysisFinding, CoverageReport, Reports } from '../../src/core/reports.ts'
import type { WorkflowRun } from '../../src/core/snapshot/pull.ts'
import { allGates } from '../../src/gates/all.ts'
import type { GateInput } from '../../src/gates/gate.ts'
import { diffOf, evidenceOf, file, goodFiles, policyOf, sha } from '../support/snapshots.ts'

const workflow = '.github/workflows/measure.yml'
const range = { base: sha('tip'), head: sha('head') }
const mergeBase = sha('base')
const minute = 60_000

const formats = {
  coverage: 'lcov',
  tests: 'junit',
  audit: 'audit',
  sizes: 'size-limit',
  latency: 'k6',
  analysis: 'sarif',
}
type Kind = keyof typeof formats
const files = (kind: Kind) => [{ format: formats[kind], path: `${kind}.out` }]

const run = (id: number, parts: Partial<WorkflowRun> = {}): WorkflowRun => ({
  id,
  path: workflow,
  event: 'pull_request',
  sha: range.head,
  attempt: 1,
  ended: true,
  conclusion: 'success',
  ...parts,
})
const atBase = (id: number, parts: Partial<WorkflowRun> = {}) =>
  run(id, { event: 'push', sha: mergeBase, ...parts })

interface Side {
  runs?: WorkflowRun[] | 'unknown'
  /** What the artifact of the newest run holds; null: it is not read yet; a string: why it cannot be used. */
  body?: Reports | null | string
}

function evaluate(
  id: string,
  kind: Kind,
  {
    head = {},
    base = {},
    gates = {},
    diff = goodFiles(),
    nowMs = minute,
    retargeted = false,
  }: {
    head?: Side
    base?: Side
    gates?: object
    diff?: DiffFile[]
    nowMs?: number
    retargeted?: boolean
  },
) {
  const report = { workflow, artifact: 'numbers', path: `${kind}.out`, format: formats[kind] }
  const policy = policyOf({ gates: { reports: [report], ...gates } })
  const entries: [EvidenceRequest, EvidenceResult][] = [
    [
      { kind: 'diff', ...range },
      { ok: true, body: diffOf(diff, mergeBase) },
    ],
  ]
  const sides = [
    [head, range.head, 'pull_request', run(7)],
    [base, mergeBase, 'push', atBase(5)],
  ] as const
  const runs = sides.map(([side, commit, event, standard]) => {
    const found = side.runs ?? [standard]
    const newest = found === 'unknown' ? standard : found.toSorted((a, b) => b.id - a.id)[0]
    const { body = null } = side
    if (newest && body !== null)
      entries.push([
        {
          kind: 'reports',
          sha: commit,
          run: newest.id,
          attempt: newest.attempt,
          workflow,
          event,
          artifact: 'numbers',
          files: files(kind) as never,
        },
        typeof body === 'string' ? { ok: false, reason: body } : { ok: true, body },
      ])
    return found
  })
  const input: GateInput = {
    ...range,
    settings: policy.gates,
    commands: policy.commands,
    protectedRules: protectedRules(policy.protected),
    caps: { files: 1, lines: 1 },
    title: '',
    body: '',
    plan: null,
    ci: [],
    allowed: null,
    workflowRuns: { head: runs[0] ?? [], base: runs[1] ?? [] },
    ownAppIds: [],
    retargeted,
    headSinceMs: 0,
    nowMs,
    evidence: evidenceOf(entries),
  }
  const gate = allGates.find((one) => one.id === id)
  if (!gate) throw new Error(id)
  const needs = gate.needs(input).flatMap((need) => (need.kind === 'reports' ? [need] : []))
  return { off: gate.off(input), needs, ...gate.evaluate(input) }
}

const load = (tailMs: number, parts: object = {}): Reports => ({
  latency: [{ name: 'latency.out', tailMs, quantile: 'p95', samples: 1000, failed: 0, ...parts }],
})

describe('which run counts', () => {
  const good = { body: load(100) }
  test('the newest of exactly this workflow, event and commit, at its latest attempt', () => {
    const runs = [
      run(3),
      run(9, { attempt: 2 }),
      run(10, { path: '.github/workflows/other.yml' }),
      run(11, { event: 'push' }),
      run(12, { sha: sha('other') }),
    ]
    const found = evaluate('performance', 'latency', { head: { runs, body: null }, base: good })
    expect(found.needs.map(({ run: id, attempt, sha: at }) => [id, attempt, at])).toEqual([
      [9, 2, range.head],
      [5, 1, mergeBase],
    ])
    expect(found.state).toBe('wait')
  })
  test.each<[string, Side, string, string]>([
    ['no run', { runs: [] }, 'wait', 'has not run'],
    ['it runs', { runs: [run(1, { ended: false, conclusion: null })] }, 'wait', 'is running'],
    ['it was skipped', { runs: [run(1, { conclusion: 'skipped' })] }, 'wait', 'skipped'],
    ['it was cancelled', { runs: [run(1, { conclusion: 'cancelled' })] }, 'wait', 'cancelled'],
    [
      'it is another workflow',
      { runs: [run(1, { path: '.github/workflows/x.yml' })] },
      'wait',
      'has not run',
    ],
    ['a newer run is under way', { runs: [run(1), run(2, { ended: false })], ...good }, 'wait', 'is running'],
    ['the artifact is being read', { body: null }, 'wait', 'being read'],
    ['the artifact cannot be used', { body: 'it has expired' }, 'fail', 'expired'],
    ['the report is broken', { body: { latency: { problem: 'invalid: no JSON.' } } }, 'fail', 'no JSON'],
    ['the report is of nothing', { body: { latency: [] } }, 'fail', 'no load test'],
    [
      'the run failed, and had measured',
      { runs: [run(1, { conclusion: 'failure' })], ...good },
      'pass',
      '100 ms',
    ],
    ['the runs are not known', { runs: 'unknown', ...good }, 'wait', 'could not be read'],
  ])('T15, T16: at the head, %s', (_, head, state, words) => {
    const verdict = evaluate('performance', 'latency', { head, base: good })
    expect([verdict.state, verdict.sentence]).toEqual([state, expect.stringContaining(words)])
    // The deadline turns missing into failed; what is ours to read is waited for, and what was read stays.
    const late = evaluate('performance', 'latency', { head, base: good, nowMs: 121 * minute })
    const ours = /being read|could not be read/.test(verdict.sentence)
    expect(late.state).toBe(state === 'wait' && !ours ? 'fail' : state)
  })
  test.each<[string, Side, string, string]>([
    ['no run', { runs: [] }, 'flag', 'has not run'],
    [
      'a pull request had run there',
      { runs: [atBase(1, { event: 'pull_request' })], ...good },
      'flag',
      'has not run',
    ],
    ['it runs', { runs: [atBase(1, { ended: false })] }, 'wait', 'is running'],
    ['the artifact is being read', { body: null }, 'wait', 'being read'],
    ['the artifact cannot be used', { body: 'it has expired' }, 'flag', 'expired'],
    ['the runs are not known', { runs: 'unknown', ...good }, 'wait', 'could not be read'],
  ])('at the merge base, %s', (_, base, state, words) => {
    const verdict = evaluate('performance', 'latency', { head: good, base })
    expect([verdict.state, verdict.sentence]).toEqual([state, expect.stringContaining(words)])
  })
  test('T3: at the head, a run that may have measured the merge into another base', () => {
    const found = evaluate('performance', 'latency', { head: good, base: good, retargeted: true })
    expect([found.state, found.sentence]).toEqual([
      'fail',
      expect.stringContaining('base branch was changed'),
    ])
    expect(found.needs.map(({ sha: at }) => at)).toEqual([mergeBase])
  })
  test('a run at the base that never ends is missing in the end', () => {
    const base = { runs: [atBase(1, { ended: false })] }
    expect(evaluate('performance', 'latency', { head: good, base, nowMs: 121 * minute }).state).toBe('flag')
  })
  test('without the report in policy the gates are not configured', () => {
    const none = { gates: { reports: [] } }
    for (const [id, kind] of [
      ['performance', 'latency'],
      ['static-analysis', 'analysis'],
      ['bundle-size', 'sizes'],
      ['audit', 'audit'],
      ['tests', 'coverage'],
    ] as const)
      expect(evaluate(id, kind, none).off).toContain('Not configured')
  })
})

describe('G9: performance', () => {
  test.each<[string, Reports, Reports, string, string]>([
    ['as fast', load(100), load(100), 'pass', '100 ms'],
    ['20 % slower is allowed', load(120), load(100), 'pass', '120 ms'],
    ['a little more is not', load(120.1), load(100), 'flag', '120.1 ms; the merge base had 100 ms'],
    ['slower than nothing', load(1), load(0), 'flag', '0 ms'],
    ['too few requests', load(100, { samples: 99 }), load(100), 'fail', '99 requests'],
    ['too few at the base', load(100), load(100, { samples: 1 }), 'flag', '1 request'],
    ['fast because it fails', load(1, { failed: 11 }), load(100), 'flag', '11 requests failed'],
    ['another test at the base', load(100), load(100, { name: 'other' }), 'flag', 'no load test'],
    ['another quantile at the base', load(100), load(100, { quantile: 'p97.5' }), 'flag', 'no load test'],
  ])('%s', (_, head, base, state, words) => {
    const verdict = evaluate('performance', 'latency', { head: { body: head }, base: { body: base } })
    expect([verdict.state, verdict.sentence]).toEqual([state, expect.stringContaining(words)])
  })
  test('policy sets how much', () => {
    const gates = { performance: { max_growth_percent: 50, min_samples: 2000 } }
    const sides = {
      head: { body: load(150, { samples: 2000 }) },
      base: { body: load(100, { samples: 2000 }) },
    }
    expect(evaluate('performance', 'latency', { ...sides, gates }).state).toBe('pass')
    expect(
      evaluate('performance', 'latency', { head: { body: load(1) }, base: sides.base, gates }).state,
    ).toBe('fail')
  })
})

describe('G2: coverage', () => {
  const lines = (hit: number[], missed: number[], total = 100): Reports => {
    const coverage: CoverageReport = {
      format: 'lcov',
      linesFound: 100,
      linesHit: total,
      files: { 'src/one.ts': { hit, missed } },
    }
    return { coverage }
  }
  const change = (added: number[], parts: Partial<DiffFile> = {}) => [
    file('src/one.ts', {
      added: added.map((line) => ({ line, text: 'x' })),
      additions: added.length,
      ...parts,
    }),
  ]
  test.each<[string, Reports, Reports | string, DiffFile[], string, string]>([
    ['80 % is enough', lines([], [], 80), 'none', change([1]), 'pass', '80.0 %'],
    ['the base had it', lines([1], [], 79), lines([], [], 80), change([1]), 'fail', 'the base had 80.0 %'],
    ['the total fell', lines([1], [], 49), lines([], [], 50), change([1]), 'fail', 'may not fall'],
    [
      'the changed lines are covered',
      lines([1, 2, 3, 4], [5], 50),
      lines([], [], 50),
      change([1, 2, 3, 4, 5]),
      'pass',
      '4 of 5',
    ],
    [
      'the changed lines are not',
      lines([1, 2, 3], [4], 50),
      lines([], [], 50),
      change([1, 2, 3, 4]),
      'fail',
      '3 of 4',
    ],
    [
      'lines without code do not count',
      lines([1], [], 50),
      lines([], [], 50),
      change([1, 2, 3]),
      'pass',
      '1 of 1',
    ],
    [
      'a file that the report does not know',
      lines([], [], 50),
      lines([], [], 50),
      [...change([]), file('src/two.ts')],
      'fail',
      '0 of 1',
    ],
    [
      'lines that the diff does not show',
      lines([1], [], 50),
      lines([], [], 50),
      change([1], { additions: 9, truncated: true }),
      'fail',
      '1 of 9',
    ],
    [
      'a base that cannot be used excuses nothing',
      lines([1], [], 50),
      'expired',
      change([1]),
      'fail',
      'expired',
    ],
  ])('%s', (_, head, base, diff, state, words) => {
    const verdict = evaluate('tests', 'coverage', { head: { body: head }, base: { body: base }, diff })
    expect([verdict.state, verdict.sentence]).toEqual([state, expect.stringContaining(words)])
  })
  test('a summary does not tell lines', () => {
    const body: Reports = { coverage: { format: 'istanbul', linesFound: 100, linesHit: 50 } }
    const verdict = evaluate('tests', 'coverage', { head: { body }, base: { body } })
    expect([verdict.state, verdict.sentence]).toEqual([
      'fail',
      expect.stringContaining('does not tell lines'),
    ])
  })
  test.each<[string, Reports, string]>([
    ['all passed', { tests: [{ name: 'a', status: 'passed' }] }, 'names no coverage report'],
    ['one failed', { tests: [{ name: 'a', status: 'failed' }] }, '1 test failed'],
    ['none ran', { tests: [{ name: 'a', status: 'skipped' }] }, 'no test that ran'],
  ])('tests alone, %s', (_, body, words) => {
    expect(evaluate('tests', 'tests', { head: { body } }).sentence).toContain(words)
    const gates = { coverage: { minimum: 0 } }
    expect(evaluate('tests', 'tests', { head: { body }, gates }).state).toBe(
      words.includes('coverage') ? 'pass' : 'fail',
    )
  })
})

describe('G4, G8: audits and sizes of CI are judged as those of the sandbox', () => {
  const sizes = (bytes: number): Reports => ({ sizes: { entries: [{ name: 'app', bytes }] } })
  const audit = (severity: 'low' | 'high'): Reports => ({
    audit: { findings: [{ name: 'left-pad', severity, title: '' }], unreachable: null },
  })
  test.each<[string, string, Kind, Side, Side, string]>([
    ['10 % larger', 'bundle-size', 'sizes', { body: sizes(1100) }, { body: sizes(1000) }, 'pass'],
    ['a byte more', 'bundle-size', 'sizes', { body: sizes(1101) }, { body: sizes(1000) }, 'fail'],
    ['no size at the base', 'bundle-size', 'sizes', { body: sizes(1) }, { runs: [] }, 'flag'],
    ['no size at the head', 'bundle-size', 'sizes', { body: 'gone' }, { body: sizes(1) }, 'fail'],
    ['a lesser weakness', 'audit', 'audit', { body: audit('low') }, {}, 'pass'],
    ['a weakness', 'audit', 'audit', { body: audit('high') }, {}, 'fail'],
    ['no audit', 'audit', 'audit', { body: 'gone' }, {}, 'fail'],
  ])('%s', (_, id, kind, head, base, state) => {
    expect(evaluate(id, kind, { head, base }).state).toBe(state)
  })
})

describe('G17: static analysis', () => {
  const finding = (parts: Partial<AnalysisFinding> = {}): AnalysisFinding => ({
    tool: 'Lint',
    rule: 'no-eval',
    level: 'error',
    message: 'No.',
    path: 'src/one.ts',
    line: 4,
    fingerprint: '',
    ...parts,
  })
  const body = (...analysis: AnalysisFinding[]) => ({ body: { analysis } })
  test.each<[string, AnalysisFinding[], AnalysisFinding[], string]>([
    ['nothing', [], [], 'pass'],
    ['a new error', [finding()], [], 'fail'],
    ['a new warning', [finding({ level: 'warning' })], [], 'flag'],
    ['a new note', [finding({ level: 'note' })], [], 'pass'],
    ['an old one on another line', [finding({ line: 90 })], [finding()], 'pass'],
    [
      'an old one under a new name of its file',
      [finding({ path: 'src/new.ts' })],
      [finding({ path: 'src/old.ts' })],
      'pass',
    ],
    ['the same in another file', [finding({ path: 'src/two.ts' })], [finding()], 'fail'],
    ['twice where it was once', [finding(), finding({ line: 5 })], [finding()], 'fail'],
    ['another fingerprint', [finding({ fingerprint: 'a=2' })], [finding({ fingerprint: 'a=1' })], 'fail'],
    [
      'the same fingerprint with another message',
      [finding({ fingerprint: 'a=1', message: 'Never.' })],
      [finding({ fingerprint: 'a=1' })],
      'pass',
    ],
    ['another tool', [finding({ tool: 'Other' })], [finding()], 'fail'],
    ['mended', [], [finding()], 'pass'],
  ])('%s', (_, head, base, state) => {
    const diff = [file('src/new.ts', { status: 'added', renamedFrom: 'src/old.ts' })]
    expect(
      evaluate('static-analysis', 'analysis', { head: body(...head), base: body(...base), diff }).state,
    ).toBe(state)
  })
  test('annotations stand on the lines, the worst first; levels are policy', () => {
    const head = body(
      finding({ level: 'warning', line: 2 }),
      finding({ line: 9 }),
      finding({ path: null, line: null }),
    )
    const verdict = evaluate('static-analysis', 'analysis', { head, base: body() })
    expect(verdict.annotations?.map(({ startLine, level }) => [startLine, level])).toEqual([
      [9, 'failure'],
      [2, 'warning'],
    ])
    expect(verdict.sentence).toContain('without a place')
    const gates = { analysis: { error: 'flag', warning: 'pass' } }
    expect(evaluate('static-analysis', 'analysis', { head, base: body(), gates }).state).toBe('flag')
  })
  test('without the base nobody knows what is new: flagged unless there is nothing to look at', () => {
    const base = { runs: [] }
    expect(evaluate('static-analysis', 'analysis', { head: body(finding()), base }).state).toBe('flag')
    expect(evaluate('static-analysis', 'analysis', { head: body(), base }).state).toBe('pass')
  })
})
