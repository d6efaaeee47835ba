/** The lock of a data folder: PGlite has none, and a second process would silently lose its committed rows. */
import { linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'

const Holder = z.object({
  pid: z.number().int().positive(),
  host: z.string().max(255),
  started: z.string().max(40),
  /** Start of the process in clock ticks since boot (Linux), since process numbers are used again; null elsewhere. */
  ticks: z.string().max(30).nullable(),
})
type Holder = z.infer<typeof Holder>

const maximumTries = 5

/** Folders locked by this process: its own number in a lock file means stale only when it is not in here. */
const held = new Set<string>()

/**
 * Take the lock of a folder. A lock whose process is dead is taken over.
 *
 * @param startedMs epoch milliseconds, written down for people.
 * @returns the function that gives the lock back.
 * @throws Error naming who holds it, and what to do.
 */
export function lockFolder(folder: string, startedMs: number): () => void {
  const file = join(resolve(folder), 'countersign.lock')
  const mine: Holder = {
    pid: process.pid,
    host: hostname(),
    started: new Date(startedMs).toISOString(),
    ticks: startTicks(process.pid),
  }
  for (let attempt = 1; attempt <= maximumTries; attempt++) {
    if (!held.has(file) && create(file, mine)) {
      held.add(file)
      return () => {
        if (held.delete(file)) rmSync(file, { force: true })
      }
    }
    const text = contents(file)
    if (text === null) continue
    const holder = parse(text)
    if (held.has(file) || !holder || !isGone(holder)) throw new Error(refusal(folder, file, holder))
    removeStale(file, text)
  }
  throw new Error(
    `${file} could not be locked in ${maximumTries} tries; another process is starting: try again`,
  )
}

/** Linking a finished file is atomic and fails when the lock exists: nobody ever reads half a lock. */
function create(file: string, holder: Holder): boolean {
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, `${JSON.stringify(holder)}\n`)
  try {
    linkSync(aside, file)
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    return false
  } finally {
    unlinkSync(aside)
  }
}

/** Take a stale lock away; when another process was faster and this is already its new lock, it is put back. */
function removeStale(file: string, seen: string): void {
  const aside = `${file}.stale.${process.pid}`
  try {
    renameSync(file, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  if (readFileSync(aside, 'utf8') !== seen) linkSync(aside, file)
  unlinkSync(aside)
}

/** Only a process of this very host can be seen to be dead. */
function isGone(holder: Holder): boolean {
  if (holder.host !== hostname()) return false
  // A restarted container gives its program the same number again.
  if (holder.pid === process.pid) return true
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    return codeOf(error) === 'ESRCH'
  }
  // A zombie has ended and only waits for its parent to notice.
  if (procStat(holder.pid)?.[0] === 'Z') return true
  const ticks = startTicks(holder.pid)
  return holder.ticks !== null && ticks !== null && holder.ticks !== ticks
}

function startTicks(pid: number): string | null {
  return procStat(pid)?.[19] ?? null
}

/** /proc/<pid>/stat from its third field (the state) on; the second may hold spaces and brackets. Null where there is none. */
function procStat(pid: number): string[] | null {
  const stat = contents(`/proc/${pid}/stat`)
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function contents(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return null
    throw error
  }
}

function parse(text: string): Holder | null {
  try {
    return Holder.parse(JSON.parse(text))
  } catch {
    // A lock that cannot be read may be anyone's: it is refused, with the file named.
    return null
  }
}

function refusal(folder: string, file: string, holder: Holder | null): string {
  const who = holder
    ? `process ${holder.pid} on ${holder.host}, since ${holder.started}`
    : 'a process that its lock file does not name'
  return (
    `the data folder ${folder} is in use by ${who}: only one process may open it. Stop that process, set ` +
    'COUNTERSIGN_DATA_DIR to another folder, or set DATABASE_URL to a PostgreSQL that several processes can share. ' +
    `If you know that it is gone, delete ${file}`
  )
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? ''
}
