/** The Sandbox port over bubblewrap: own namespaces, no capability, no network, seccomp, and bounds on everything. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, writeFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Terminal } from '../../core/errors.ts'
import type { Log, Sandbox, SandboxRequest, SandboxResult } from '../../core/ports.ts'
import { bubblewrapArguments, defaultLimits, inherited, type SandboxLimits } from './sandboxArguments.ts'
import { handOver, sizeMb } from './sandboxFiles.ts'
import { createOutputTail } from './sandboxOutput.ts'
import { seccompProgram } from './sandboxSeccomp.ts'
import { checkProperties } from './sandboxSelfTest.ts'
import { residentMb } from './sandboxTree.ts'

export interface BubblewrapOptions {
  /** Absolute host folders mounted read-only and put on PATH, in order; the folder of `process.execPath` unless told. */
  tools?: readonly string[]
  /** Further absolute host folders mounted read-only in every run, e.g. what the tools link to. */
  readOnly?: readonly string[]
  /** Under whom commands run when the worker is root; bwrap is never started as root (workspace facts). */
  account?: { uid: number; gid: number }
  limits?: Partial<SandboxLimits>
  /** Path of bubblewrap. */
  bwrap?: string
  architecture?: string
  log: Log
}

const pollMs = 100
/** Free space below which the sandbox stops a command, whoever filled the disk; megabytes. */
const freeDiskMb = 256

/**
 * The sandbox. `run` first makes sure that the self-test passed once in this process, and refuses with its sentence
 * (Terminal) when it did not.
 */
export function createBubblewrapSandbox(options: BubblewrapOptions): Sandbox {
  const limits = { ...defaultLimits, ...options.limits }
  const tools = options.tools ?? [join(process.execPath, '..')]
  const bwrap = options.bwrap ?? '/usr/bin/bwrap'
  const isRoot = process.getuid?.() === 0
  const account = isRoot ? (options.account ?? { uid: 65_534, gid: 65_534 }) : null
  const files = createInheritedFiles(account, options.architecture ?? process.arch)
  let tested: Promise<{ ok: true } | { ok: false; reason: string }> | undefined

  async function start(
    request: SandboxRequest,
    signal: AbortSignal,
    observe?: (pid: number) => Promise<void>,
  ) {
    signal.throwIfAborted()
    if (account) await handOver(request.directory, account)
    const view = {
      ...request,
      readOnly: [...(options.readOnly ?? []), ...request.readOnly],
      tools,
      limits,
    }
    const args = bubblewrapArguments(view)
    const opened = files.open()
    const startedMs = performance.now()
    let child: ChildProcess
    try {
      child = spawn(bwrap, args, {
        cwd: '/',
        // bwrap's own environment would be readable inside as /proc/1/environ.
        env: {},
        stdio: ['ignore', 'pipe', 'pipe', ...opened, 'pipe'],
        ...account,
      })
    } finally {
      for (const fd of opened) closeSync(fd)
    }
    return supervise(child, request, limits, signal, startedMs, observe)
  }

  function selfTest() {
    tested ??= examine()
    return tested
  }

  async function examine(): Promise<{ ok: true } | { ok: false; reason: string }> {
    if (account?.uid === 0)
      return { ok: false, reason: 'The sandbox account must not be root: set an ordinary uid and gid.' }
    if (!files.complete) {
      return {
        ok: false,
        reason: `The sandbox is proven on x64 only, and this machine is ${options.architecture ?? process.arch}: run the worker on x64.`,
      }
    }
    if (spawnSync(bwrap, ['--version'], { env: {}, stdio: 'ignore', ...account }).status !== 0) {
      return {
        ok: false,
        reason: `bubblewrap cannot be started as ${bwrap}: install it (apt-get install bubblewrap).`,
      }
    }
    try {
      return await checkProperties(start, tools, account)
    } catch (error) {
      return { ok: false, reason: `bubblewrap cannot build its sandbox here: ${(error as Error).message}` }
    }
  }

  return {
    selfTest,
    async run(request, signal) {
      const verdict = await selfTest()
      if (verdict.ok) return start(request, signal)
      throw new Terminal(
        `sandbox self-test: ${verdict.reason}`,
        `Repository commands are not run on this worker, since its sandbox does not hold: ${verdict.reason} The operator of Countersign can fix this; then comment \`/agent retry\`.`,
      )
    },
  }
}

/** Watch one bwrap until every process in it has ended: limits, cancellation, output, and how it ended. */
async function supervise(
  child: ChildProcess,
  request: SandboxRequest,
  limits: SandboxLimits,
  signal: AbortSignal,
  startedMs: number,
  observe?: (pid: number) => Promise<void>,
): Promise<SandboxResult> {
  const output = createOutputTail(request.outputBytes)
  let stoppedBy: SandboxResult['stoppedBy'] = null
  let problems = ''
  let status = ''
  let failure: Error | null = null
  let ended = false
  const stop = (reason: SandboxResult['stoppedBy']) => {
    stoppedBy ??= reason
    child.kill('SIGKILL')
  }
  child.stdout?.on('data', (chunk: Buffer) => {
    if (!output.add(chunk)) stop('output')
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    if (problems.length < 4000) problems += chunk.toString('utf8')
  })
  // The type of stdio knows five entries; bwrap has three more.
  const statusPipe = (child.stdio as (Readable | null | undefined)[])[inherited.status]
  statusPipe?.on('data', (chunk: Buffer) => {
    if (status.length < 4000) status += chunk.toString('utf8')
  })
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  child.on('error', (error) => {
    failure = error
    ended = true
    resolve()
  })
  child.on('close', () => {
    ended = true
    resolve()
  })
  const onAbort = () => stop('stop')
  signal.addEventListener('abort', onAbort, { once: true })
  const timer = setTimeout(() => stop('time'), request.timeoutMs)
  const watching = watch(child, request, limits, stop, closed, () => ended).catch((error: Error) => {
    failure = error
    stop('stop')
  })
  try {
    if (observe && child.pid) await observe(child.pid)
    await closed
    await watching
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    if (!ended) child.kill('SIGKILL')
  }
  if (failure) throw failure
  const exit = /"exit-code":\s*(\d+)/.exec(status)
  if (!exit && stoppedBy === null) {
    throw new Terminal(
      `bwrap did not start the command: ${problems.trim().slice(0, 500)}`,
      `The sandbox could not start the command (${problems.trim().slice(0, 200)}). The operator of Countersign can see why in its log.`,
    )
  }
  return {
    exitCode: stoppedBy === null ? Number(exit?.[1]) : null,
    stoppedBy,
    outputTail: output.text(),
    durationMs: performance.now() - startedMs,
  }
}

/** Poll memory ten times a second, and the disk as often as counting it costs little. */
async function watch(
  child: ChildProcess,
  request: SandboxRequest,
  limits: SandboxLimits,
  stop: (reason: SandboxResult['stoppedBy']) => void,
  closed: Promise<void>,
  ended: () => boolean,
): Promise<void> {
  let nextDiskMs = performance.now() + 500
  while (!ended() && child.pid) {
    if ((await residentMb(child.pid)) > request.memoryMb) stop('memory')
    const nowMs = performance.now()
    if (nowMs >= nextDiskMs) {
      const free = await statfs(request.directory)
      const full = (free.bavail * free.bsize) / 1024 / 1024 < freeDiskMb
      if (full || (await sizeMb(request.directory, limits.diskMb)) > limits.diskMb) stop('disk')
      const costMs = performance.now() - nowMs
      nextDiskMs = nowMs + Math.max(500, 10 * costMs)
    }
    // Short commands should not wait for the next poll to be reported.
    await Promise.race([pause(pollMs), closed])
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}

/** The small files that bwrap reads from inherited descriptors, so that they need no path visible to its account. */
function createInheritedFiles(account: { uid: number; gid: number } | null, architecture: string) {
  const program = seccompProgram(architecture)
  const uid = account?.uid ?? process.getuid?.() ?? 1000
  const gid = account?.gid ?? process.getgid?.() ?? 1000
  const directory = mkdtempSync(join(tmpdir(), 'countersign-sandbox-'))
  const contents: [string, string | Buffer][] = [
    ['seccomp', program ?? ''],
    ['passwd', `agent:x:${uid}:${gid}::/home/agent:/bin/sh\n`],
    ['group', `agent:x:${gid}:\n`],
    ['hosts', '127.0.0.1 localhost sandbox\n::1 localhost\n'],
  ]
  for (const [name, content] of contents) writeFileSync(join(directory, name), content, { mode: 0o600 })
  return {
    complete: program !== null,
    /** Descriptors in the order of `inherited`; the caller closes them. */
    open: () => contents.map(([name]) => openSync(join(directory, name), 'r')),
  }
}
