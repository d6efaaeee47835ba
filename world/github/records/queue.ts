/** Merge queues: who waits for which branch, and the commit that GitHub has made for each. */

/** The branch that holds an entry on top of everything before it in the queue. */
export type MergeGroup = {
  /** `refs/heads/gh-readonly-queue/<base>/pr-<number>-<sha of the base>` */
  ref: string
  sha: string
  /** What it was built on: the base branch's tip, or the group of the entry before. */
  baseSha: string
  requestedAtMs: number
}

/** One pull request in a queue; the order of the records is the order of the queue. */
export type QueueEntry = {
  id: number
  repoId: number
  pullId: number
  baseRef: string
  /** The head it was put in with; another head takes it out. */
  headSha: string
  enqueuerId: number
  enqueuedAt: string
  group: MergeGroup | null
}
