/** Facts of a merge queue's group: what GitHub asked to be checked, and what became of it (T10). */
import { z } from 'zod'
import { Sha } from '../ids.ts'

/** GitHub asked for checks on the group's head; the payload names no pull request. */
const groupRequested = z.object({
  kind: z.literal('group.requested'),
  head: Sha,
  /** The branch that the queue is for. */
  baseRef: z.string().min(1).max(255),
  /** The group's parent as GitHub says: the base branch's tip, or the group before. Told, never relied on. */
  base: Sha,
  /** `refs/heads/gh-readonly-queue/<base>/pr-N-<sha>`: a hint, and no more. */
  headRef: z.string().max(1000),
})
const groupDestroyed = z.object({
  kind: z.literal('group.destroyed'),
  reason: z.string().max(100),
})

export const groupFacts = [groupRequested, groupDestroyed] as const
