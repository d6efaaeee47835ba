/** A phase as data: one responsibility, what it is given, what it hands in, and what its session may touch (P1, P2). */
import type { z } from 'zod'
import type { CommandName } from '../core/evidence.ts'
import type { PhaseId, Tier } from './settings.ts'

/**
 * What a phase may be given. `issue` is the text of an incomplete issue with its gaps; `bundle` is the frozen delegation; `plan` is the plan as issued (for a hotfix, the accepted
 * diagnosis); `diff` is the change as git tells it; `ci` is what
 * failed in the repository's CI; `subject` is what a validator judges. The rest are deliverables.
 */
export const inputNames = [
  'issue',
  'bundle',
  'discovery',
  'spec',
  'plan',
  'tests',
  'implementation',
  'documentation',
  'diff',
  'ci',
  'subject',
] as const
export type InputName = (typeof inputNames)[number]

/** What a session may write: nothing, or the plan's files of one kind. */
export type Writes = 'none' | 'tests' | 'code' | 'docs'

/** The deterministic checks that judge a deliverable before any model does (pipeline/checks). */
export type CheckId =
  | 'citations'
  | 'planShape'
  | 'splitShape'
  | 'bundles'
  | 'scope'
  | 'redOnBase'
  | 'greenOnResult'
  | 'testsFrozen'
  | 'commands'
  | 'protected'
  | 'references'

export interface Phase<Output extends z.ZodObject = z.ZodObject> {
  id: PhaseId
  /** One sentence, shown in the progress comment's help and in the prompt. */
  responsibility: string
  /** Only these reach the session's opening message (P1). */
  input: readonly InputName[]
  /** Schema of the deliverable: an object, since it is the input of the hand-in tool. */
  output: Output
  /** The phase's own instructions, Markdown. */
  prompt: string
  writes: Writes
  /** Policy commands that the session may run in its worktree. */
  commands: readonly CommandName[]
  /** Whether a missing interface or convention may be asked about on the issue (P4). */
  mayAsk: boolean
  tier: Tier
  checks: readonly CheckId[]
  /** Whether a validator session judges the deliverable after the checks (P3). */
  validated: boolean
}

/** Declare a phase; keeps the type of its deliverable. */
export function definePhase<Output extends z.ZodObject>(phase: Phase<Output>): Phase<Output> {
  return phase
}
