/** Facts: the append-only record of what only an event could tell, and of what Countersign itself did (O1). */
import { z } from 'zod'
import { Account } from './account.ts'
import { Bundle } from './bundle.ts'
import { checkNames } from './checkRun.ts'
import { verbs } from './command.ts'
import { Digest, Sha } from './ids.ts'
import { PlanRecord, Route } from './plan.ts'
import { Usage } from './usage.ts'

const seq = z.number().int().nonnegative()
const sentence = z.string().max(4000)

/** Recorded by intake, before the webhook is answered. The actor is the webhook's sender. */
const delegated = z.object({
  kind: z.literal('issue.delegated'),
  label: z.string().max(100),
  title: z.string().max(1024),
  /** The body at the moment of the label, from the payload (D4), cut at 65,536 characters. */
  body: z.string().max(65_536),
  bodyDigest: Digest,
  author: Account,
})
const commanded = z.object({
  kind: z.literal('comment.command'),
  commentId: z.number().int(),
  /** Where it was written: decides where the answer and the reaction go. */
  on: z.enum(['issue', 'pull', 'review_comment', 'review']),
  verb: z.enum(verbs),
  rest: z.string().max(2000),
  bodyDigest: Digest,
  /** Numeric id of the App through which it was written, if any: such events never approve (A1). */
  viaApp: z.number().int().nullable(),
})
const unknownCommand = z.object({
  kind: z.literal('comment.unknown'),
  commentId: z.number().int(),
  word: z.string().max(40),
  nearest: z.enum(verbs).nullable(),
})
/** A command's comment was edited or deleted: it never approves any more (A2, T4); a rejection stands (A4). */
const commandTouched = z.object({
  kind: z.literal('comment.touched'),
  commentId: z.number().int(),
  how: z.enum(['edited', 'deleted']),
})
const pressed = z.object({
  kind: z.literal('button.pressed'),
  checkRunId: z.number().int(),
  checkName: z.enum(checkNames),
  sha: Sha,
  identifier: z.string().max(20),
  externalId: z.string().max(500),
})
const bodyChanged = z.object({
  kind: z.literal('issue.edited'),
  bodyDigest: Digest,
  body: z.string().max(65_536),
  title: z.string().max(1024),
})

/** A head that was pushed, and by whom: who pushed may not approve (A3). `before` is null when the pull was opened. */
const headPushed = z.object({ kind: z.literal('head.pushed'), sha: Sha, before: Sha.nullable() })

/** Recorded by a round: the answer to one request (delegation, command or press), given once. */
const settled = z.object({
  kind: z.literal('settled'),
  /** seq of the fact that asked. */
  of: seq,
  outcome: z.enum(['accepted', 'refused']),
  sentence,
})
const frozen = z.object({
  kind: z.literal('bundle.frozen'),
  /** seq of the delegation it belongs to. */
  delegation: seq,
  digest: Digest,
  bundle: Bundle,
  /** Numeric id of the person who delegated. */
  delegator: Account,
  title: z.string().max(1024),
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
  /** `person`: a plan that was accepted and then rejected by someone who may; the planning session goes on with it (A4). */
  by: z.enum(['code', 'validator', 'person']),
  verdict: z.enum(['pass', 'objections']),
  objections: z.array(sentence).max(50),
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
})
const pushedWork = z.object({
  kind: z.literal('work.pushed'),
  branch: z.string().max(255),
  before: Sha.nullable(),
  sha: Sha,
  phase: z.string().max(40),
})
const pullOpened = z.object({
  kind: z.literal('pull.opened'),
  number: z.number().int().positive(),
  head: Sha,
})
/** Work that ended without its result. For a merge that GitHub refused, `what` is `merge:<sha>`: not tried again for that head unless asked. */
const workFailed = z.object({ kind: z.literal('work.failed'), what: z.string().max(200), reason: sentence })

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
})
const incident = z.object({ kind: z.literal('incident'), sentence })

export const FactBody = z.discriminatedUnion('kind', [
  delegated,
  commanded,
  unknownCommand,
  commandTouched,
  pressed,
  bodyChanged,
  headPushed,
  settled,
  frozen,
  routed,
  attemptStarted,
  attemptEnded,
  attemptJudged,
  handedOff,
  planIssued,
  pushedWork,
  pullOpened,
  workFailed,
  originEvidence,
  decided,
  mergeIntended,
  merged,
  baseSeen,
  incident,
])
export type FactBody = z.infer<typeof FactBody>
export type FactKind = FactBody['kind']

/** A fact as kept: one hash chain a subject. `hash` covers everything before it by way of `previousHash`. */
export interface Fact<B extends FactBody = FactBody> {
  subject: string
  seq: number
  /** Who caused it; null is Countersign itself. */
  actor: Account | null
  /** App clock, milliseconds since 1970. No decision reads it except expiry and freeze windows (A2). */
  atMs: number
  /** Webhook delivery GUID, when an event brought it; the pair (subject, delivery) is recorded at most once. */
  delivery: string | null
  body: B
  previousHash: Digest
  hash: Digest
}

export type FactOf<K extends FactKind> = Fact<Extract<FactBody, { kind: K }>>

/** The facts of one kind, in order. */
export function factsOf<K extends FactKind>(facts: readonly Fact[], kind: K): FactOf<K>[] {
  return facts.filter((fact): fact is FactOf<K> => fact.body.kind === kind)
}

/** The latest fact of one kind, or undefined. */
export function lastFact<K extends FactKind>(facts: readonly Fact[], kind: K): FactOf<K> | undefined {
  return factsOf(facts, kind).at(-1)
}

/** The answers already given, by the seq of the fact that asked. */
export function settledBySeq(facts: readonly Fact[]): Map<number, FactOf<'settled'>> {
  return new Map(factsOf(facts, 'settled').map((fact) => [fact.body.of, fact]))
}
