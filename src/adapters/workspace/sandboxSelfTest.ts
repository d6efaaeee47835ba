/** The sandbox's self-test: a hostile script runs inside, and the host judges what it achieved. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { SandboxRequest, SandboxResult } from '../../core/ports.ts'
import { processTree } from './sandboxTree.ts'

type Start = (
  request: SandboxRequest,
  signal: AbortSignal,
  observe?: (pid: number) => Promise<void>,
) => Promise<SandboxResult>
type Verdict = { ok: true } | { ok: false; reason: string }

const namespaces = ['mnt', 'net', 'pid', 'user', 'ipc', 'uts'] as const

/** Each line tries one forbidden thing; `inside` is written last and read by the host. */
const script = [
  'echo inside > written',
  'echo x > ../sibling/file',
  'echo x > .git',
  'rm -f .git',
  'mv .git moved',
  'echo x > /etc/countersign-self-test',
  'echo x > /usr/countersign-self-test',
  'echo x > /dev/countersign-self-test',
  'unshare -U true && echo namespace > escaped',
  'cat /proc/[0-9]*/environ > environments',
  'cat ../sibling/secret > sibling',
  'true > ready',
  'while [ ! -e /proc/self/nothing ] && [ ! -e go ]; do sleep 0.02; done',
].join('\n')

/**
 * Judge the sandbox from outside: namespaces, account, capabilities and filter are read from the host's /proc, files
 * from the host's folders. Names the first property that does not hold.
 */
export async function checkProperties(
  start: Start,
  tools: readonly string[],
  account: { uid: number; gid: number } | null,
): Promise<Verdict> {
  for (const tool of tools) {
    const closed = closedTo(tool, account)
    if (closed) {
      return no(
        `the folder ${closed} cannot be entered by the sandbox's account, so the tools in ${tool} cannot run: allow it with chmod o+x, or install Countersign elsewhere.`,
      )
    }
  }
  const home = mkdtempSync(join(tmpdir(), 'countersign-selftest-'))
  try {
    chmodSync(home, 0o755)
    const directory = join(home, 'worktree')
    const sibling = join(home, 'sibling')
    mkdirSync(directory)
    // Open to everybody, so that only the missing mount protects it.
    mkdirSync(sibling)
    chmodSync(sibling, 0o777)
    writeFileSync(join(sibling, 'secret'), 'secret', { mode: 0o644 })
    writeFileSync(join(directory, '.git'), 'gitdir: nowhere\n', { mode: 0o666 })
    let seen: Verdict = no('no process of the sandbox was seen.')
    const request: SandboxRequest = {
      directory,
      run: script,
      timeoutMs: 10_000,
      memoryMb: 512,
      outputBytes: 100_000,
      readOnly: [],
    }
    const result = await start(request, new AbortController().signal, async (pid) => {
      await until(() => existsSync(join(directory, 'ready')), 8000)
      seen = judgeProcesses(await processTree(pid))
      writeFileSync(join(directory, 'go'), '')
    })
    if (!existsSync(join(directory, 'ready'))) {
      return no(`a script in it does not end well: ${result.outputTail.slice(0, 300)}`)
    }
    return seen.ok ? judgeFiles(directory, sibling) : seen
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

function judgeProcesses(pids: readonly number[]): Verdict {
  const own = Object.fromEntries(namespaces.map((name) => [name, readlinkSync(`/proc/self/ns/${name}`)]))
  let judged = 0
  for (const pid of pids) {
    const status = existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : ''
    const value = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1]
    // bwrap itself carries no filter; the commands are the shells and what they start.
    if (value('Name') !== 'sh') continue
    judged += 1
    if (value('Uid') === '0') return no('commands run as root.')
    if (value('Seccomp') !== '2') return no('no seccomp filter is active.')
    if (value('NoNewPrivs') !== '1') return no('no_new_privs is not set.')
    if (!/^0+$/.test(value('CapEff') ?? 'x') || !/^0+$/.test(value('CapBnd') ?? 'x'))
      return no('capabilities are left.')
    for (const name of namespaces) {
      if (readlinkSync(`/proc/${pid}/ns/${name}`) === own[name])
        return no(`the ${name} namespace is the host's.`)
    }
  }
  return judged > 0 ? { ok: true } : no('no process of the sandbox was seen.')
}

function judgeFiles(directory: string, sibling: string): Verdict {
  const read = (name: string) =>
    existsSync(join(directory, name)) ? readFileSync(join(directory, name), 'utf8') : ''
  if (read('written') !== 'inside\n') return no('its own folder cannot be written.')
  if (existsSync(join(sibling, 'file'))) return no('a sibling folder can be written.')
  if (read('sibling') !== '') return no('a sibling folder can be read.')
  if (
    !lstatSync(join(directory, '.git'), { throwIfNoEntry: false })?.isFile() ||
    read('.git') !== 'gitdir: nowhere\n'
  ) {
    return no('the .git file can be changed.')
  }
  if (existsSync('/etc/countersign-self-test') || existsSync('/usr/countersign-self-test'))
    return no('the system can be written.')
  if (existsSync('/dev/countersign-self-test')) return no('/dev can be written.')
  if (existsSync(join(directory, 'escaped'))) return no('user namespaces can be created.')
  const names = read('environments')
    .split('\0')
    .map((entry) => entry.split('=')[0] ?? '')
  const allowed = new Set([
    '',
    'PATH',
    'HOME',
    'TMPDIR',
    'USER',
    'LANG',
    'CI',
    'NO_COLOR',
    'PWD',
    'OLDPWD',
    'SHLVL',
    '_',
  ])
  const foreign = names.find((name) => !allowed.has(name))
  return foreign === undefined
    ? { ok: true }
    : no(`the variable ${foreign.slice(0, 80)} of the worker can be read.`)
}

/** The first folder on the way to `path` that the account may not enter, judged by mode bits; null when none. */
export function closedTo(path: string, account: { uid: number; gid: number } | null): string | null {
  if (!account) return null
  for (let folder = path; ; folder = dirname(folder)) {
    const entry = lstatSync(folder, { throwIfNoEntry: false })
    if (!entry) return folder
    const bit = entry.uid === account.uid ? 0o100 : entry.gid === account.gid ? 0o010 : 0o001
    if (entry.isDirectory() && (entry.mode & bit) === 0) return folder
    if (folder === dirname(folder)) return null
  }
}

async function until(condition: () => boolean, ms: number): Promise<void> {
  for (const end = performance.now() + ms; !condition() && performance.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function no(reason: string): Verdict {
  return { ok: false, reason }
}
