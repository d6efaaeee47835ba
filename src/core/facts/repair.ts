/** Facts of a red CI on our own pull request: what failed and how it looked, and that it was run again (P8). */
import { z } from 'zod'
import { Sha } from '../ids.ts'

/** A job of the repository's CI that failed at a commit. */
export const RedJob = z.object({
  checkRunId: z.number().int(),
  name: z.string().max(300),
  /** Null for checks that are no jobs of GitHub Actions; those have no log that can be read. */
  workflowPath: z.string().max(300).nullable(),
  conclusion: z.string().max(40).nullable(),
  /** The log, cut to what failed; empty when there was none to read. */
  log: z.string().max(8000),
  /** How the same job of the same workflow ended on the commit that the work is based on. */
  onBase: z.enum(['passes', 'fails', 'unknown']),
})
export type RedJob = z.infer<typeof RedJob>

const red = z.object({
  kind: z.literal('ci.red'),
  sha: Sha,
  base: Sha,
  jobs: z.array(RedJob).min(1).max(20),
})

/** The failed jobs of a commit were asked to run once more; `checks` are the runs that stood before. */
const rerun = z.object({
  kind: z.literal('ci.rerun'),
  sha: Sha,
  checks: z.array(z.number().int()).max(20),
})

export const repairFacts = [red, rerun] as const
