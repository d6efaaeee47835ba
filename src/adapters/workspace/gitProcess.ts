/** One git process: fixed settings, a clean environment, bounded time and output (T26). */
import { type ChildProcess, spawn } from 'node:child_process'
import { jobSignal } from '../abort.ts'

/** What one call of git gets. Arguments are ours; anything from outside goes behind `--end-of-options` or `--`. */
export interface GitCall {
  /** GIT_DIR, always explicit, so that no folder is ever searched for a repository. */
  directory: string
  args: readonly string[]
  /** GIT_WORK_TREE; without it the call only touches objects and refs. */
  workTree?: string
  indexFile?: string
  /** Written to standard input. */
  input?: string | Uint8Array
  /** An open file to read standard input from; it wins over `input`. */
  inputFd?: number
  /** Settings for this one process only, passed in its environment: the place of the token. */
  config?: readonly (readonly [string, string])[]
  environment?: Readonly<Record<string, string>>
  /** Protocols that this call may use; none unless told. */
  protocols?: string
  /** Cap on standard output in bytes; 64 MB unless told. */
  maxBytes?: number
  /** At the cap: reject (default), or end git and return what there is with `truncated` set. */
  onMaxBytes?: 'reject' | 'truncate'
  /** Exit codes that are answers. */
  accept?: readonly number[]
  /** 0 for a process that its caller ends. */
  timeoutMs?: number
}

export interface GitAnswer {
  code: number
  stdout: Buffer
  truncated: boolean
}

/** git refused or failed; `stderr` is its own text, bounded, and never holds a token since none is in its arguments. */
export class GitFailure extends Error {
  override readonly name = 'GitFailure'
  readonly code: number | null
  readonly stderr: string
  constructor(args: readonly string[], code: number | null, stderr: string) {
    super(`git ${args[0]} ended with ${code ?? 'a signal'}: ${stderr.trim().slice(0, 500)}`)
    this.code = code
    this.stderr = stderr
  }
}

/** Where the system's own git lives; the caller's PATH is not trusted. */
const path = '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin'

/** How long git has to end by itself once it was asked to. */
const killedAfterMs = 1000

/** Settings in force in every call. The repository's own configuration is written by nobody but us. */
const settings: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['core.autocrlf', 'false'],
  ['core.symlinks', 'true'],
  ['core.protectNTFS', 'true'],
  ['core.protectHFS', 'true'],
  ['core.sshCommand', 'false'],
  ['credential.helper', ''],
  ['diff.external', ''],
  ['diff.ignoreSubmodules', 'all'],
  ['submodule.recurse', 'false'],
  ['safe.bareRepository', 'explicit'],
  ['transfer.fsckObjects', 'true'],
  // Two harmless defects of old commits that large public repositories carry for ever.
  ['fetch.fsck.zeroPaddedFilemode', 'ignore'],
  ['fetch.fsck.badTimezone', 'ignore'],
  ['http.followRedirects', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['protocol.version', '2'],
]

function environmentOf(call: GitCall): Record<string, string> {
  const environment: Record<string, string> = {
    ...call.environment,
    PATH: path,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_DIR: call.directory,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'false',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_ALLOW_PROTOCOL: call.protocols ?? 'none',
  }
  if (call.workTree) environment['GIT_WORK_TREE'] = call.workTree
  if (call.indexFile) environment['GIT_INDEX_FILE'] = call.indexFile
  const config = [...settings, ...(call.config ?? [])]
  environment['GIT_CONFIG_COUNT'] = String(config.length)
  for (const [index, [key, value]] of config.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key
    environment[`GIT_CONFIG_VALUE_${index}`] = value
  }
  return environment
}

/** Start git with the settings and the environment of every call; all bounds are the caller's. */
export function startGit(call: GitCall): ChildProcess {
  return spawn('git', call.args, {
    cwd: call.directory,
    env: environmentOf(call),
    stdio: [call.inputFd ?? 'pipe', 'pipe', 'pipe'],
    // A process group of its own: git's helpers for http would outlive git and keep its output open.
    detached: true,
  })
}

/**
 * Run git once.
 *
 * @returns exit code and standard output as bytes.
 * @throws GitFailure when the exit code is not accepted, the time (5 minutes unless told) or the output bound is over;
 *   the reason of the abort when the job that asked has ended: that is no answer of git's.
 */
export async function runGit(call: GitCall): Promise<GitAnswer> {
  const maxBytes = call.maxBytes ?? 64 * 1024 * 1024
  const signal = jobSignal()
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<GitAnswer>()
  const child = startGit(call)
  // Asked before it is killed: then git takes its lock files along, which would hold up every later call.
  let killing: NodeJS.Timeout | undefined
  const end = () => {
    signalGroup(child, 'SIGTERM')
    killing ??= setTimeout(() => signalGroup(child, 'SIGKILL'), killedAfterMs)
  }
  const timeout = setTimeout(end, call.timeoutMs ?? 300_000)
  signal.addEventListener('abort', end, { once: true })
  const chunks: Buffer[] = []
  let size = 0
  let truncated = false
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    if (truncated) return
    chunks.push(chunk)
    size += chunk.length
    if (size <= maxBytes) return
    truncated = true
    signalGroup(child, 'SIGKILL')
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    if (stderr.length < 20_000) stderr += chunk.toString('utf8')
  })
  // git may end before it has read everything; its exit code tells, so EPIPE here is no news of its own.
  child.stdin?.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error)
  })
  child.on('error', reject)
  child.on('close', (code) => {
    signal.removeEventListener('abort', end)
    clearTimeout(timeout)
    clearTimeout(killing)
    if (signal.aborted) reject(signal.reason)
    else if (truncated && call.onMaxBytes === 'truncate') {
      resolve({ code: 0, stdout: Buffer.concat(chunks).subarray(0, maxBytes), truncated })
    } else if (truncated) {
      reject(new GitFailure(call.args, null, `more than ${maxBytes} bytes of output`))
    } else if (code === null || !(call.accept ?? [0]).includes(code)) {
      reject(new GitFailure(call.args, code, stderr))
    } else {
      resolve({ code, stdout: Buffer.concat(chunks), truncated })
    }
  })
  child.stdin?.end(call.input ?? '')
  return promise
}

/** Signal git and what it has started; a group that has ended is what is wanted. */
function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The same, as text without the line ending at its end. */
export async function gitText(call: GitCall): Promise<string> {
  const { stdout } = await runGit(call)
  return stdout.toString('utf8').replace(/\n$/, '')
}
