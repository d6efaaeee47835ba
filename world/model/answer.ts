// The stand-in's answers in Anthropic's wire format: one JSON message, or the same message as server-sent events.
import type { TurnScript } from './script.ts'
import { type InputUsage, tokensIn } from './usage.ts'

type Content = { type: 'text'; text: string } | { type: 'tool_use'; id: string; name: string; input: unknown }

/** What is said in one answer: a turn of a script, or made up on the spot, where a call may have any input and any id. */
export type Said = Pick<TurnScript, 'text' | 'stopReason'> & {
  toolUse?: { name: string; input: unknown; id?: string }[] | undefined
  /** The model that the answer names, if not the one that was asked. */
  model?: string
}

export interface Answer {
  id: string
  type: 'message'
  role: 'assistant'
  model: string
  content: Content[]
  stop_reason: string
  stop_sequence: null
  usage: InputUsage & { output_tokens: number }
}

/** Streamed pieces are at most this many characters, so that clients have to assemble them. */
const PIECE = 40

/** `serial`: unique in one stand-in, so that no two tool_use ids are alike. */
export function answerFor(turn: Said, model: string, usage: InputUsage, serial: string): Answer {
  const content: Content[] = []
  if (turn.text !== undefined) content.push({ type: 'text', text: turn.text })
  for (const [i, call] of (turn.toolUse ?? []).entries()) {
    content.push({
      type: 'tool_use',
      id: call.id ?? `toolu_${serial}_${i}`,
      name: call.name,
      input: call.input,
    })
  }
  return {
    id: `msg_${serial}`,
    type: 'message',
    role: 'assistant',
    model: turn.model ?? model,
    content,
    stop_reason: turn.stopReason ?? (turn.toolUse === undefined ? 'end_turn' : 'tool_use'),
    stop_sequence: null,
    usage: { ...usage, output_tokens: tokensIn(JSON.stringify(content)) },
  }
}

/** The answer as frames of a text/event-stream, in the order a client must see them. */
export function framesOf(answer: Answer): string[] {
  const { content, stop_reason, stop_sequence, usage } = answer
  const start = { ...answer, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } }
  const frames = [frame('message_start', { message: start }), frame('ping', {})]
  for (const [index, block] of content.entries()) {
    const isText = block.type === 'text'
    const opened = isText ? { ...block, text: '' } : { ...block, input: {} }
    frames.push(frame('content_block_start', { index, content_block: opened }))
    for (const piece of pieces(isText ? block.text : JSON.stringify(block.input))) {
      const delta = isText
        ? { type: 'text_delta', text: piece }
        : { type: 'input_json_delta', partial_json: piece }
      frames.push(frame('content_block_delta', { index, delta }))
    }
    frames.push(frame('content_block_stop', { index }))
  }
  frames.push(
    frame('message_delta', { delta: { stop_reason, stop_sequence }, usage }),
    frame('message_stop', {}),
  )
  return frames
}

export function errorBody(type: string, message: string, requestId: string): string {
  return JSON.stringify({ type: 'error', error: { type, message }, request_id: requestId })
}

function frame(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`
}

/** By code point, so that no surrogate pair is torn apart. */
function pieces(text: string): string[] {
  const points = [...text]
  return Array.from({ length: Math.ceil(points.length / PIECE) }, (_, i) =>
    points.slice(i * PIECE, (i + 1) * PIECE).join(''),
  )
}
