/** Model: one session with a model over HTTP, driven by tools that the host executes. */
import type { z } from 'zod'
import type { Usage } from '../usage.ts'

export interface Tool<Input extends z.ZodType = z.ZodType> {
  name: string
  description: string
  input: Input
  /** True when a second run could change something: its result is saved before the next request, and never re-run. */
  hasEffect: boolean
  /** The text shown to the model. Throwing `ToolRefusal` becomes an error result; other errors end the session. */
  execute(input: z.output<Input>, signal: AbortSignal): Promise<string>
}

/** A tool's typed no: shown to the model as an error result. */
export class ToolRefusal extends Error {
  override readonly name = 'ToolRefusal'
}

/** A model behind a named endpoint, with its price. */
export interface ModelChoice {
  endpoint: string
  model: string
  /** US dollars per million tokens; null counts the cost as 0, so that only the other limits hold. */
  prices: { input: number; output: number; cacheRead: number; cacheWrite: number } | null
}

export interface SessionRequest extends ModelChoice {
  /** Stable id; the transcript is saved under it after every step and resumed from there. */
  session: string
  /** Asked in this order when the one before is overloaded, out, late, or refuses to answer (P10). */
  fallbacks?: readonly ModelChoice[]
  /** Sensitive work: only endpoints that the operator has marked as in-house are asked, never another. */
  inHouseOnly?: boolean
  system: string
  /** The opening user message. */
  opening: string
  /** For a resumed attempt: the transcript of the earlier one is continued with this user message. */
  continues: { session: string; message: string } | null
  tools: Tool[]
  /** The tool whose successful call ends the session with its input as the deliverable (T29: never in-band text). */
  handIn: { deliverable: string; questions: string | null }
  /** True for a session that usually ends with its first answer, so that it is not worth caching for a second. */
  endsAtOnce?: boolean
  limits: { maxSteps: number; maxOutputTokens: number; maxMinutes: number; maxCostUsd: number }
}

export type SessionResult = {
  usage: Usage
  costUsd: number
  durationMs: number
  /** The endpoint that was asked last, and the model that answered by its own word; absent when nothing was asked. */
  by?: Pick<ModelChoice, 'endpoint' | 'model'>
} & (
  | { kind: 'deliverable'; deliverable: unknown }
  | { kind: 'questions'; questions: string[] }
  | { kind: 'failed'; reason: string }
  | { kind: 'stopped'; reason: string }
)

export interface Model {
  run(request: SessionRequest, signal: AbortSignal): Promise<SessionResult>
}
