/** Evidence about two commits together: their merge, what one takes back of others, and where lines went between them. */
import { z } from 'zod'
import { Sha } from './ids.ts'

const gitPath = z.string().min(1).max(4096)

export const MergeTreeBody = z.object({ tree: Sha.nullable(), mergeBase: Sha.nullable() })
export const RevertBody = z.object({
  /** Named, but not in the history before it. */
  strangers: z.array(Sha).max(20),
  /** Where undoing conflicts, and the commit settles it in its own way. */
  settled: z.array(gitPath).max(100),
  /** Where the commit leaves something else than undoing would. */
  other: z.array(gitPath).max(100),
})
export type RevertBody = z.infer<typeof RevertBody>

export const LineMapBody = z.object({
  /** The file's name at `to`; null when it is not there any more. */
  path: gitPath.nullable(),
  /** Set when the file at `to` has no lines that could be edited; completes a sentence that begins with its name. */
  problem: z.string().nullable(),
  /** Lines at `to`; a last line without a line feed counts. */
  lines: z.number().int().nonnegative(),
  /** As `git diff -U0` counts them: a side of 0 lines names the line before it. */
  hunks: z
    .array(
      z.object({
        oldStart: z.number().int().nonnegative(),
        oldLines: z.number().int().nonnegative(),
        newStart: z.number().int().nonnegative(),
        newLines: z.number().int().nonnegative(),
      }),
    )
    .max(20_000),
})
export type LineMapBody = z.infer<typeof LineMapBody>
