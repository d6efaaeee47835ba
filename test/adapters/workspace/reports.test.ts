/** Report readers: what each tool writes, and everything that must not pass for a report (T16, T26). */
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { readReports } from '../../../src/adapters/workspace/reports/index.ts'
import { parseJunit } from '../../../src/adapters/workspace/reports/junit.ts'
import {
  belowFolder,
  belowRunner,
  createPathResolver,
  readReport,
} from '../../../src/adapters/workspace/reports/read.ts'
import type { ReportFile } from '../../../src/core/evidence.ts'
import { cleanUp, scratch } from './support.ts'

const tracked = new Set(['src/a.ts', 'src/deep/b.ts', 'lib/c.py'])
afterAll(cleanUp)

type Format = ReportFile['format']
async function read(format: Format, text: string, directory = scratch('report')) {
  writeFileSync(join(directory, 'report'), text.replaceAll('ROOT', directory))
  return readIn(directory, [{ format, path: 'report' }])
}
const readIn = (directory: string, files: readonly ReportFile[]) =>
  readReports(
    {
      read: (path) => readReport(directory, path),
      resolve: createPathResolver(tracked, belowFolder(directory)),
    },
    files,
  )

describe('paths', () => {
  test.each([
    ['src/a.ts', 'src/a.ts'],
    ['./src/a.ts', 'src/a.ts'],
    ['/checkout/src/a.ts', 'src/a.ts'],
    ['file:///checkout/src/a.ts', 'src/a.ts'],
    ['src\\a.ts', 'src/a.ts'],
    ['src/deep/../a.ts', 'src/a.ts'],
    ['../checkout/src/a.ts', null],
    ['/etc/passwd', null],
    ['/checkout-2/src/a.ts', null],
    ['node_modules/x.js', null],
    ['', null],
  ])('%s is %s', (written, path) => {
    expect(createPathResolver(tracked, belowFolder('/checkout'))(written)).toBe(path)
  })
})

describe('paths of reports that CI wrote', () => {
  test.each([
    ['src/a.ts', 'src/a.ts'],
    ['/home/runner/work/shop/shop/src/a.ts', 'src/a.ts'],
    ['/__w/Shop/Shop/src/a.ts', 'src/a.ts'],
    ['/Users/runner/work/shop/shop/lib/c.py', 'lib/c.py'],
    ['D:\\a\\shop\\shop\\src\\deep\\b.ts', 'src/deep/b.ts'],
    ['file:///D:/a/shop/shop/src/a.ts', 'src/a.ts'],
    ['/usr/lib/node_modules/other/src/a.ts', null],
    ['/home/runner/work/other/other/src/a.ts', null],
    ['/home/runner/work/shop/shop/../../../src/a.ts', null],
  ])('%s is %s', (written, path) => {
    expect(createPathResolver(tracked, belowRunner('acme/shop'))(written)).toBe(path)
  })
})

describe('junit', () => {
  test('nested suites, failures, errors, skips, entities and CDATA', () => {
    const text = `<?xml version="1.0"?><!-- run --><testsuites name="run">
      <testsuite name="money &amp; time"><testsuite name="inner">
        <testcase name="adds &quot;one&quot;" time="0.1"/>
        <testcase name="fails"><failure message="expected 1"><![CDATA[at <x> && y]]></failure></testcase>
      </testsuite>
      <testcase name="breaks"><error>boom</error></testcase>
      <testcase name="later"><skipped/></testcase></testsuite></testsuites>`
    expect(parseJunit(text)).toEqual({
      ok: true,
      value: [
        { name: 'money & time > inner > adds "one"', status: 'passed' },
        { name: 'money & time > inner > fails', status: 'failed', message: 'expected 1\nat <x> && y' },
        { name: 'money & time > breaks', status: 'failed', message: 'boom' },
        { name: 'money & time > later', status: 'skipped' },
      ],
    })
  })

  test("what Node's own reporter writes is read", () => {
    const directory = scratch('node-test')
    writeFileSync(
      join(directory, 'a.test.mjs'),
      `import {describe,it} from 'node:test'; describe('sums', () => { it('works', () => {}); it('breaks', () => { throw new Error('no') }); it.skip('later', () => {}) })`,
    )
    let text = ''
    try {
      execFileSync(process.execPath, ['--test', '--test-reporter=junit', 'a.test.mjs'], {
        cwd: directory,
        stdio: 'pipe',
        env: {},
      })
    } catch (error) {
      text = String((error as { stdout: Buffer }).stdout)
    }
    const parsed = parseJunit(text)
    expect(parsed.ok && parsed.value.map(({ name, status }) => [name, status])).toEqual([
      ['sums > works', 'passed'],
      ['sums > breaks', 'failed'],
      ['sums > later', 'skipped'],
    ])
  })

  test.each([
    ['nothing', ''],
    ['text', 'all tests passed'],
    ['another root', '<html></html>'],
    ['a cut file', '<testsuites><testsuite name="a"><testcase name="b">'],
    ['crossed tags', '<testsuite name="a"><testcase name="b"></testsuite></testcase>'],
    ['entities of its own', '<!DOCTYPE x [<!ENTITY a "b">]><testsuite/>'],
    ['endless depth', '<testsuite>'.repeat(5000)],
  ])('T16: %s is a problem and not zero failures', async (_what, text) => {
    expect(await read('junit', text)).toEqual({ tests: { problem: expect.stringContaining('invalid') } })
  })
})

describe('coverage', () => {
  const counted = { linesFound: 3, linesHit: 2, files: { 'src/a.ts': { hit: [1, 3], missed: [2] } } }

  test('lcov: absolute, relative and foreign files', async () => {
    const text =
      'TN:\nSF:ROOT/src/a.ts\nDA:1,4\nDA:2,0\nend_of_record\nSF:src/a.ts\nDA:3,1,abc\nend_of_record\nSF:/usr/lib/x.js\nDA:1,1\nend_of_record\nSF:../src/a.ts\nDA:9,1\nend_of_record\n'
    expect(await read('lcov', text)).toEqual({ coverage: { format: 'lcov', ...counted } })
  })

  test('istanbul: final and summary', async () => {
    const location = (line: number) => ({ start: { line, column: 0 }, end: { line, column: 1 } })
    const final = {
      'ROOT/src/a.ts': {
        path: 'ROOT/src/a.ts',
        statementMap: { 0: location(1), 1: location(2), 2: location(3) },
        s: { 0: 1, 1: 0, 2: 7 },
      },
    }
    expect(await read('istanbul', JSON.stringify(final))).toEqual({
      coverage: { format: 'istanbul', ...counted },
    })
    expect(
      await read('istanbul', JSON.stringify({ total: { lines: { total: 10, covered: 9, pct: 90 } } })),
    ).toEqual({
      coverage: { format: 'istanbul', linesFound: 10, linesHit: 9 },
    })
  })

  test('cobertura: file names below a source', async () => {
    const text = `<?xml version="1.0"?><!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
      <coverage><sources><source>ROOT/src</source></sources><packages><package><classes><class filename="a.ts"><methods/>
      <lines><line number="1" hits="1"/><line number="2" hits="0"/><line number="3" hits="2"/></lines></class></classes></package></packages></coverage>`
    expect(await read('cobertura', text)).toEqual({ coverage: { format: 'cobertura', ...counted } })
  })

  test.each<[Format, string]>([
    ['lcov', ''],
    ['lcov', 'DA:1,1\n'],
    ['lcov', 'SF:src/a.ts\nDA:one,1\n'],
    ['lcov', 'SF:/elsewhere.ts\nDA:1,1\nend_of_record\n'],
    ['istanbul', '{'],
    ['istanbul', '{"total":{"lines":{"total":1,"covered":2}}}'],
    ['istanbul', '[]'],
    ['cobertura', '<coverage/>'],
  ])('T16: %s with %j is a problem', async (format, text) => {
    expect(await read(format, text)).toEqual({ coverage: { problem: expect.stringContaining('invalid') } })
  })
})

describe('files', () => {
  test('T16: a missing report says so', async () => {
    const found = await readIn(scratch('none'), [{ format: 'junit', path: 'out/junit.xml' }])
    expect(found).toEqual({ tests: { problem: expect.stringContaining('missing') } })
  })

  test('T26: links, folders, pipes and huge files are problems and are not followed', async () => {
    const directory = scratch('files')
    symlinkSync('/etc/passwd', join(directory, 'link'))
    symlinkSync('/etc', join(directory, 'folder'))
    mkdirSync(join(directory, 'real'))
    execFileSync('/usr/bin/mkfifo', [join(directory, 'pipe')])
    execFileSync('/usr/bin/truncate', ['-s', '21M', join(directory, 'huge')])
    for (const [path, problem] of [
      ['link', 'symbolic'],
      ['folder/passwd', 'symbolic'],
      ['real', 'not a regular'],
      ['pipe', 'not a regular'],
      ['huge', '20 MB'],
    ] as const) {
      expect(await readIn(directory, [{ format: 'lcov', path }])).toEqual({
        coverage: { problem: expect.stringContaining(problem) },
      })
    }
  })

  test('T16: one unusable report of several spoils the tests', async () => {
    const directory = scratch('several')
    writeFileSync(join(directory, 'a.xml'), '<testsuite><testcase name="a"/></testsuite>')
    const both = [
      { format: 'junit' as const, path: 'a.xml' },
      { format: 'junit' as const, path: 'b.xml' },
    ]
    expect(await readIn(directory, both)).toEqual({
      tests: { problem: expect.stringContaining('b.xml') },
    })
    writeFileSync(join(directory, 'b.xml'), '<testsuite><testcase name="b"/></testsuite>')
    expect(await readIn(directory, both)).toMatchObject({
      tests: [{ name: 'a' }, { name: 'b' }],
    })
  })
})

describe('G4: audits', () => {
  test('npm, with what a finding comes through', async () => {
    const { audit } = await read(
      'audit',
      JSON.stringify({
        auditReportVersion: 2,
        vulnerabilities: {
          a: { severity: 'low', via: ['b'] },
          b: { severity: 'critical', via: [{ title: 'Prototype pollution' }] },
        },
        metadata: {},
      }),
    )
    expect(audit).toEqual({
      findings: [
        { name: 'b', severity: 'critical', title: 'Prototype pollution' },
        { name: 'a', severity: 'low', title: 'through b' },
      ],
      unreachable: null,
    })
  })
  test('pnpm and OSV-Scanner', async () => {
    const pnpm = { advisories: { 1: { module_name: 'a', severity: 'moderate', title: 'T' } } }
    expect((await read('audit', JSON.stringify(pnpm))).audit).toMatchObject({
      findings: [{ name: 'a', severity: 'moderate' }],
    })
    const found = (id: string, rest = {}) => ({ id, summary: 'S', ...rest })
    const osv = {
      results: [
        {
          packages: [
            {
              package: { name: 'p' },
              vulnerabilities: [
                found('X-1'),
                found('X-2', { database_specific: { severity: 'MODERATE' } }),
                found('X-3'),
              ],
              groups: [{ ids: ['X-1'], max_severity: '9.8' }],
            },
          ],
        },
      ],
    }
    const { audit } = await read('audit', JSON.stringify(osv))
    expect(audit && 'findings' in audit && audit.findings.map((one) => one.severity)).toEqual([
      'unknown',
      'critical',
      'moderate',
    ])
  })
  test.each([
    [{ error: { code: 'ENOTFOUND', summary: 'request failed' } }, 'ENOTFOUND: request failed'],
    [{ statusCode: 405, message: 'Method Not Allowed' }, 'status 405 Method Not Allowed'],
  ])('a registry that does not answer is told apart: %j', async (json, why) => {
    expect((await read('audit', JSON.stringify(json))).audit).toEqual({ findings: [], unreachable: why })
  })
  test.each(['', '{', '[]', '{}', '{"vulnerabilities":{}}', 'found 0 vulnerabilities'])(
    '%j is no report',
    async (text) => {
      expect((await read('audit', text)).audit).toEqual({
        problem: expect.stringContaining('cannot be read as audit'),
      })
    },
  )
})

describe('G8: size-limit', () => {
  test('sizes in bytes', async () => {
    const { sizes } = await read(
      'size-limit',
      '[{"name":"app","passed":true,"size":1234},{"name":"b","size":0}]',
    )
    expect(sizes).toEqual({
      entries: [
        { name: 'app', bytes: 1234 },
        { name: 'b', bytes: 0 },
      ],
    })
  })
  test.each([
    '[]',
    '[{"name":"a","size":-1}]',
    '[{"name":"a","size":null}]',
    '[{"name":"a","size":"1 kB"}]',
    '[{"name":"a","size":1e400}]',
    '[{"name":"a","size":1},{"name":"a","size":2}]',
    '[{"name":"a","si',
  ])('%s is no report', async (text) => {
    expect((await read('size-limit', text)).sizes).toEqual({
      problem: expect.stringContaining('cannot be read'),
    })
  })
  test('T16: a report that was not written is a problem, not an absence', async () => {
    const both = await readIn(scratch('none'), [
      { format: 'size-limit', path: 'size.json' },
      { format: 'audit', path: 'audit.json' },
    ])
    expect(both).toEqual({
      sizes: { problem: expect.stringContaining('missing') },
      audit: { problem: expect.stringContaining('missing') },
    })
  })
})
