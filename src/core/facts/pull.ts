/** Facts of a pull request: its origin, the decisions of people, and its merge. */
import { z } from 'zod'
import { Account } from '../account.ts'
import { checkNames } from '../checkRun.ts'
import { Digest, Sha } from '../ids.ts'
import { sentence, seq } from './shared.ts'

/** Evidence that an agent wrote (part of) a pull request: sticky, once seen it stays (A6). */
const originEvidence = z.object({
  kind: z.literal('origin.evidence'),
  source: z.enum(['account', 'commit', 'trailer', 'branch', 'label', 'app', 'unresolved']),
  detail: sentence,
})
/** A press, command or native review that counted when it was made; standing is judged anew each round (A2, A3). */
const decided = z.object({
  kind: z.literal('decision'),
  check: z.enum(checkNames),
  verdict: z.enum(['approve', 'reject', 'accept']),
  sha: Sha,
  baseRef: z.string().max(255),
  /** Digest of what was shown and is bound: plan digest, review digest, or gates digest. */
  bound: Digest,
  generation: z.number().int().nonnegative(),
  by: Account,
  reason: sentence.nullable(),
  source: z.enum(['button', 'command']),
  commentId: z.number().int().nullable(),
  request: seq,
})
const mergeIntended = z.object({
  kind: z.literal('merge.intended'),
  sha: Sha,
  baseRef: z.string().max(255),
  base: Sha,
})
/**
 * What the gates said and whose approvals stood when a commit was about to be merged (O1). It is told to whoever traces
 * the change; nothing is decided from it, since verdicts are judged anew each time (docs/adr/0009-told-verdicts.md).
 */
const verdictsTold = z.object({
  kind: z.literal('verdicts.told'),
  sha: Sha,
  baseRef: z.string().max(255),
  /** What `countersign/gates` said as a whole. */
  sentence,
  gates: z
    .array(
      z.object({
        gate: z.string().max(60),
        state: z.enum(['pass', 'flag', 'wait', 'fail', 'off']),
        sentence,
        /** Who accepted what it flagged, as a sentence. */
        accepted: sentence.nullable(),
      }),
    )
    .max(60),
  approvals: z.array(z.object({ check: z.enum(checkNames), by: Account })).max(100),
})
/**
 * Told to people for the team's figures: when `countersign/review` first waited for a person, once a pull request; that
 * somebody asked for changes and that it turned green, once a commit (O2). Like `verdicts.told` it is never read by a
 * decision.
 */
const reviewTold = z.object({
  kind: z.literal('review.told'),
  sha: Sha,
  state: z.enum(['asked', 'rejected', 'approved']),
})
/**
 * Told to people for the team's figures, once a commit, gate and state: what a gate said no to, or wanted looked at (O2).
 * Like `verdicts.told` it is never read by a decision.
 */
const gatesCaught = z.object({
  kind: z.literal('gates.caught'),
  sha: Sha,
  gates: z
    .array(z.object({ gate: z.string().max(60), state: z.enum(['fail', 'flag']) }))
    .min(1)
    .max(60),
})
const merged = z.object({
  kind: z.literal('merged'),
  head: Sha,
  merge: Sha,
  /** The branch it landed on as read back (T42). */
  landedOn: z.string().max(255),
  expected: z.string().max(255),
})
/**
 * The base branch as a round first saw it. A native review names no base, so those up to `reviewsUpTo` count no more
 * (T3).
 */
const baseSeen = z.object({
  kind: z.literal('base.seen'),
  baseRef: z.string().max(255),
  /** Highest id of the native reviews that were there when this base was first seen; 0 when there were none. */
  reviewsUpTo: z.number().int().nonnegative(),
  /** `PullReading.baseChanges` then: a base that went away and came back between two rounds starts over too. */
  baseChanges: z.number().int().nonnegative().optional(),
  /** The head then: CI that has run there may have merged it into another base (T3). */
  head: Sha.optional(),
})

/** A round found it in a merge queue's group: what changes here, the group must hear of (T10). */
const queued = z.object({ kind: z.literal('group.joined'), group: z.string().max(300), head: Sha })

export const pullFacts = [
  originEvidence,
  decided,
  mergeIntended,
  verdictsTold,
  reviewTold,
  gatesCaught,
  merged,
  baseSeen,
  queued,
] as const
