/**
 * What safety costs: the sandbox's start over a bare spawn, and a ready worktree over a bare `git worktree add`.
 *
 * Run: node bench/workspace.ts [rounds]. Prints medians in milliseconds and their ratios.
 */
import { execFile, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { silentLog } from '../src/adapters/log.ts'
import { createMirrors } from '../src/adapters/workspace/gitMirrors.ts'
import { createBubblewrapSandbox } from '../src/adapters/workspace/sandbox.ts'
import { createWorkspace } from '../src/adapters/workspace/worktree.ts'

const run = promisify(execFile)
const rounds = Number(process.argv[2] ?? 30)
const files = 500
const repository = 'bench/shop'

const home = await mkdtemp(join(tmpdir(), 'countersign-bench-'))
await chmod(home, 0o755)
try {
  await benchSandbox()
  await benchWorktree()
} finally {
  await rm(home, { recursive: true, force: true })
}

async function benchSandbox(): Promise<void> {
  const sandbox = createBubblewrapSandbox({ log: silentLog })
  const tested = await sandbox.selfTest()
  if (!tested.ok) {
    console.log(`sandbox: not measured, ${tested.reason}`)
    return
  }
  const directory = join(home, 'folder')
  await mkdir(directory)
  const request = {
    directory,
    run: 'true',
    timeoutMs: 10_000,
    memoryMb: 256,
    outputBytes: 1000,
    readOnly: [],
  }
  const signal = new AbortController().signal
  const bare = await median(() => plainSpawn(directory))
  const sandboxed = await median(() => sandbox.run(request, signal))
  print('sandbox start', sandboxed, 'bare spawn', bare)
  const startedMs = performance.now()
  await Promise.all(Array.from({ length: 50 }, () => sandbox.run(request, signal)))
  console.log(`50 sandboxes at once: ${(performance.now() - startedMs).toFixed(0)} ms`)
}

function plainSpawn(cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    spawn('/bin/sh', ['-c', 'true'], { cwd, env: {}, stdio: 'ignore' })
      .on('error', reject)
      .on('close', () => resolve())
  })
}

async function benchWorktree(): Promise<void> {
  const clone = join(home, 'clone')
  await mkdir(join(clone, 'src'), { recursive: true })
  for (let index = 0; index < files; index++) {
    await writeFile(join(clone, 'src', `file-${index}.ts`), `export const value = ${index}\n`.repeat(50))
  }
  const environment = { env: { PATH: '/usr/bin:/bin', HOME: home } }
  const git = async (...args: string[]) => (await run('git', args, environment)).stdout.trim()
  await git('-C', clone, 'init', '--quiet', '--initial-branch=main')
  await git('-C', clone, 'add', '--all')
  await git('-C', clone, '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '-m', 'base')
  const sha = await git('-C', clone, 'rev-parse', 'HEAD')

  const refuse = async () => {
    throw new Error('the bench reads from its own mirror only')
  }
  const mirrors = createMirrors({
    root: join(home, 'root'),
    credentials: { read: refuse, push: refuse },
    log: silentLog,
  })
  const mirror = await mirrors.open(repository)
  await git('-C', mirror, 'fetch', '--quiet', clone, `${sha}:refs/countersign/have/${sha}`)
  const workspace = createWorkspace({
    mirrors,
    sandbox: { selfTest: async () => ({ ok: false, reason: 'not used' }), run: refuse },
    log: silentLog,
  })
  let count = 0
  const ready = await median(async () => {
    count += 1
    await workspace.open(repository, `ticket-${count}`, sha)
  })
  // After ours: what the workspace clears away when it begins has a turn of its own at the mirror, which git here has not.
  const bare = await median(async () => {
    count += 1
    await git('-C', mirror, 'worktree', 'add', '--quiet', '--detach', join(home, `bare-${count}`), sha)
  })
  print(`worktree of ${files} files`, ready, 'bare git worktree add', bare)
}

/** Median duration of one call, after two that do not count. */
async function median(task: () => Promise<unknown>): Promise<number> {
  const durations: number[] = []
  for (let round = -2; round < rounds; round++) {
    const startedMs = performance.now()
    await task()
    if (round >= 0) durations.push(performance.now() - startedMs)
  }
  return durations.sort((a, b) => a - b)[Math.floor(durations.length / 2)] ?? 0
}

function print(name: string, ours: number, other: string, bare: number): void {
  console.log(
    `${name}: ${ours.toFixed(1)} ms; ${other}: ${bare.toFixed(1)} ms; ratio ${(ours / bare).toFixed(1)}`,
  )
}
