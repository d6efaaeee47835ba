/** Jobs that wait for others of their run: they come into being when all of those have ended, as on GitHub. */
import type { Job } from './records.ts'

export type Waiting = Pick<Job, 'name' | 'needs'>

/**
 * Parts jobs that have not begun by what has ended.
 *
 * @returns `ready` to be queued, `skipped` because one they need did not succeed, and those that wait on.
 */
export function partByNeeds<T extends Waiting>(
  outlines: readonly T[],
  jobs: readonly Pick<Job, 'name' | 'status' | 'conclusion'>[],
): { ready: T[]; skipped: T[]; waiting: T[] } {
  const parts = { ready: [] as T[], skipped: [] as T[], waiting: [] as T[] }
  const names = new Set([...outlines, ...jobs].map((one) => one.name))
  for (const outline of outlines) {
    const unknown = outline.needs.find((name) => !names.has(name))
    if (unknown !== undefined)
      throw new Error(`stand-in Actions: ${outline.name} needs ${unknown}, which is no job`)
    const needed = outline.needs.map((name) => jobs.find((job) => job.name === name))
    if (needed.some((job) => job?.status !== 'completed')) parts.waiting.push(outline)
    else if (needed.every((job) => job?.conclusion === 'success')) parts.ready.push(outline)
    else parts.skipped.push(outline)
  }
  return parts
}

/** The jobs of a further attempt: those that were asked for, and whatever needs one of them. */
export function withDependents(jobs: readonly Job[], asked: (job: Job) => boolean): Job[] {
  const again = new Set(jobs.filter(asked))
  for (let before = -1; before !== again.size; ) {
    before = again.size
    const names = new Set([...again].map((job) => job.name))
    for (const job of jobs) if (job.needs.some((name) => names.has(name))) again.add(job)
  }
  return jobs.filter((job) => again.has(job))
}
