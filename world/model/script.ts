// A script: what the stand-in model says, as data. The demo's sessions are written in this form.
import { z } from 'zod'

/** What goes wrong before (or instead of) an answer. */
export const Fault = z.discriminatedUnion('kind', [
  /** 429 with a retry-after header in seconds; without it when null. */
  z.strictObject({ kind: z.literal('rate_limited'), retryAfterS: z.number().min(0).max(3600).nullable() }),
  /** 529, Anthropic's "overloaded". */
  z.strictObject({ kind: z.literal('overloaded') }),
  z.strictObject({ kind: z.literal('server_error') }),
  /** The answer begins correctly and the connection ends in the middle. */
  z.strictObject({ kind: z.literal('truncated') }),
  /** A proxy's HTML page with status 200. */
  z.strictObject({ kind: z.literal('html') }),
  /** The right answer, late. */
  z.strictObject({ kind: z.literal('slow'), delayMs: z.number().int().min(1).max(600_000) }),
])
export type Fault = z.infer<typeof Fault>

const Turn = z
  .strictObject({
    text: z.string().min(1).optional(),
    toolUse: z
      .array(z.strictObject({ name: z.string().min(1), input: z.record(z.string(), z.unknown()) }))
      .min(1)
      .optional(),
    /** Default: tool_use when tools are called, end_turn otherwise. */
    stopReason: z
      .enum(['end_turn', 'tool_use', 'max_tokens', 'refusal', 'stop_sequence', 'pause_turn'])
      .optional(),
    /** Comes before this turn's answer, `times` times (default 1). */
    fault: Fault.optional(),
    times: z.number().int().min(1).max(1000).optional(),
    /** Text that the newest user message must contain, so that a story that goes wrong is noticed where it does. */
    expects: z.string().min(1).optional(),
  })
  .refine(
    (turn) => turn.text !== undefined || turn.toolUse !== undefined,
    'a turn needs text, toolUse or both',
  )

export const Script = z.strictObject({
  sessions: z.array(
    z.strictObject({
      match: z.strictObject({
        /** From the line `Phase: plan` of the system prompt. */
        phase: z.string().min(1),
        /** From the last line `Attempt: 2` of the user messages; 1 when there is none. */
        attempt: z.number().int().positive().optional(),
        /** From the line `Subject: owner/repo#12` of the first user message. */
        subject: z.string().min(1).optional(),
        /** Text somewhere in the user messages. */
        contains: z.string().min(1).optional(),
      }),
      turns: z.array(Turn).min(1),
    }),
  ),
})
export type Script = z.input<typeof Script>
export type ParsedScript = z.output<typeof Script>
export type SessionScript = ParsedScript['sessions'][number]
export type TurnScript = SessionScript['turns'][number]

/** @throws Error that names the place in the script and what is wrong there. */
export function parseScript(script: unknown): ParsedScript {
  const result = Script.safeParse(script)
  if (result.success) return result.data
  const where = result.error.issues.map((issue) => `${z.core.toDotPath(issue.path)}: ${issue.message}`)
  throw new Error(`The model script is not valid.\n${where.join('\n')}`)
}
