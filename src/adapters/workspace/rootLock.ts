/** One process owns the workspace's folder: what another one left behind may be removed only then. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Terminal } from '../../core/errors.ts'

/**
 * Take the folder, or throw Terminal naming the process that has it. A lock of a process that has ended is taken over;
 * its start time tells a process apart from a later one with the same number.
 *
 * @returns a function that gives the folder back.
 */
export function lockRoot(root: string): () => void {
  mkdirSync(root, { recursive: true, mode: 0o755 })
  const path = join(root, 'lock')
  const mine = identityOf(process.pid)
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(path, mine, { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = readFileSync(path, 'utf8')
    const pid = Number.parseInt(holder, 10)
    const alive = holder !== mine && Number.isSafeInteger(pid) && isAlive(pid) && identityOf(pid) === holder
    if (alive || attempt > 2) {
      throw new Terminal(
        `workspace ${root} is held by process ${pid}`,
        `The folder ${root} is in use by another Countersign process (${pid}). Stop that process, or give this one a folder of its own.`,
      )
    }
    rmSync(path, { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Process number and, where /proc tells it, its start time in clock ticks. */
function identityOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return `${pid}`
    throw error
  }
}
