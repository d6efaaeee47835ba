/** Watches one running sandbox: limits on time, memory, disk and output, cancellation, and how it ended (T30). */
import type { ChildProcess } from 'node:child_process'
import { statfs } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { Terminal } from '../../core/errors.ts'
import type { SandboxRequest, SandboxResult } from '../../core/ports.ts'
import { inherited, type SandboxLimits } from './sandboxArguments.ts'
import { sizeMb } from './sandboxFiles.ts'
import { createOutputTail } from './sandboxOutput.ts'
import { residentMb } from './sandboxTree.ts'

const pollMs = 100
/** Free space below which the sandbox stops a command, whoever filled the disk; megabytes. */
const freeDiskMb = 256
/** A command that ends before the disk is counted is counted when the free space shrank by more; megabytes. */
const unnoticedMb = 16

/** Watch one bwrap until every process in it has ended: limits, cancellation, output, and how it ended. */
export async function supervise(
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

/** Poll memory ten times a second, and the disk as often as counting it costs little, and at the end of who wrote much. */
async function watch(
  child: ChildProcess,
  request: SandboxRequest,
  limits: SandboxLimits,
  stop: (reason: SandboxResult['stoppedBy']) => void,
  closed: Promise<void>,
  ended: () => boolean,
): Promise<void> {
  const freeAtFirstMb = await freeMb(request.directory)
  const isTooMuch = async () =>
    (await freeMb(request.directory)) < freeDiskMb ||
    (await sizeMb(request.directory, limits.diskMb)) > limits.diskMb
  let nextDiskMs = performance.now() + 500
  while (!ended() && child.pid) {
    if ((await residentMb(child.pid)) > request.memoryMb) stop('memory')
    const nowMs = performance.now()
    if (nowMs >= nextDiskMs) {
      if (await isTooMuch()) stop('disk')
      const costMs = performance.now() - nowMs
      nextDiskMs = nowMs + Math.max(500, 10 * costMs)
    }
    // Short commands should not wait for the next poll to be reported.
    await Promise.race([pause(pollMs), closed])
  }
  const wroteMuch = freeAtFirstMb - (await freeMb(request.directory)) > unnoticedMb
  if (wroteMuch && (await isTooMuch())) stop('disk')
}

async function freeMb(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory)
  return (bavail * bsize) / 1024 / 1024
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}
