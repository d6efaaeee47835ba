/** Load tests and static analysis as their tools write them, and everything that must not pass for such a report (T16). */
import { describe, expect, test } from '@jest/globals'
import { readReports } from '../../../src/adapters/workspace/reports/index.ts'
import { belowRunner, createPathResolver } from '../../../src/adapters/workspace/reports/read.ts'
import type { ReportFormat, Reports } from '../../../src/core/reports.ts'

const resolve = createPathResolver(new Set(['src/a.ts', 'src/näme.ts']), belowRunner('acme/shop'))
const read = (format: ReportFormat, written: unknown): Promise<Reports> => {
  const text = typeof written === 'string' ? written : JSON.stringify(written)
  return readReports({ read: async () => ({ ok: true, value: text }), resolve }, [{ format, path: 'out' }])
}

/** The trend of `--summary-export`, and the same from `handleSummary`, as the documentation of k6 shows them. */
const trend = { avg: 144.5, max: 1140, med: 110.4, min: 104.1, 'p(90)': 203.5, 'p(95)': 215.95 }
const exported = {
  root_group: { name: '', path: '', id: 'd41d', groups: {}, checks: {} },
  metrics: {
    http_req_duration: { ...trend, thresholds: { 'p(95)<500': false } },
    http_reqs: { count: 180, rate: 4.36938 },
    http_req_failed: { passes: 9, fails: 171, value: 0.05 },
    vus: { max: 19, min: 1, value: 1 },
  },
}
const handled = {
  root_group: { name: '', groups: [], checks: [] },
  options: { summaryTrendStats: ['avg', 'p(95)'], summaryTimeUnit: 's', noColor: false },
  state: { isStdOutTTY: false, testRunDurationMs: 41_000 },
  metrics: {
    http_req_duration: {
      type: 'trend',
      contains: 'time',
      values: trend,
      thresholds: { 'p(95)<500': { ok: true } },
    },
    http_reqs: { type: 'counter', contains: 'default', values: { count: 180, rate: 4.36938 } },
    http_req_failed: { type: 'rate', contains: 'default', values: { rate: 0.05, passes: 9, fails: 171 } },
  },
}
const with95 = (value: unknown) => ({
  metrics: { ...exported.metrics, http_req_duration: { ...trend, 'p(95)': value } },
})

/** `autocannon --json`. */
const cannon = {
  url: 'http://localhost:3000',
  connections: 40,
  duration: 2.06,
  errors: 3,
  timeouts: 2,
  mismatches: 0,
  non2xx: 4,
  resets: 0,
  '2xx': 496,
  latency: { average: 100.1, p50: 67, p75: 107, p90: 126, p97_5: 378, p99: 386, totalCount: 500 },
  requests: { average: 250, total: 500, sent: 540, p97_5: 367 },
  throughput: { average: 52_468, total: 104_945 },
}

describe('G9: load tests', () => {
  test.each([
    ['--summary-export', exported],
    ['handleSummary', handled],
  ])('k6, %s', async (_, summary) => {
    expect(await read('k6', summary)).toEqual({
      latency: [{ name: 'out', tailMs: 215.95, quantile: 'p95', samples: 180, failed: 9 }],
    })
  })
  test('k6 without a rate of failures', async () => {
    const { http_req_failed: _, ...metrics } = exported.metrics
    expect(await read('k6', { metrics })).toMatchObject({ latency: [{ failed: 0 }] })
  })
  test('autocannon: the 97.5th percentile, and what failed', async () => {
    expect(await read('autocannon', cannon)).toEqual({
      latency: [{ name: 'out', tailMs: 378, quantile: 'p97.5', samples: 500, failed: 7 }],
    })
    const { totalCount: _, ...latency } = cannon.latency
    expect(await read('autocannon', { ...cannon, latency })).toMatchObject({ latency: [{ samples: 500 }] })
  })
  test('several load tests are kept apart by their paths', async () => {
    const text = JSON.stringify(exported)
    const found = await readReports({ read: async () => ({ ok: true, value: text }), resolve }, [
      { format: 'k6', path: 'a.json' },
      { format: 'k6', path: 'b.json' },
    ])
    expect(found).toMatchObject({ latency: [{ name: 'a.json' }, { name: 'b.json' }] })
  })
  test.each<[string, ReportFormat, unknown]>([
    ['nothing', 'k6', ''],
    ['an empty object', 'k6', {}],
    ['a cut file', 'k6', JSON.stringify(exported).slice(0, -30)],
    ['NaN', 'k6', JSON.stringify(with95(1)).replace('"p(95)":1', '"p(95)":NaN')],
    ['what JSON makes of NaN', 'k6', with95(Number.NaN)],
    ['a negative time', 'k6', with95(-1)],
    ['infinity', 'k6', JSON.stringify(with95(1)).replace('"p(95)":1', '"p(95)":1e400')],
    ['a time with a unit', 'k6', with95('215.95ms')],
    ['no 95th percentile', 'k6', with95(undefined)],
    ['no count', 'k6', { metrics: { http_req_duration: trend } }],
    ['a share over one', 'k6', { metrics: { ...exported.metrics, http_req_failed: { value: 7 } } }],
    ["autocannon's", 'k6', cannon],
    ["k6's", 'autocannon', exported],
    ['a negative latency', 'autocannon', { ...cannon, latency: { p97_5: -1, totalCount: 5 } }],
    ['half a request', 'autocannon', { ...cannon, requests: { total: 1.5 } }],
    ['nothing', 'autocannon', ''],
  ])('T16: %s is no report of %s', async (_, format, written) => {
    expect((await read(format, written)).latency).toEqual({
      problem: expect.stringContaining(`out cannot be read as ${format}`),
    })
  })
})

/** The shape of ESLint's and CodeQL's logs. */
const sarif = (results: unknown, run: object = {}) => ({
  $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
  version: '2.1.0',
  runs: [
    {
      tool: {
        driver: {
          name: 'Lint',
          rules: [
            { id: 'quiet', defaultConfiguration: { level: 'note' } },
            {
              id: 'sql',
              defaultConfiguration: { level: 'warning' },
              properties: { 'security-severity': '8.8' },
            },
          ],
        },
      },
      results,
      ...run,
    },
  ],
})
const at = (uri: string, startLine?: number) => [
  { physicalLocation: { artifactLocation: { uri }, ...(startLine ? { region: { startLine } } : {}) } },
]
const message = { text: 'It is.' }

describe('SARIF', () => {
  test.each<[string, object, object]>([
    ['the result has a level', { ruleId: 'a', level: 'error' }, { rule: 'a', level: 'error' }],
    ['the rule has one', { ruleId: 'quiet' }, { rule: 'quiet', level: 'note' }],
    ['the rule is found by its index', { ruleIndex: 0 }, { rule: 'quiet', level: 'note' }],
    ['nobody has one', { ruleId: 'a' }, { level: 'warning' }],
    ['high security severity is an error', { ruleId: 'sql', level: 'warning' }, { level: 'error' }],
    ['none is a note', { ruleId: 'a', level: 'none' }, { level: 'note' }],
    ['a relative place', { locations: at('src/a.ts', 7) }, { path: 'src/a.ts', line: 7 }],
    ['an escaped one', { locations: at('src/n%C3%A4me.ts', 1) }, { path: 'src/näme.ts', line: 1 }],
    [
      'an absolute one',
      { locations: at('file:///home/runner/work/shop/shop/src/a.ts') },
      { path: 'src/a.ts', line: null },
    ],
    ['one outside', { locations: at('file:///usr/lib/x.ts', 1) }, { path: null }],
    ['a broken escape', { locations: at('src/%E4.ts', 1) }, { path: null }],
    ['fingerprints', { partialFingerprints: { b: '2', a: '1' } }, { fingerprint: 'a=1 b=2' }],
    ['no place', {}, { path: null, line: null }],
  ])('%s', async (_, result, expected) => {
    expect(await read('sarif', sarif([{ message, ...result }]))).toEqual({
      analysis: [
        {
          tool: 'Lint',
          message: 'It is.',
          rule: expect.any(String),
          level: expect.any(String),
          path: null,
          line: null,
          fingerprint: '',
          ...expected,
        },
      ],
    })
  })
  test.each([
    ['suppressed', { suppressions: [{ kind: 'inSource' }] }],
    ['gone', { baselineState: 'absent' }],
    ['passing', { kind: 'pass' }],
  ])('a result that is %s does not stand', async (_, result) => {
    expect(await read('sarif', sarif([{ message, ...result }]))).toEqual({ analysis: [] })
  })
  test('a suppression that was not accepted, and a result that the tool calls old, stand', async () => {
    const results = [
      { message, suppressions: [{ status: 'underReview' }] },
      { message, baselineState: 'unchanged' },
    ]
    expect((await read('sarif', sarif(results))).analysis).toHaveLength(2)
  })
  test.each<[string, unknown]>([
    ['nothing', ''],
    ['a cut file', JSON.stringify(sarif([])).slice(0, -5)],
    ['no tool ran', { version: '2.1.0', runs: [] }],
    ['nothing was scanned', sarif(null)],
    ['results are left out', sarif(undefined)],
    ['another version', { ...sarif([]), version: '2.0.0' }],
    ['the tool says it failed', sarif([], { invocations: [{ executionSuccessful: false }] })],
    ['a negative line', sarif([{ message, locations: at('src/a.ts', -1) }])],
    ['too many results', sarif(Array.from({ length: 5001 }, () => ({ message })))],
    ["npm's audit", { auditReportVersion: 2, vulnerabilities: {} }],
  ])('T16: %s is no report', async (_, written) => {
    expect((await read('sarif', written)).analysis).toEqual({
      problem: expect.stringContaining('out cannot be read as sarif'),
    })
  })
})

test.each<[ReportFormat, keyof Reports]>([
  ['junit', 'tests'],
  ['lcov', 'coverage'],
  ['istanbul', 'coverage'],
  ['cobertura', 'coverage'],
  ['audit', 'audit'],
  ['size-limit', 'sizes'],
])('T16: negative numbers, NaN and the wrong format are no report of %s', async (format, kind) => {
  for (const text of [
    '[{"name":"a","size":-1}]',
    '[{"name":"a","size":NaN}]',
    '{"total":{"lines":{"total":-5,"covered":-5}}}',
    'SF:src/a.ts\nDA:-1,1\nend_of_record\n',
    'SF:src/a.ts\nDA:NaN,NaN\nend_of_record\n',
    '<coverage><class filename="src/a.ts"><line number="NaN" hits="-1"/></class></coverage>',
    JSON.stringify(exported),
  ])
    expect([text, await read(format, text)]).toEqual([text, { [kind]: { problem: expect.any(String) } }])
})
