/** The transcript of a session: everything needed to go on after a kill without asking or doing anything twice. */
import { z } from 'zod'
import type { Ledger } from '../../core/ports/ledger.ts'
import type { SessionRequest } from '../../core/ports/model.ts'
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

/** The saved transcript of a session; else the earlier attempt's with the new message; else the opening. */
export async function loadTranscript(
  ledger: Pick<Ledger, 'transcript'>,
  { session, continues, opening }: Pick<SessionRequest, 'session' | 'continues' | 'opening'>,
): Promise<Transcript> {
  const saved = Transcript.safeParse(await ledger.transcript(session))
  if (saved.success) return saved.data
  const earlier = continues ? Transcript.safeParse(await ledger.transcript(continues.session)) : null
  if (continues && earlier?.success) return newTranscript(continued(earlier.data, continues.message))
  const text = continues ? `${opening}\n\n${continues.message}` : opening
  return newTranscript([{ role: 'user', content: [{ type: 'text', text }] }])
}

const Block = z.looseObject({ type: z.string() })

/** The content of a message as blocks; a plain string is one text block. */
export function blocksOf(message: TranscriptMessage | undefined): z.infer<typeof Block>[] {
  if (!message) return []
  if (typeof message.content === 'string') return [{ type: 'text', text: message.content }]
  const parsed = z.array(Block).safeParse(message.content)
  return parsed.success ? parsed.data : []
}

/**
 * The messages of an earlier attempt with one more user message at their end. Roles alternate, and every tool call of
 * the last answer is paired with a result, whatever moment the earlier session ended at.
 */
function continued(earlier: Transcript, message: string): TranscriptMessage[] {
  const messages = paired(earlier)
  const text = { type: 'text', text: message }
  const last = messages.at(-1)
  if (last?.role === 'user')
    return [...messages.slice(0, -1), { role: 'user', content: [...blocksOf(last), text] }]
  return [...messages, { role: 'user', content: [text] }]
}

/** The messages with results for the calls of a last answer that nobody answered. */
function paired(transcript: Transcript): TranscriptMessage[] {
  const { messages, results } = transcript
  const last = messages.at(-1)
  if (last?.role !== 'assistant') return [...messages]
  const calls = callsOf(last)
  if (calls.length === 0) return [...messages]
  const content = calls.map(({ id }) =>
    resultBlock(
      id,
      (Object.hasOwn(results, id) && results[id]) || {
        content: 'The session ended before this call.',
        isError: true,
      },
    ),
  )
  return [...messages, { role: 'user', content }]
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

/** A tool result as the wire format wants it. */
export function resultBlock(id: string, outcome: ToolOutcome) {
  return {
    type: 'tool_result' as const,
    tool_use_id: id,
    content: outcome.content,
    ...(outcome.isError ? { is_error: true } : {}),
  }
}
