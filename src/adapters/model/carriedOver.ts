/** What a session begins with: its own saved history, or that of an earlier attempt unless one bad answer has spoilt it. */
import type { Ledger } from '../../core/ports/ledger.ts'
import type { SessionRequest } from '../../core/ports/model.ts'
import {
  blocksOf,
  callsOf,
  newTranscript,
  resultBlock,
  Transcript,
  type TranscriptMessage,
} from './transcript.ts'

/** Characters; a longer history would leave no room for an attempt of its own. */
const longestCarriedOver = 2_000_000

/** What endpoints take as the id of a call and as the name of a tool. */
const id = /^[\w-]{1,200}$/
const name = /^[\w-]{1,128}$/

/** The saved transcript of a session; else the earlier attempt's with the new message, where it can be sent again; else the opening. */
export async function loadTranscript(
  ledger: Pick<Ledger, 'transcript'>,
  { session, continues, opening }: Pick<SessionRequest, 'session' | 'continues' | 'opening'>,
): Promise<Transcript> {
  const saved = Transcript.safeParse(await ledger.transcript(session))
  if (saved.success) return saved.data
  const earlier = continues ? Transcript.safeParse(await ledger.transcript(continues.session)) : null
  if (continues && earlier?.success) {
    const messages = continued(earlier.data, continues.message)
    if (canBeCarriedOver(messages)) return newTranscript(messages)
  }
  const text = continues ? `${opening}\n\n${continues.message}` : opening
  return newTranscript([{ role: 'user', content: [{ type: 'text', text }] }])
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

/**
 * True when an endpoint can take these messages: each call has an id of its own, a name and an object as input, and is
 * answered by the message after it. A model may answer with anything; what it said then is not repeated to it.
 */
function canBeCarriedOver(messages: readonly TranscriptMessage[]): boolean {
  if (JSON.stringify(messages).length > longestCarriedOver) return false
  const seen = new Set<string>()
  return messages.every((message, index) => {
    if (message.role !== 'assistant') return true
    const calls = callsOf(message)
    const answered = blocksOf(messages[index + 1]).flatMap(({ type, ...block }) =>
      type === 'tool_result' ? [block['tool_use_id']] : [],
    )
    if (answered.length !== calls.length) return false
    return calls.every((call) => {
      const isOdd = seen.has(call.id) || !id.test(call.id) || !name.test(call.name) || !isObject(call.input)
      seen.add(call.id)
      return !isOdd && answered.includes(call.id)
    })
  })
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
