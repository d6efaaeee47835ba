/** The transcript of a session: everything needed to go on after a kill without asking or doing anything twice. */
import { z } from 'zod'
import { noUsage, Usage } from '../../core/usage.ts'

const Message = z.object({ role: z.enum(['user', 'assistant']), content: z.unknown() })
export type TranscriptMessage = z.infer<typeof Message>

const ToolOutcome = z.object({ content: z.string(), isError: z.boolean() })
export type ToolOutcome = z.infer<typeof ToolOutcome>

const Outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('deliverable'), deliverable: z.unknown() }),
  z.object({ kind: z.literal('questions'), questions: z.array(z.string()) }),
])
export type Outcome = z.infer<typeof Outcome>

export const Transcript = z.object({
  version: z.literal(1),
  messages: z.array(Message),
  /** Calls of tools with effect that were begun: without a result they are never repeated, only reported (S7). */
  begun: z.array(z.string()),
  /** Results of the newest calls, by tool use id, saved before they are sent. */
  results: z.record(z.string(), ToolOutcome),
  usage: Usage,
  costUsd: z.number(),
  durationMs: z.number(),
  /** How often the endpoint was given up for the time being. */
  interruptions: z.number().int(),
  /** How often the model had to be told to call a tool. */
  reminders: z.number().int(),
  outcome: Outcome.nullable(),
})
export type Transcript = z.infer<typeof Transcript>

/** A transcript that begins with these messages. */
export function newTranscript(messages: TranscriptMessage[]): Transcript {
  return {
    version: 1,
    messages,
    begun: [],
    results: {},
    usage: noUsage,
    costUsd: 0,
    durationMs: 0,
    interruptions: 0,
    reminders: 0,
    outcome: null,
  }
}

const Block = z.looseObject({ type: z.string() })

/** The content of a message as blocks; a plain string is one text block. */
export function blocksOf(message: TranscriptMessage | undefined): z.infer<typeof Block>[] {
  if (!message) return []
  if (typeof message.content === 'string') return [{ type: 'text', text: message.content }]
  const parsed = z.array(Block).safeParse(message.content)
  return parsed.success ? parsed.data : []
}

const Call = z.object({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: z.unknown() })
export type Call = z.infer<typeof Call>

/** The tool calls of an answer. */
export function callsOf(message: TranscriptMessage | undefined): Call[] {
  return blocksOf(message).flatMap((block) => {
    const parsed = Call.safeParse(block)
    return parsed.success ? [parsed.data] : []
  })
}

const Fields = z.record(z.string(), z.unknown())

/**
 * The content of an answer as every endpoint takes it back. Small models write arguments that are no JSON, and their
 * servers hand the text on as it is: the call is refused here with a reason, but its text may not be sent as its input.
 */
export function sendable(content: readonly object[]): object[] {
  return content.map((block) => {
    const call = Call.safeParse(block)
    if (!call.success || Fields.safeParse(call.data.input).success) return block
    return { ...block, input: { not_an_object: call.data.input } }
  })
}

/** A tool result as the wire format wants it. */
export function resultBlock(id: string, outcome: ToolOutcome) {
  return {
    type: 'tool_result' as const,
    tool_use_id: id,
    content: outcome.content,
    ...(outcome.isError ? { is_error: true } : {}),
  }
}
