// Which session of the script a request belongs to, and which turn of it comes next.
import { type CountRequest, type Message, textOf } from './request.ts'
import type { ParsedScript, SessionScript, TurnScript } from './script.ts'

export interface Position {
  phase: string | null
  subject: string | null
  attempt: number
  /** 0-based: the number of assistant messages since the attempt began. */
  turn: number
}

export type Match = { turn: TurnScript; session: number } | { problem: string }

/**
 * A resumed attempt continues the earlier conversation with a user message of its own `Attempt: 2` line, so the
 * last such line counts, and turns are counted from there. Lines in tool results do not count: a file of the
 * repository may hold anything.
 */
export function positionOf({ system = '', messages }: CountRequest): Position {
  const spoken = messages.map((message) => (message.role === 'user' ? ownText(message) : ''))
  const start = Math.max(
    0,
    spoken.findLastIndex((text) => ATTEMPT.test(text)),
  )
  return {
    phase: /^Phase: (\S+)[ \t]*$/m.exec(textOf(system))?.[1] ?? null,
    subject: /^Subject: (\S+)[ \t]*$/m.exec(spoken[0] ?? '')?.[1] ?? null,
    attempt: Number(ATTEMPT.exec(spoken[start] ?? '')?.[1] ?? 1),
    turn: messages.slice(start).filter((message) => message.role === 'assistant').length,
  }
}

const ATTEMPT = /^Attempt: (\d{1,4})[ \t]*$/m

export function findTurn(script: ParsedScript, position: Position, request: CountRequest): Match {
  const said = request.messages.filter((m) => m.role === 'user').map((m) => textOf(m.content))
  const session = script.sessions.findIndex((candidate) => fits(candidate, position, said.join('\n')))
  const here = describe(position)
  const found = script.sessions[session]
  if (found === undefined) return { problem: `The script has no session for ${here}.` }
  const turn = found.turns[position.turn]
  if (turn === undefined) {
    return { problem: `Session ${session} of the script has ${found.turns.length} turns; asked for ${here}.` }
  }
  if (turn.expects !== undefined && !(said.at(-1) ?? '').includes(turn.expects)) {
    const got = (said.at(-1) ?? '').slice(0, 2000)
    return { problem: `The script expects "${turn.expects}" at ${here}, and the newest message says: ${got}` }
  }
  const offered = (request.tools ?? []).map((tool) => tool.name)
  const missing = turn.toolUse?.find((call) => !offered.includes(call.name))
  if (missing !== undefined) {
    return {
      problem: `The script calls ${missing.name} at ${here}, and the request offers: ${offered.join(', ')}.`,
    }
  }
  return { turn, session }
}

function fits({ match }: SessionScript, position: Position, said: string): boolean {
  return (
    match.phase === position.phase &&
    (match.attempt === undefined || match.attempt === position.attempt) &&
    (match.subject === undefined || match.subject === position.subject) &&
    (match.contains === undefined || said.includes(match.contains))
  )
}

function describe({ phase, subject, attempt, turn }: Position): string {
  return `phase ${phase ?? '(no "Phase:" line)'}, subject ${subject ?? '(none)'}, attempt ${attempt}, turn ${turn}`
}

function ownText({ content }: Message): string {
  return typeof content === 'string' ? content : textOf(content.filter((block) => block.type === 'text'))
}
