/** The command line of bubblewrap: what a sandboxed program sees of the host, as an allow-list (T25). */
import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Terminal } from '../../core/errors.ts'

export interface SandboxLimits {
  /** Size of each of /tmp, home and /dev/shm, megabytes of memory. */
  temporaryMb: number
  /** Processes and threads at once. */
  processes: number
  /** Largest single file, megabytes. */
  fileMb: number
  /** Largest total of the writable folder, megabytes. */
  diskMb: number
}

export const defaultLimits: SandboxLimits = { temporaryMb: 256, processes: 512, fileMb: 1024, diskMb: 4096 }

/** Numbers of the open files that bwrap reads: the seccomp program, /etc/passwd, /etc/group, /etc/hosts; its status. */
export const inherited = { seccomp: 3, passwd: 4, group: 5, hosts: 6, status: 7 } as const

/** Public, harmless parts of /etc that programs need to start. Everything else of /etc does not exist inside. */
const etc = [
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/alternatives',
  '/etc/localtime',
]
const certificates = ['/etc/ssl/certs', '/etc/ssl/openssl.cnf', '/etc/mime.types', '/etc/nsswitch.conf']
const system = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']

export interface SandboxView {
  /** Absolute host path, writable inside at the same place. */
  directory: string
  readOnly: readonly string[]
  /** Folders put on PATH, read-only. */
  tools: readonly string[]
  limits: SandboxLimits
  timeoutMs: number
  memoryMb: number
  run: string
}

/** True when `path` is `folder` or lies below it. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way === '' || (!way.startsWith('..') && !way.startsWith('/'))
}

/**
 * The arguments for one run.
 *
 * No mount point may lie below the writable folder except its `.git`, which must be a regular file: bubblewrap before
 * 0.12 follows symlinks there and creates files outside (CVE-2026-87766).
 *
 * @throws Terminal when the folder, or something to be mounted, is not what it must be.
 */
export function bubblewrapArguments(view: SandboxView): string[] {
  const { directory, limits } = view
  if (realpathSync(directory) !== directory || !lstatSync(directory).isDirectory()) {
    throw refusal(`${directory} is not a folder by its real path`)
  }
  const readOnly = [...new Set([...view.readOnly, ...view.tools])]
  for (const path of readOnly) {
    if (isInside(directory, path) || isInside(path, directory)) {
      throw refusal(`${path} and the writable folder ${directory} lie inside each other`)
    }
  }
  const temporary = (path: string) => ['--size', String(limits.temporaryMb * 1024 * 1024), '--tmpfs', path]
  return [
    '--unshare-all',
    '--unshare-user',
    '--disable-userns',
    '--die-with-parent',
    '--new-session',
    ...['--cap-drop', 'ALL'],
    '--clearenv',
    ...['--hostname', 'sandbox'],
    ...variables(view),
    ...['--ro-bind', '/usr', '/usr'],
    ...system.flatMap(systemMount),
    ...[...etc, ...certificates].flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--ro-bind-data', String(inherited.passwd), '/etc/passwd'],
    ...['--ro-bind-data', String(inherited.group), '/etc/group'],
    ...['--ro-bind-data', String(inherited.hosts), '/etc/hosts'],
    ...['--proc', '/proc', '--dev', '/dev'],
    ...temporary('/dev/shm'),
    ...temporary('/tmp'),
    ...temporary('/home/agent'),
    ...readOnly.flatMap((path) => ['--ro-bind', path, path]),
    ...['--bind', directory, directory],
    ...gitFile(directory),
    ...['--remount-ro', '/dev', '--remount-ro', '/'],
    ...['--chdir', directory],
    ...['--seccomp', String(inherited.seccomp), '--json-status-fd', String(inherited.status)],
    '--',
    ...limitedShell(view),
  ]
}

function variables(view: SandboxView): string[] {
  const values: Record<string, string> = {
    PATH: [...view.tools, '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
    HOME: '/home/agent',
    TMPDIR: '/tmp',
    USER: 'agent',
    LANG: 'C.UTF-8',
    CI: 'true',
    NO_COLOR: '1',
  }
  return Object.entries(values).flatMap(([name, value]) => ['--setenv', name, value])
}

/** /bin and its kin are links into /usr on most systems, and folders on the rest. */
function systemMount(path: string): string[] {
  if (!existsSync(path)) return []
  if (lstatSync(path).isSymbolicLink()) return ['--symlink', readlinkSync(path), path]
  return ['--ro-bind', path, path]
}

function gitFile(directory: string): string[] {
  const path = join(directory, '.git')
  const entry = lstatSync(path, { throwIfNoEntry: false })
  if (!entry) return []
  if (!entry.isFile()) throw refusal(`${path} was replaced by something that is not a regular file`)
  return ['--ro-bind', path, path]
}

/**
 * Limits are set by the first program inside, since outside the process count would be that of the whole account.
 * RLIMIT_AS would break WebAssembly, RLIMIT_DATA does not; the poller over resident memory is the exact bound, this one
 * stops a single allocation between two polls. Standard error joins standard output so that their order is kept.
 */
function limitedShell(view: SandboxView): string[] {
  const megabyte = 1024 * 1024
  return [
    '/usr/bin/prlimit',
    `--nproc=${view.limits.processes}`,
    `--data=${(view.memoryMb + 1024) * megabyte}`,
    `--fsize=${view.limits.fileMb * megabyte}`,
    `--cpu=${Math.ceil(view.timeoutMs / 1000) * 4}`,
    '--nofile=4096',
    '--core=0',
    '--',
    ...['/bin/sh', '-c', 'exec /bin/sh -c "$1" 2>&1', 'sh', view.run],
  ]
}

function refusal(what: string): Terminal {
  return new Terminal(
    `the sandbox refused to start: ${what}`,
    `The command was not run, since ${what} (T25). Comment \`/agent retry\` to start from a fresh worktree.`,
  )
}
