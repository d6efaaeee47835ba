/** How fast the diff gates are: 100 commits of a 5,000-file repository, and one pull request of 3,000 files. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLocalRepository } from '../src/adapters/workspace/localRepository.ts'
import { evaluateAll } from '../src/cli/gates.ts'
import { localGates } from '../src/cli/gatesRange.ts'
import { evidenceKey, viewOf } from '../src/core/evidence.ts'
import { protectedRules } from '../src/core/protectedPaths.ts'
import type { GateInput } from '../src/gates/gate.ts'
import { defaultPolicy } from '../src/policy/schema.ts'

const files = 5000
const commits = 100
const wide = 3000
const home = await mkdtemp(join(tmpdir(), 'countersign-bench-gates-'))
try {
  await makeRepository(home)
  const repository = await openLocalRepository(home)
  try {
    await benchHistory(repository)
    await benchWide(repository)
  } finally {
    await repository.close()
  }
} finally {
  await rm(home, { recursive: true, force: true })
}

/** What this process used since `before`, user and system: steadier than the clock where others work too. */
function cpuMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

type Repository = Awaited<ReturnType<typeof openLocalRepository>>

async function benchHistory(repository: Repository): Promise<void> {
  const [base, head] = [await repository.resolve('start'), await repository.resolve('history')]
  const list = await repository.commitsBetween(base, head, commits)
  const [startedMs, cpu] = [performance.now(), process.cpuUsage()]
  const reports = await evaluateAll(
    repository,
    defaultPolicy,
    list.map(({ sha, parent }) => ({ base: parent, head: sha })),
  )
  const seconds = (performance.now() - startedMs) / 1000
  const failed = reports.flatMap((report) => report.gates).filter((line) => line.state === 'fail')
  console.log(
    `${reports.length} commits of a ${files}-file repository: ${seconds.toFixed(1)} s (aim: under 10 s), ${(cpuMs(cpu) / 1000).toFixed(1)} s of processor time beside git's; ${failed.length} failed verdicts`,
  )
}

/** The gates alone on evidence that is there: what a round of the App spends in judge. */
async function benchWide(repository: Repository): Promise<void> {
  const range = { base: await repository.resolve('start'), head: await repository.resolve('wide') }
  const policy = { ...defaultPolicy, pipeline: { ...defaultPolicy.pipeline, max_files: 3000 } }
  const results = new Map()
  for (const kind of ['diff', 'commits'] as const) {
    const request = { kind, ...range }
    results.set(evidenceKey('bench/gates', request), await repository.collect(request))
  }
  const input: GateInput = {
    ...range,
    settings: policy.gates,
    commands: policy.commands,
    protectedRules: protectedRules(policy.protected),
    caps: { files: wide, lines: 1_000_000 },
    allowed: null,
    title: '',
    body: '',
    plan: null,
    ci: 'unknown',
    workflowRuns: { head: 'unknown', base: 'unknown' },
    ownAppIds: [],
    retargeted: false,
    headSinceMs: null,
    nowMs: 0,
    evidence: viewOf('bench/gates', results),
  }
  const times: number[] = []
  const cpuTimes: number[] = []
  globalThis.gc?.()
  const beforeBytes = process.memoryUsage().heapUsed
  let peakBytes = beforeBytes
  for (let round = 0; round < 12; round++) {
    const [startedMs, cpu] = [performance.now(), process.cpuUsage()]
    for (const gate of localGates) gate.evaluate(input)
    times.push(performance.now() - startedMs)
    cpuTimes.push(cpuMs(cpu))
    peakBytes = Math.max(peakBytes, process.memoryUsage().heapUsed)
  }
  const median = (all: number[]) => (all.slice(2).sort((a, b) => a - b)[5] ?? 0).toFixed(0)
  const first = (all: number[]) => (all[0] ?? 0).toFixed(0)
  console.log(
    `gates on a ${wide}-file pull request: first ${first(times)} ms, median ${median(times)} ms (aim: under 150 ms); ` +
      `of processor time ${first(cpuTimes)} and ${median(cpuTimes)} ms; ` +
      `heap grew by at most ${((peakBytes - beforeBytes) / 1048576).toFixed(0)} MB (aim: under 100 MB)`,
  )
}

/** `git fast-import`: 5,000 files in one commit, then 100 small commits, and one commit that changes 3,000 files. */
async function makeRepository(directory: string): Promise<void> {
  await run(['init', '--quiet', '--initial-branch=main', directory])
  const child = spawn('git', ['-C', directory, 'fast-import', '--quiet'], {
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  const done = once(child, 'close')
  const out: string[] = []
  const commit = (branch: string, from: string | null, changes: readonly (readonly [string, string])[]) => {
    out.push(`commit refs/heads/${branch}\ncommitter A <a@example.org> 1700000000 +0000\ndata 7\nchange\n\n`)
    if (from) out.push(`from refs/heads/${from}\n`)
    for (const [path, text] of changes)
      out.push(`M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`)
  }
  const pathOf = (index: number) => `src/part${index % 100}/file${index}.ts`
  const textOf = (index: number, extra = '') =>
    `export function value${index}() {\n  return ${index}\n}\n${extra}${'// a line of text\n'.repeat(40)}`
  commit('start', null, [
    ['package.json', '{"name":"bench","type":"module"}\n'],
    ...Array.from({ length: files }, (_, index) => [pathOf(index), textOf(index)] as const),
  ])
  for (let index = 0; index < commits; index++)
    commit('history', index === 0 ? 'start' : null, [
      [pathOf(index), textOf(index, `export const more${index} = value${index}()\n`)],
      [
        `test/part${index}.test.ts`,
        `import { value${index} } from '../${pathOf(index)}'\ntest('v', () => expect(value${index}()).toBe(${index}))\n`,
      ],
      [`docs/part${index}.md`, `Part ${index}.\n`],
    ])
  commit(
    'wide',
    'start',
    Array.from(
      { length: wide },
      (_, index) => [pathOf(index), textOf(index, `export const more${index} = 1\n`.repeat(20))] as const,
    ),
  )
  child.stdin.end(out.join(''))
  await done
}

async function run(args: string[]): Promise<void> {
  await once(spawn('git', args, { stdio: 'inherit' }), 'close')
}
