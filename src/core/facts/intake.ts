/** Facts that only an event can tell: recorded by intake before the webhook is answered; the actor is its sender. */
import { z } from 'zod'
import { Account } from '../account.ts'
import { checkNames } from '../checkRun.ts'
import { verbs } from '../command.ts'
import { Digest, Sha } from '../ids.ts'

const delegated = z.object({
  kind: z.literal('issue.delegated'),
  label: z.string().max(100),
  /** All labels of the issue at that moment: one that delegates beside another is refused (P13). Absent in old facts. */
  labels: z.array(z.string().max(100)).max(100).optional(),
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

export const intakeFacts = [
  delegated,
  commanded,
  unknownCommand,
  commandTouched,
  pressed,
  bodyChanged,
  headPushed,
] as const
