/** Facts of an environment: what asked to be deployed there, who allowed it, how it went, and what was rolled back (R1 to R4). */
import { z } from 'zod'
import { Account } from '../account.ts'
import { Digest, Sha } from '../ids.ts'
import { WatchRules } from '../watch.ts'
import { sentence, seq } from './shared.ts'

const deploymentId = z.number().int().nonnegative()
const runId = z.number().int().positive()

/** A custom deployment protection rule asked for our word on a job that waits (github-facts: Deployments). */
const ruleAsked = z.object({
  kind: z.literal('rule.asked'),
  environment: z.string().max(255),
  sha: Sha,
  runId,
  deploymentId: deploymentId.nullable(),
  event: z.string().max(60),
})
/** What the waiting job's page says of us meanwhile; GitHub takes ten such reports. */
const ruleReported = z.object({ kind: z.literal('rule.reported'), of: seq, sentence })
/** Recorded before a yes is sent: a job that goes on without its answer on record was let through all the same (S7). */
const ruleAnswering = z.object({ kind: z.literal('rule.answering'), of: seq })
const ruleAnswered = z.object({
  kind: z.literal('rule.answered'),
  /** seq of the question. */
  of: seq,
  state: z.enum(['approved', 'rejected', 'gone']),
  sentence,
})
/** A deployment as a round first saw it. `adopted`: it stood here before Countersign looked, and is not watched. */
const seen = z.object({
  kind: z.literal('deploy.seen'),
  deployment: deploymentId,
  /** Its environment as it was spelled: GitHub is asked for it by this name from now on. */
  environment: z.string().max(255),
  /** What it deploys: for one of ours the commit of its intent, since GitHub names a dispatched workflow's branch. */
  sha: Sha,
  /** seq of the intent that it belongs to. */
  intent: seq.nullable(),
  adopted: z.boolean(),
  /** When it began, where that was before a round saw it: what was measured since is no time before it. */
  beganMs: z.number().int().nonnegative().optional(),
})
/** Recorded before Countersign starts a deployment, which is found again by it (S7). */
const intended = z.object({
  kind: z.literal('deploy.intended'),
  purpose: z.enum(['forward', 'rollback']),
  sha: Sha,
  /** The commit that stood then. */
  from: Sha.nullable(),
  /** For a rollback the deployment that failed. */
  replaces: deploymentId.nullable(),
  way: z.enum(['create', 'dispatch']),
  workflow: z.string().max(300).nullable(),
  /** The range and environment that were approved; null where policy asks nobody, and for a rollback. */
  bound: Digest.nullable(),
})
const made = z.object({
  kind: z.literal('deploy.made'),
  intent: seq,
  deployment: deploymentId.nullable(),
  runId: runId.nullable(),
})
const smokeStarted = z.object({
  kind: z.literal('smoke.started'),
  deployment: deploymentId,
  runId: runId.nullable(),
})
const canaryEnded = z.object({
  kind: z.literal('canary.ended'),
  deployment: deploymentId,
  ok: z.boolean(),
  sentence,
})
/** The rules are those of the base branch at this moment and stay for the whole window (T21). */
const windowOpened = z.object({
  kind: z.literal('window.opened'),
  deployment: deploymentId,
  sha: Sha,
  /** App clock, milliseconds since 1970; samples are due at equal distances after it. */
  atMs: z.number().int().nonnegative(),
  /** First-parent steps that it brought: where a change was deployed is told from here (O1). */
  steps: z.array(Sha).max(250),
  rules: WatchRules,
  /** How it would be taken back, and what cannot be, for as long as policy cannot be used. */
  back: z
    .object({ workflow: z.string().max(300).nullable(), irreversible: z.array(z.string().max(300)).max(100) })
    .optional(),
})
const windowEnded = z.object({
  kind: z.literal('window.ended'),
  deployment: deploymentId,
  sha: Sha,
  /** superseded: another deployment took its place before it was over. */
  outcome: z.enum(['healthy', 'failed', 'held', 'superseded']),
  sentence,
  /** Mean of the conclusive samples, by monitor: the baseline of sources without a past. */
  means: z.record(z.string().max(60), z.number()),
})
/** The change counts as failed (O2), and none of its steps is deployed again until it is reverted; unless it never stood. */
const failed = z.object({
  kind: z.literal('rollout.failed'),
  deployment: deploymentId,
  sha: Sha,
  from: Sha.nullable(),
  /** First-parent steps after `from`. */
  steps: z.array(Sha).max(250),
  sentence,
  /** Why nothing is rolled back by itself, or null. */
  keeps: sentence.nullable(),
  /** GitHub says that it never came up: nothing is known against what it brought, and it may be tried again. */
  stood: z.literal(false).optional(),
})
const rollbackEnded = z.object({
  kind: z.literal('rollback.ended'),
  intent: seq,
  deployment: deploymentId.nullable(),
  ok: z.boolean(),
  sentence,
})
/** Nothing goes on by itself here until a person decides. */
const held = z.object({ kind: z.literal('rollout.held'), deployment: deploymentId, sentence })
/** A press on `countersign/deploy` that counted when it was made; standing is judged anew each round (A2, A3). */
const decided = z.object({
  kind: z.literal('deploy.decided'),
  /** approve, reject: the way to the environment. healthy, rollback: what a held rollout comes to. */
  verdict: z.enum(['approve', 'reject', 'healthy', 'rollback']),
  sha: Sha,
  bound: Digest,
  generation: z.number().int().nonnegative(),
  by: Account,
  request: seq,
})
/** Something that people must hear of, or its end: once an episode and kind (R3). */
const alertRaised = z.object({
  kind: z.literal('alert.raised'),
  episode: z.string().max(200),
  what: z.enum(['raised', 'recovered']),
  title: z.string().max(200),
  text: z.string().max(3000),
})
/** It left the house, or could not. */
const alertSent = z.object({
  kind: z.literal('alert.sent'),
  /** seq of the alert. */
  of: seq,
  channel: z.string().max(60),
  ok: z.boolean(),
  sentence,
})

export const rolloutFacts = [
  ruleAsked,
  ruleReported,
  ruleAnswering,
  ruleAnswered,
  seen,
  intended,
  made,
  smokeStarted,
  canaryEnded,
  windowOpened,
  windowEnded,
  failed,
  rollbackEnded,
  held,
  decided,
  alertRaised,
  alertSent,
] as const

/** What a deployment of ours carries in its payload, to be found again by: the intent that announced it (S7). */
export const intentMarker = (subject: string, intent: number): string => `${subject}:${intent}`
