/** Facts of a delegated issue: what was frozen, tried, judged, planned and pushed. */
import { z } from 'zod'
import { Account } from '../account.ts'
import { ProfileName } from '../agentProfile.ts'
import { Bundle } from '../bundle.ts'
import { Digest, Sha } from '../ids.ts'
import { PlanRecord, Route } from '../plan.ts'
import { Usage } from '../usage.ts'
import { sentence, seq } from './shared.ts'

const frozen = z.object({
  kind: z.literal('bundle.frozen'),
  /** seq of the delegation it belongs to. */
  delegation: seq,
  digest: Digest,
  bundle: Bundle,
  /** Numeric id of the person who delegated. */
  delegator: Account,
  title: z.string().max(1024),
  /** The agent profile for as long as this bundle counts; absent for that of the plain label (P13). */
  profile: ProfileName.optional(),
})
const routed = z.object({ kind: z.literal('route.chosen'), route: Route, why: sentence })

/** One attempt at one phase. A validator's session is an attempt at phase `validate` of that phase. */
const attemptStarted = z.object({
  kind: z.literal('attempt.started'),
  phase: z.string().max(40),
  attempt: z.number().int().positive(),
  session: z.string().max(80),
  endpoint: z.string().max(80),
  model: z.string().max(120),
})
const attemptEnded = z.object({
  kind: z.literal('attempt.ended'),
  phase: z.string().max(40),
  attempt: z.number().int().positive(),
  session: z.string().max(80),
  outcome: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('deliverable'), digest: Digest, deliverable: z.unknown() }),
    z.object({ kind: z.literal('questions'), questions: z.array(z.string().max(2000)).min(1).max(10) }),
    z.object({ kind: z.literal('failed'), reason: sentence }),
    z.object({ kind: z.literal('stopped'), reason: sentence }),
  ]),
  /** The host's commit of the worktree after the attempt, on top of the accepted work before it; null if it wrote nothing. */
  candidate: Sha.nullable(),
  usage: Usage,
  costUsd: z.number().nonnegative(),
  model: z.string().max(120),
  endpoint: z.string().max(80),
  durationMs: z.number().nonnegative(),
})
const attemptJudged = z.object({
  kind: z.literal('attempt.judged'),
  phase: z.string().max(40),
  attempt: z.number().int().positive(),
  /**
   * `person`: a plan that was accepted and then rejected by someone who may; the planning session goes on with it (A4).
   * `review`: accepted work in which the review session found a problem; the session that wrote it goes on with it.
   */
  by: z.enum(['code', 'validator', 'person', 'review']),
  verdict: z.enum(['pass', 'objections']),
  objections: z.array(sentence).max(50),
  /** True when nothing else judges the attempt, so that with this it is accepted. */
  accepted: z.boolean().optional(),
  /** For `code` with objections: the check or the command of policy that objected, for the team's figures (O2). */
  caught: z.array(z.string().max(60)).max(20).optional(),
  /** For `review`: the commit that it read. The next attempt sits on it, so that nothing pushed is taken back. */
  head: Sha.optional(),
})
const handedOff = z.object({
  kind: z.literal('phase.handedOff'),
  phase: z.string().max(40),
  reason: sentence,
})
const planIssued = z.object({
  kind: z.literal('plan.issued'),
  digest: Digest,
  commit: Sha,
  /** Tip of the base branch that the plan commit sits on; citations were resolved there. */
  base: Sha,
  branch: z.string().max(255),
  record: PlanRecord,
  /** GitHub made and signed the plan commit since rules asked for it, and so it does with all that follows on the branch. */
  signed: z.literal(true).optional(),
})
/** Local commits and those that GitHub made and signed in their place; recorded before the branch moves to the last (S7). */
const signedWork = z.object({
  kind: z.literal('work.signed'),
  branch: z.string().max(255),
  /** The commit on GitHub that the first of them sits on. */
  onto: Sha,
  /** Oldest first. */
  commits: z
    .array(z.object({ candidate: Sha, sha: Sha }))
    .min(1)
    .max(250),
})
const pushedWork = z.object({
  kind: z.literal('work.pushed'),
  branch: z.string().max(255),
  before: Sha.nullable(),
  /** As it is on GitHub. */
  sha: Sha,
  phase: z.string().max(40),
})
const pullOpened = z.object({
  kind: z.literal('pull.opened'),
  number: z.number().int().positive(),
  head: Sha,
})

export const taskFacts = [
  frozen,
  routed,
  attemptStarted,
  attemptEnded,
  attemptJudged,
  handedOff,
  planIssued,
  signedWork,
  pushedWork,
  pullOpened,
] as const
