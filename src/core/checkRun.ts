/** Check runs as Countersign writes them: names, buttons whose identifier carries a digest, and the external id. */
import { z } from 'zod'
import type { Digest, Sha, SubjectKey } from './ids.ts'
import type { Annotation } from './verdict.ts'

export const checkNames = [
  'countersign/plan',
  'countersign/gates',
  'countersign/review',
  'countersign/deploy',
] as const
export type CheckName = (typeof checkNames)[number]

/** What a button asks for. One letter, since an identifier has 20 characters and 16 are the digest (github-facts). */
export const buttonLetters = { approve: 'a', reject: 'r', accept: 'f', merge: 'm', fix: 'x' } as const
export type ButtonIntent = keyof typeof buttonLetters

export interface Button {
  /** At most 20 characters. */
  label: string
  /** At most 40 characters. */
  description: string
  intent: ButtonIntent
}

/** The identifier of a button: the intent and the first 16 hex digits of the digest that was shown (T39). */
export function buttonIdentifier(intent: ButtonIntent, shown: Digest): string {
  return `${buttonLetters[intent]}:${shown.slice(0, 16)}`
}

/** The intent and digest prefix of a pressed identifier, or null when it is not one of ours. */
export function parseButton(identifier: string): { intent: ButtonIntent; shownPrefix: string } | null {
  const match = /^([a-z]):([0-9a-f]{16})$/.exec(identifier)
  if (!match) return null
  const found = Object.entries(buttonLetters).find(([, letter]) => letter === match[1])
  return found ? { intent: found[0] as ButtonIntent, shownPrefix: match[2] as string } : null
}

/** `subject|generation|digest`: how intake finds the subject of a pressed run (fork payloads name no pull request). */
export function formatExternalId(subject: SubjectKey, generation: number, shown: Digest): string {
  return `${subject}|${generation}|${shown}`
}

export function parseExternalId(
  externalId: string | null | undefined,
): { subject: SubjectKey; generation: number; shown: Digest } | null {
  const match = /^(.+)\|(\d{1,9})\|([0-9a-f]{64})$/.exec(externalId ?? '')
  return match
    ? { subject: match[1] as string, generation: Number(match[2]), shown: match[3] as string }
    : null
}

/**
 * What a check run must look like. Buttons exist only on completed runs (github-facts), so a run that waits for a
 * person is completed with `action_required`.
 */
export interface DesiredCheckRun {
  name: CheckName
  sha: Sha
  externalId: string
  /** `neutral` is shadow mode: what would have happened, holding nothing up. */
  state:
    | 'in_progress'
    | 'action_required'
    | 'success'
    | 'failure'
    | 'neutral'
    /** What was concluded stands, and only words and buttons change: the pull request is over. Never creates a run. */
    | 'kept'
  /** At most 120 characters: the sentence seen in the pull request's check list. */
  title: string
  /** Markdown, at most 65,535 characters. */
  summary: string
  buttons: Button[]
  /** Digest the buttons carry. */
  shown: Digest
  annotations: Annotation[]
}

/** A run of ours as read back from GitHub. */
export const ObservedCheckRun = z.object({
  id: z.number().int(),
  name: z.enum(checkNames),
  sha: z.string(),
  externalId: z.string(),
  status: z.enum(['queued', 'in_progress', 'completed', 'waiting', 'requested', 'pending']),
  conclusion: z.string().nullable(),
  title: z.string().nullable(),
  summary: z.string().nullable(),
})
export type ObservedCheckRun = z.infer<typeof ObservedCheckRun>
