/** A program of ours as people start it: a real process with its output kept, and gone when the test ends. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterEach } from '@jest/globals'

export const root = join(import.meta.dirname, '..', '..')

export interface Program {
  readonly pid: number
  /** What it has written so far. */
  output(): { stdout: string; stderr: string }
  /** Resolves with the match once standard output or error holds it; rejects with all output when the process ends first. */
  says(pattern: RegExp, limitMs?: number): Promise<RegExpExecArray>
  kill(signal: NodeJS.Signals): void
  /** Resolves when the process has ended, with its exit code. */
  ended: Promise<number | null>
}

const running = new Set<Program>()
afterEach(async () => {
  for (const program of running) program.kill('SIGKILL')
  await Promise.all([...running].map((program) => program.ended))
  running.clear()
})

/**
 * Start a file of this project on the Node that runs the tests.
 *
 * @param environment the whole environment of the process beside PATH and HOME: nothing of the caller's leaks in.
 */
export function startProgram(
  file: string,
  given: readonly string[] = [],
  {
    environment = {},
    cwd = root,
    node = [],
  }: { environment?: Record<string, string>; cwd?: string; node?: string[] } = {},
): Program {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...node, join(root, file), ...given],
    {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const output = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
      for (const listener of listeners) listener()
    })
  }
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      running.delete(program)
      resolve(code)
      for (const listener of listeners) listener()
    })
  })
  const program: Program = {
    pid: child.pid ?? 0,
    output: () => ({ ...output }),
    kill: (signal) => void child.kill(signal),
    ended,
    says: (pattern, limitMs = 60_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => finish('it has not said it in time'), limitMs)
        const finish = (why: string | null, match?: RegExpExecArray) => {
          clearTimeout(timer)
          listeners.delete(look)
          if (match) resolve(match)
          else reject(new Error(`${pattern}: ${why}\n${output.stdout}\n${output.stderr}`))
        }
        const look = () => {
          const match = pattern.exec(output.stdout) ?? pattern.exec(output.stderr)
          if (match) finish(null, match)
          else if (child.exitCode !== null || child.signalCode !== null) finish('it has ended')
        }
        listeners.add(look)
        look()
      }),
  }
  running.add(program)
  return program
}

/** Run a file of this project to its end. */
export async function runProgram(...started: Parameters<typeof startProgram>) {
  const program = startProgram(...started)
  const code = await program.ended
  return { code, ...program.output() }
}
