/** The Sandbox port over bubblewrap: own namespaces, no capability, no network, seccomp, and bounds on everything. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Terminal } from '../../core/errors.ts'
import type { Log, Sandbox, SandboxRequest } from '../../core/ports.ts'
import { bubblewrapArguments, defaultLimits, type SandboxLimits } from './sandboxArguments.ts'
import { handOver } from './sandboxFiles.ts'
import { seccompProgram } from './sandboxSeccomp.ts'
import { checkProperties, closedTo } from './sandboxSelfTest.ts'
import { supervise } from './sandboxSupervise.ts'

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
    refuseClosed(request.directory, account)
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

/** bwrap runs as the ordinary account and must be able to reach the folder; its own message would not say why. */
function refuseClosed(directory: string, account: { uid: number; gid: number } | null): void {
  const closed = closedTo(directory, account)
  if (closed === null) return
  throw new Terminal(
    `${closed} cannot be entered by uid ${account?.uid}, which runs commands in ${directory}`,
    'The command was not run: the folder of this worker cannot be entered by the account of its sandbox. The operator of Countersign can allow it (chmod o+x on the folder named in the log), or choose another data folder; then comment `/agent retry`.',
  )
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
  const kept = contents.map(([name, content]) => {
    const path = join(directory, name)
    writeFileSync(path, content, { mode: 0o600 })
    return openSync(path, 'r')
  })
  // The files live on without names: nothing is left behind, however this process ends.
  rmSync(directory, { recursive: true })
  return {
    complete: program !== null,
    /** Descriptors of their own position, in the order of `inherited`; the caller closes them. */
    open: () => kept.map((fd) => openSync(`/proc/self/fd/${fd}`, 'r')),
  }
}
