/** One shell command in a checkout: a process group of its own, a clean environment, bounds on time and output. */
import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isNativeError } from 'node:util/types'

export type CommandEnd =
  | { kind: 'exit'; code: number }
  | { kind: 'timeout' }
  | { kind: 'cancelled' }
  | { kind: 'flood' }

export type CommandOptions = {
  cwd: string
  env: Record<string, string>
  timeoutMs: number
  /** More output than this ends the command. */
  outputBytes: number
  /** Output of both streams in the order it arrives. */
  onOutput(text: string): void
  signal: AbortSignal
}

const projectBin = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url))

/** The node that runs us, the project's tools, then the system's: nothing else of our own environment gets through. */
export const jobPath = () =>
  [dirname(process.execPath), projectBin, '/usr/local/bin', '/usr/bin', '/bin'].join(':')

/** Runs `bash -e` on the command, and takes the whole process group down at the end, however it ended. */
export function runCommand(command: string, options: CommandOptions): Promise<CommandEnd> {
  if (options.signal.aborted) return Promise.resolve({ kind: 'cancelled' })
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['--noprofile', '--norc', '-e', '-c', command], {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let end: CommandEnd | null = null
    let size = 0
    const killGroup = () => {
      if (child.pid === undefined) return
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch (error) {
        // The group is gone already when its last process has ended.
        // (isNativeError, because jest's realm has an Error of its own.)
        if (!(isNativeError(error) && 'code' in error && error.code === 'ESRCH')) throw error
      }
    }
    const stop = (why: CommandEnd) => {
      end ??= why
      killGroup()
    }
    const cancel = () => stop({ kind: 'cancelled' })
    const timer = setTimeout(() => stop({ kind: 'timeout' }), options.timeoutMs)
    options.signal.addEventListener('abort', cancel, { once: true })
    const clean = () => {
      clearTimeout(timer)
      options.signal.removeEventListener('abort', cancel)
    }
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (text: string) => {
        size += Buffer.byteLength(text)
        if (size > options.outputBytes) stop({ kind: 'flood' })
        else options.onOutput(text)
      })
    }
    child.on('error', (error) => {
      clean()
      reject(error)
    })
    // A background process that keeps the pipes open must not keep the job open: it dies with the shell.
    child.on('exit', killGroup)
    child.on('close', (code) => {
      clean()
      resolve(end ?? { kind: 'exit', code: code ?? 1 })
    })
  })
}
