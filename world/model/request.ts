// The Messages request: its shape, and the rules of a conversation that a schema cannot express.
import { z } from 'zod'

const cacheControl = { cache_control: z.unknown().optional() }
const text = z.looseObject({ type: z.literal('text'), text: z.string().min(1), ...cacheControl })
const toolUse = z.looseObject({
  type: z.literal('tool_use'),
  id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  name: z.string().min(1),
  input: z.record(z.string(), z.unknown()),
  ...cacheControl,
})
const toolResult = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string().min(1),
  content: z.union([z.string(), z.array(text)]).optional(),
  is_error: z.boolean().optional(),
  ...cacheControl,
})
const thinking = z.looseObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() })
const Block = z.discriminatedUnion('type', [text, toolUse, toolResult, thinking])
export type Block = z.infer<typeof Block>

const Message = z.strictObject({
  role: z.enum(['user', 'assistant']),
  content: z.union([z.string().min(1), z.array(Block).min(1)]),
})
export type Message = z.infer<typeof Message>

const Tool = z.looseObject({
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/),
  description: z.string().optional(),
  input_schema: z.looseObject({ type: z.literal('object') }),
  ...cacheControl,
})

export const CountRequest = z.looseObject({
  model: z.string().min(1),
  system: z.union([z.string(), z.array(text)]).optional(),
  messages: z.array(Message).min(1).max(100_000),
  tools: z.array(Tool).optional(),
  ...cacheControl,
})
export const MessagesRequest = CountRequest.extend({
  max_tokens: z.number().int().positive(),
  stream: z.boolean().optional(),
  temperature: z.number().min(0).max(1).optional(),
  stop_sequences: z.array(z.string()).optional(),
})
export type CountRequest = z.infer<typeof CountRequest>
export type MessagesRequest = z.infer<typeof MessagesRequest>

/** The first rule this conversation breaks, as a sentence, or null. */
export function conversationProblem({ messages, tools = [] }: CountRequest): string | null {
  const names = tools.map((tool) => tool.name)
  const doubled = names.find((name, i) => names.indexOf(name) !== i)
  if (doubled !== undefined) return `tools: the name "${doubled}" is used twice`
  const seen = new Set<string>()
  for (const [i, message] of messages.entries()) {
    if (message.role !== (i % 2 === 0 ? 'user' : 'assistant')) {
      return `messages.${i}: roles must alternate, beginning with "user"`
    }
    const calls = ids(message, 'tool_use')
    const repeated = calls.find((id) => seen.has(id)) ?? calls.find((id, at) => calls.indexOf(id) !== at)
    if (repeated !== undefined) return `messages.${i}: the tool_use id ${repeated} is not unique`
    for (const id of calls) seen.add(id)
    const problem = pairingProblem(i, messages)
    if (problem !== null) return problem
  }
  if (messages.at(-1)?.role !== 'user') return 'messages: the last message must have the role "user"'
  return null
}

/** Each tool_use of the message before is answered here exactly once, first, and nothing else is answered. */
function pairingProblem(i: number, messages: Message[]): string | null {
  const message = messages[i]
  if (message === undefined) return null
  if (message.role === 'assistant') {
    return ids(message, 'tool_result').length > 0
      ? `messages.${i}: only a user message may hold tool_result`
      : null
  }
  if (ids(message, 'tool_use').length > 0) return `messages.${i}: only an assistant message may hold tool_use`
  const asked = i === 0 ? [] : ids(messages[i - 1], 'tool_use')
  const answered = ids(message, 'tool_result')
  const unanswered = asked.filter((id) => !answered.includes(id))
  if (unanswered.length > 0) {
    return `messages.${i}: no tool_result for the tool_use of the message before: ${unanswered.join(', ')}`
  }
  const unasked = answered.find((id) => !asked.includes(id))
  if (unasked !== undefined)
    return `messages.${i}: tool_result for ${unasked}, which the message before did not ask`
  if (answered.length !== asked.length) return `messages.${i}: a tool_use has more than one tool_result`
  const blocks = Array.isArray(message.content) ? message.content : []
  const late = blocks.slice(answered.length).some((block) => block.type === 'tool_result')
  return late ? `messages.${i}: tool_result blocks must come before any other content` : null
}

function ids(message: Message | undefined, type: 'tool_use' | 'tool_result'): string[] {
  if (message === undefined || typeof message.content === 'string') return []
  return message.content.flatMap((block) => {
    if (block.type === 'tool_use' && type === 'tool_use') return [block.id]
    if (block.type === 'tool_result' && type === 'tool_result') return [block.tool_use_id]
    return []
  })
}

/** All text of a message, tool results included. */
export function textOf(content: string | Block[]): string {
  if (typeof content === 'string') return content
  return content
    .map((block) => {
      if (block.type === 'text') return block.text
      if (block.type === 'tool_result') return textOf(block.content ?? '')
      return ''
    })
    .join('\n')
}
