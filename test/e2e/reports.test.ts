/** G18 through the front door: what CI uploads decides the gates, and nothing that only looks like it does. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../src/adapters/clock.ts'
import { type Ci, enableCi } from '../../world/ci/ci.ts'
import type { WorkflowRun } from '../../world/ci/records.ts'
import type { GitHubState } from '../../world/index.ts'
import { archive } from '../support/archive.ts'
import { goodFiles, openTown, repository, type Town } from './town.ts'

const workflow = '.github/workflows/measure.yml'
const reports = [
  ['coverage', 'lcov.info', 'lcov'],
  ['coverage', 'junit.xml', 'junit'],
  ['numbers', 'size.json', 'size-limit'],
  ['numbers', 'load.json', 'k6'],
  ['numbers', 'audit.json', 'audit'],
  ['analysis', 'lint.sarif', 'sarif'],
]
const policy = `version: 1
seniors: [acme/seniors]
agents:
  accounts: [robo]
approvals:
  by: [button, review, comment]
gates:
  ci:
    enabled: false
    deadline_minutes: 2
  reports:
${reports.map(([artifact, path, format]) => `    - { workflow: ${workflow}, artifact: ${artifact}, path: ${path}, format: ${format} }`).join('\n')}
merge:
  mode: merge
`

interface Numbers {
  covered?: number
  failing?: boolean
  bytes?: number
  p95?: number
  weakness?: string
  finding?: { rule: string; level: string; line: number }
}

/** What CI measures at a commit that holds these files; everything is fine unless told. */
function measured(file: string, numbers: Numbers = {}): Record<string, Record<string, string>> {
  const { covered = 9, failing = false, bytes = 1000, p95 = 200, weakness, finding } = numbers
  const lines = Array.from({ length: 10 }, (_, at) => `DA:${at + 1},${at < covered ? 1 : 0}`)
  const result = (ruleId: string, level: string, uri: string, startLine: number) => ({
    ruleId,
    level,
    message: { text: 'That is no good.' },
    locations: [{ physicalLocation: { artifactLocation: { uri }, region: { startLine } } }],
  })
  // One that is everywhere, on another line each time: nobody's news.
  const old = result('old', 'error', 'src/hall.mjs', 1 + (file.length % 7))
  const results = finding ? [old, result(finding.rule, finding.level, file, finding.line)] : [old]
  return {
    coverage: {
      'lcov.info': `SF:/home/runner/work/town/town/${file}\n${lines.join('\n')}\nend_of_record\n`,
      'junit.xml': `<testsuites><testsuite name="town"><testcase name="stands">${failing ? '<failure message="it fell"/>' : ''}</testcase></testsuite></testsuites>`,
    },
    numbers: {
      'size.json': JSON.stringify([{ name: 'town', passed: true, size: bytes }]),
      'load.json': JSON.stringify({
        metrics: { http_req_duration: { 'p(95)': p95 }, http_reqs: { count: 5000, rate: 100 } },
      }),
      'audit.json': JSON.stringify({
        auditReportVersion: 2,
        vulnerabilities: weakness ? { [weakness]: { severity: 'high', via: [{ title: 'ReDoS' }] } } : {},
      }),
    },
    analysis: {
      'lint.sarif': JSON.stringify({
        version: '2.1.0',
        runs: [{ tool: { driver: { name: 'Lint' } }, results }],
      }),
    },
  }
}

let town: Town
let ci: Ci
let aheadMs = 0
let branches = 0

beforeAll(async () => {
  town = await openTown({
    policy,
    files: { [workflow]: 'name: Measure\non: [push, pull_request]\n' },
    clock: { nowMs: () => systemClock.nowMs() + aheadMs, sleep: systemClock.sleep },
  })
  ci = await enableCi(town.stage.github, repository, {
    workflow,
    jobs: [{ name: 'measure', run: 'true' }],
    events: [],
  })
  const base = await town.owner.push(repository, 'main', {
    files: { 'MEASURED.md': 'Measured.\n' },
    message: 'Measure',
  })
  await measure(base, 'push', measured('src/hall.mjs'))
}, 180_000)
afterAll(() => town?.close())

type Uploads = Record<string, Record<string, string> | Buffer>

/** A run of the workflow that uploads these artifacts and ends. */
async function measure(
  sha: string,
  event: 'push' | 'pull_request',
  uploads: Uploads,
  parts: { workflow?: string; conclusion?: 'success' | 'failure' | 'cancelled'; retentionDays?: number } = {},
): Promise<WorkflowRun> {
  const { conclusion = 'success', workflow: path, retentionDays } = parts
  const run = await ci.report(sha, { event, conclusion: null, ...(path ? { workflow: path } : {}) })
  for (const [name, content] of Object.entries(uploads))
    ci.upload(run, {
      name,
      content: Buffer.isBuffer(content)
        ? content
        : Object.entries(content).map(([file, text]) => ({ name: file, bytes: Buffer.from(text) })),
      ...(retentionDays === undefined ? {} : { retentionDays }),
    })
  await ci.finish(run, conclusion)
  return run
}

async function opened(): Promise<{ pull: GitHubState.Pull; file: string; sha: string }> {
  const name = `part${++branches}`
  const pull = await town.openPull(town.robo, name)
  return { pull, file: `src/${name}.mjs`, sha: pull.headSha }
}

/** The gates check once it is done, or waits for CI in the end. */
async function gates(sha: string, state: string): Promise<string> {
  const run = await town.runIs('countersign/gates', sha, state)
  await town.stage.settle()
  // A red that came before the last artifact was read is told whole a little later: details are written at leisure.
  const now =
    state === 'in_progress'
      ? (town.run('countersign/gates', sha) ?? run)
      : await town.stage.until('the gates to tell all that was read', () => {
          const told = town.run('countersign/gates', sha)
          return /being (?:read|looked up)/.test(told?.output.summary ?? '') ? undefined : told
        })
  expect(now.conclusion ?? now.status).toBe(state)
  return `${now.output.title}\n${now.output.summary}`
}

describe('G18: what CI uploads at the head and at the merge base decides', () => {
  test('G2, G4, G8, G9: numbers as good as at the base pass, each with its number in its sentence', async () => {
    const { sha, file } = await opened()
    expect(await gates(sha, 'in_progress')).toMatch(/Waiting for/)
    await measure(sha, 'pull_request', measured(file, { bytes: 1050, p95: 230 }))
    const text = await gates(sha, 'success')
    expect(text).toMatch(/no result that the merge base does not have/)
    for (const words of [/90\.0 % of lines/, /1 test succeeded/, /1\.1 kB/, /230 ms/, /No known weakness/])
      expect(text).toMatch(words)
  }, 180_000)

  test('what got worse fails or is flagged, each by its own gate, with annotations on the lines', async () => {
    const { sha, file } = await opened()
    const worse = { covered: 5, failing: true, bytes: 1200, p95: 300, weakness: 'left-pad' }
    await measure(
      sha,
      'pull_request',
      measured(file, { ...worse, finding: { rule: 'no-eval', level: 'error', line: 1 } }),
      { conclusion: 'failure' },
    )
    const text = await gates(sha, 'failure')
    for (const words of [
      /failed \| \*\*Unit tests with coverage\*\* \(G2\) \| 1 test failed: `town > stands`/,
      /failed \| \*\*Dependency audit\*\* \(G4\).*left-pad/,
      /failed \| \*\*Bundle size\*\* \(G8\).*grew from 1\.0 kB to 1\.2 kB/,
      /flagged \| \*\*Performance\*\* \(G9\).*is 300 ms; the merge base had 200 ms/,
      /failed \| \*\*Static analysis\*\* \(G17\).*`no-eval` at `src\/part2\.mjs:1`/,
    ])
      expect(text).toMatch(words)
    expect(town.run('countersign/gates', sha)?.annotations).toContainEqual(
      expect.objectContaining({ path: file, start_line: 1, annotation_level: 'failure' }),
    )
  }, 180_000)

  test('G9: a slower load test is accepted by a person who may, for this commit alone', async () => {
    const { pull, sha, file } = await opened()
    await measure(sha, 'pull_request', measured(file, { p95: 241 }))
    expect(await gates(sha, 'failure')).toMatch(/A person must look at performance/)
    await town.eve.comment(repository, pull.number, '/agent accept performance who cares')
    await town.ben.comment(repository, pull.number, '/agent accept performance it does more now')
    const answer = await town.commentWith(pull.number, /\/agent accept performance [0-9a-f]{8} </)
    const shown = /accept performance ([0-9a-f]{8}) </.exec(answer)?.[1]
    await town.ben.comment(repository, pull.number, `/agent accept performance ${shown} it does more now`)
    expect(await gates(sha, 'success')).toMatch(/accepted by \*\*ben\*\*: it does more now/)

    const next = await town.robo.push(repository, pull.headRef, {
      files: { ...goodFiles('more'), [file]: 'export const again = 1\n' },
      message: 'Again',
    })
    await measure(next, 'pull_request', measured(file, { p95: 241 }))
    expect(await gates(next, 'failure')).toMatch(/A person must look at performance/)
    await town.press(town.cleo, 'countersign/gates', next, 'Accept')
    await gates(next, 'success')
  }, 180_000)

  test('a run that is run again counts anew', async () => {
    const { sha, file } = await opened()
    const run = await measure(sha, 'pull_request', measured(file, { failing: true }))
    expect(await gates(sha, 'failure')).toMatch(/1 test failed/)
    await town.owner.api('POST', `/repos/${repository}/actions/runs/${run.id}/rerun`)
    for (const [name, files] of Object.entries(measured(file)))
      ci.upload(run, {
        name,
        content: Object.entries(files).map(([path, text]) => ({ name: path, bytes: Buffer.from(text) })),
      })
    await ci.finish(run, 'success')
    await gates(sha, 'success')
  }, 180_000)

  test('T16: nothing at the merge base is flagged, and nothing at the head fails at the deadline', async () => {
    const stray = await town.owner.push(repository, 'main', { files: { 'NEW.md': 'New.\n' }, message: 'New' })
    const { sha, file } = await opened()
    await measure(sha, 'pull_request', measured(file))
    const text = await gates(sha, 'failure')
    expect(text).toMatch(/flagged \| \*\*Performance\*\*.*has not run/)
    expect(text).toMatch(/flagged \| \*\*Bundle size\*\*.*not known/)
    await measure(stray, 'push', measured('src/hall.mjs'))

    const late = await opened()
    await gates(late.sha, 'in_progress')
    aheadMs += 3 * 60_000
    await town.owner.api('POST', `/repos/${repository}/statuses/${late.sha}`, {
      state: 'success',
      context: 'x',
    })
    expect(await gates(late.sha, 'failure')).toMatch(/has not run\. It had 2 minutes/)
  }, 180_000)
})

describe('T15: an artifact of the right name proves nothing', () => {
  const perfect = (file: string) => measured(file, { covered: 10, bytes: 1, p95: 1 })

  test.each<[string, (sha: string, file: string) => Promise<unknown>]>([
    [
      'of another workflow',
      (sha, file) => measure(sha, 'pull_request', perfect(file), { workflow: '.github/workflows/mine.yml' }),
    ],
    ['of another event', (sha, file) => measure(sha, 'push', perfect(file))],
    [
      'of a cancelled run',
      (sha, file) => measure(sha, 'pull_request', perfect(file), { conclusion: 'cancelled' }),
    ],
    [
      'of another commit',
      async (_, file) => {
        const other = await opened()
        await measure(other.sha, 'pull_request', perfect(file))
      },
    ],
  ])(
    '%s',
    async (_, upload) => {
      const { sha, file } = await opened()
      await upload(sha, file)
      await town.stage.settle()
      expect(await gates(sha, 'in_progress')).toMatch(/Waiting for/)
    },
    120_000,
  )

  test.each<[string, (file: string) => Uploads, { retentionDays?: number }, RegExp]>([
    ['expired', (file) => measured(file), { retentionDays: 0 }, /has expired on GitHub/],
    [
      'under another name',
      (file) => ({ ...measured(file), numbers: {}, digits: measured(file)['numbers'] ?? {} }),
      {},
      /no artifact `numbers`|holds no/,
    ],
    [
      'without the file',
      (file) => ({ ...measured(file), analysis: { 'other.sarif': '{}' } }),
      {},
      /holds no lint\.sarif/,
    ],
    [
      'with another file in its place',
      (file) => ({ ...measured(file), analysis: { 'lint.sarif': '<html>' } }),
      {},
      /lint\.sarif cannot be read as sarif/,
    ],
    [
      'a zip bomb',
      (file) => ({
        ...measured(file),
        numbers: archive([{ name: 'size.json', text: Buffer.alloc(30_000_000) }]),
      }),
      {},
      /zip bomb/,
    ],
    [
      'with a path out of it',
      (file) => ({
        ...measured(file),
        numbers: archive([{ name: '../../.ssh/authorized_keys', text: 'x' }]),
      }),
      {},
      /`numbers`.*refused/,
    ],
    [
      'with a link',
      (file) => ({
        ...measured(file),
        numbers: archive([{ name: 'size.json', text: '/etc/passwd', mode: 0o120777 }]),
      }),
      {},
      /symbolic link/,
    ],
    [
      'no archive at all',
      (file) => ({ ...measured(file), numbers: Buffer.from('not a zip') }),
      {},
      /`numbers`.*refused/,
    ],
  ])(
    'T26: %s: it fails with its sentence',
    async (_, uploads, parts, words) => {
      const { sha, file } = await opened()
      await measure(sha, 'pull_request', uploads(file), parts)
      expect(await gates(sha, 'failure')).toMatch(words)
    },
    120_000,
  )

  test('G12, T14: a change to the workflow that measures needs a senior', async () => {
    const name = `part${++branches}`
    await town.robo.push(repository, name, {
      files: {
        ...goodFiles(name),
        [workflow]: 'name: Measure\non: [push, pull_request]\n# better numbers\n',
      },
      message: 'Measure better',
      base: 'main',
    })
    const pull = await town.robo.openPull(repository, { title: 'Better', head: name, base: 'main', body: '' })
    await measure(pull.headSha, 'pull_request', measured(`src/${name}.mjs`))
    expect(await gates(pull.headSha, 'failure')).toMatch(/flagged \| \*\*Gate integrity\*\*.*measure\.yml/)
  }, 180_000)
})

test('T25: the storage that GitHub redirects to is not told our token', async () => {
  // It answers 400 to a request that brings one, and every report above was read from it.
  const asked = town.stage.github.requests.filter(({ path }) => /\/artifacts\/\d+\/zip$/.test(path))
  expect(asked.length).toBeGreaterThan(0)
  expect(town.stage.github.violations).toEqual([])
})
