/**
 * A runner without a sandbox, for the demo's own sample repository on machines without bubblewrap. Nothing in src
 * imports it, so that the App cannot come to run a stranger's code this way.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOutputTail } from '../src/adapters/workspace/sandboxOutput.ts'
import type { Sandbox, SandboxRequest, SandboxResult } from '../src/core/ports.ts'

/**
 * The Sandbox port with a clean environment, a time limit and an output limit only.
 *
 * @param tools absolute folders put on PATH before the system's; the folder of this Node unless told.
 */
export function createUnsandboxedRunner(tools: readonly string[] = [join(process.execPath, '..')]): Sandbox {
  return {
    selfTest: async () => ({ ok: true }),
    async run(request, signal) {
      // What programs keep for themselves, such as npm's logs, is no part of the change.
      const home = await mkdtemp(join(tmpdir(), 'countersign-home-'))
      try {
        return await runPlain(request, tools, home, signal)
      } finally {
        await rm(home, { recursive: true, force: true })
      }
    },
  }
}

async function runPlain(
  request: SandboxRequest,
  tools: readonly string[],
  home: string,
  signal: AbortSignal,
): Promise<SandboxResult> {
  signal.throwIfAborted()
  const startedMs = performance.now()
  const output = createOutputTail(request.outputBytes)
  let stoppedBy: SandboxResult['stoppedBy'] = null
  const child = spawn('/bin/sh', ['-c', 'exec /bin/sh -c "$1" 2>&1', 'sh', request.run], {
    cwd: request.directory,
    env: {
      PATH: [...tools, '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
      HOME: home,
      LANG: 'C.UTF-8',
      CI: 'true',
      NO_COLOR: '1',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
    // A process group of its own, so that the limit ends what the command started as well.
    detached: true,
  })
  const stop = (reason: SandboxResult['stoppedBy']) => {
    stoppedBy ??= reason
    endGroup(child.pid)
  }
  child.stdout.on('data', (chunk: Buffer) => {
    if (!output.add(chunk)) stop('output')
  })
  const onAbort = () => stop('stop')
  signal.addEventListener('abort', onAbort, { once: true })
  const timer = setTimeout(() => stop('time'), request.timeoutMs)
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', () => endGroup(child.pid))
      child.on('close', resolve)
    })
    return {
      exitCode: stoppedBy === null ? exitCode : null,
      stoppedBy,
      outputTail: output.text(),
      durationMs: performance.now() - startedMs,
    }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

/** End a process group; one that has already ended is what is wanted. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
