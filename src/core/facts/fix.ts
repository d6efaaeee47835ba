/** Facts of the comment-scoped fix loop: what was asked for when, what is about to be pushed, how each thread ended (F1 to F4). */
import { z } from 'zod'
import { Digest, Sha } from '../ids.ts'
import { sentence, seq } from './shared.ts'

/** Root causes of rework on agents' pull requests (O2). */
export const reworkCauses = [
  'hallucinated-integration',
  'vague-spec',
  'scope-creep',
  'wrong-pattern',
  'other',
] as const
export const ReworkCause = z.enum(reworkCauses)
export type ReworkCause = z.infer<typeof ReworkCause>

/** What a fix request covers: the threads' own lines, other lines of the thread's file, or that whole file (F1). */
export const FixScope = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('cited') }),
  z.object({
    kind: z.literal('lines'),
    from: z.number().int().positive().max(10_000_000),
    to: z.number().int().positive().max(10_000_000),
  }),
  z.object({ kind: z.literal('file') }),
])
export type FixScope = z.infer<typeof FixScope>

/** Recorded when a request counts: what it covers, with the text that was there at that moment (T24). */
const fixAccepted = z.object({
  kind: z.literal('fix.accepted'),
  /** seq of the command or press that asked. */
  request: seq,
  /** Commit that the person looked at: line numbers of `lines` mean this one. */
  head: Sha,
  scope: FixScope,
  threads: z
    .array(
      z.object({
        thread: z.string().max(200),
        /** The comment that opened the thread: replies go there. */
        root: z.number().int(),
        comments: z.array(z.object({ id: z.number().int(), digest: Digest })).max(100),
      }),
    )
    .min(1)
    .max(50),
})

/** How one thread ended. `suggested`: a fork, where the person applies the patch. */
const ThreadEnd = z.object({
  thread: z.string().max(200),
  root: z.number().int(),
  outcome: z.enum(['fixed', 'suggested', 'unchanged', 'refused', 'gone']),
  /** Markdown for the reply in the thread. */
  reply: z.string().max(20_000),
})
export type ThreadEnd = z.infer<typeof ThreadEnd>

const ending = {
  request: seq,
  before: Sha,
  /** The new head, or null when nothing was pushed. */
  sha: Sha.nullable(),
  threads: z.array(ThreadEnd).max(50),
  cause: ReworkCause.nullable(),
  sentence,
}
/** Recorded before a push, so that a run after a crash knows its own commit again (S7). */
const fixPushing = z.object({ kind: z.literal('fix.pushing'), ...ending, sha: Sha })
const fixEnded = z.object({ kind: z.literal('fix.ended'), ...ending })

/** Why a change had to be reworked: said by a person, or by the session that did it (O2). */
const reworkClassified = z.object({
  kind: z.literal('rework.classified'),
  cause: ReworkCause,
  by: z.enum(['person', 'session']),
  /** seq of the command, or of the fix request. */
  request: seq,
})

export const fixFacts = [fixAccepted, fixPushing, fixEnded, reworkClassified] as const
