/** The processes of one sandbox as the host sees them in /proc, and the memory they hold. */
import { readdir, readFile } from 'node:fs/promises'

/** At most this many processes are looked at in one poll; the process limit inside is lower. */
const maximumProcesses = 4096

/** A process and everything below it. A process that ends while it is read is left out. */
export async function processTree(root: number): Promise<number[]> {
  const found = [root]
  for (let index = 0; index < found.length && found.length < maximumProcesses; index++) {
    const tasks = `/proc/${found[index]}/task`
    for (const task of await readdir(tasks).catch(gone<string[]>([]))) {
      const children = await readFile(`${tasks}/${task}/children`, 'utf8').catch(gone(''))
      for (const child of children.split(' ')) if (child !== '') found.push(Number(child))
    }
  }
  return found
}

/** Resident memory of a process and everything below it in megabytes: private plus shared memory, files not counted. */
export async function residentMb(root: number): Promise<number> {
  let kilobytes = 0
  for (const pid of await processTree(root)) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(gone(''))
    for (const match of status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)) kilobytes += Number(match[1])
  }
  return kilobytes / 1024
}

/** Processes end at any moment: that is no error, and their memory is gone with them. */
function gone<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH' || error.code === 'EACCES') return value
    throw error
  }
}
