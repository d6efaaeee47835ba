/** Units of long work, done outside the round: each ends by recording its result and queueing its subject. */
import { z } from 'zod'
import { EvidenceRequest } from './evidence.ts'
import { Digest, RepositoryName, Sha } from './ids.ts'
import { AlertMessage } from './monitoring.ts'
import { PlanRecord } from './plan.ts'

const subject = z.string().max(400)

export const WorkItem = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('session'),
    subject,
    phase: z.string().max(40),
    attempt: z.number().int().positive(),
    endpoint: z.string().max(80),
    model: z.string().max(120),
  }),
  z.object({ kind: z.literal('collect'), subject, repository: RepositoryName, request: EvidenceRequest }),
  z.object({
    kind: z.literal('issuePlan'),
    subject,
    record: PlanRecord,
    base: Sha,
    branch: z.string().max(255),
    title: z.string().max(256),
    replaces: Sha.nullable(),
  }),
  z.object({
    kind: z.literal('push'),
    subject,
    branch: z.string().max(255),
    sha: Sha,
    expected: Sha,
    phase: z.string().max(40),
  }),
  z.object({ kind: z.literal('openChildren'), subject, split: Digest }),
  z.object({
    kind: z.literal('readCi'),
    subject,
    sha: Sha,
    base: Sha,
    checks: z
      .array(
        z.object({
          checkRunId: z.number().int(),
          name: z.string(),
          appId: z.number().int(),
          sha: Sha,
          status: z.enum(['queued', 'in_progress', 'completed']),
          conclusion: z.string().nullable(),
          workflowPath: z.string().nullable(),
          event: z.string().nullable(),
          runId: z.number().int().nullable(),
        }),
      )
      .min(1)
      .max(20),
    after: z.number().int(),
  }),
  z.object({ kind: z.literal('fix'), subject, request: z.number().int().nonnegative() }),
  z.object({
    kind: z.literal('alert'),
    subject,
    of: z.number().int().nonnegative(),
    channel: z.string().max(60),
    message: AlertMessage,
  }),
  /** The subject is over: its worktree is not needed any more (P7). */
  z.object({ kind: z.literal('release'), subject }),
])
export type WorkItem = z.infer<typeof WorkItem>

/** The small jobs that run ahead of rounds: an eyes reaction, so that a person sees at once that they were heard. */
export const Acknowledgement = z.object({
  repository: RepositoryName,
  commentId: z.number().int(),
  on: z.enum(['issue', 'pull', 'review_comment', 'review']),
})
export type Acknowledgement = z.infer<typeof Acknowledgement>
