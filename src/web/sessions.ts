/** The sessions of a task in the order in which they began, each with what it handed in and what was said to it (P1, P3). */
import type { Fact, FactBody, FactOf } from '../core/facts.ts'

export type Ended = Extract<FactBody, { kind: 'attempt.ended' }>

export interface SessionView {
  phase: string
  attempt: number
  startedMs: number
  /** What was asked for; another one may have answered (P10). */
  model: string
  endpoint: string
  /** Null while it runs, or when its worker died and it begins again. */
  ended: Ended | null
  objections: { by: string; text: string }[]
  accepted: boolean
}

const objectors: Record<FactOf<'attempt.judged'>['body']['by'], string> = {
  code: 'the checks',
  validator: 'the validator',
  person: 'a person',
  review: 'the review session',
}

/** One entry a session. A session that checks another one's work may begin again, under the same number. */
export function sessionsOf(facts: readonly Fact[]): SessionView[] {
  const sessions = new Map<string, SessionView>()
  const latest = new Map<string, SessionView>()
  for (const { atMs, body } of facts) {
    if (body.kind === 'attempt.started') {
      const { phase, attempt, session, model, endpoint } = body
      const known = sessions.get(session)
      const began = known ?? {
        phase,
        attempt,
        startedMs: atMs,
        model,
        endpoint,
        ended: null,
        objections: [],
        accepted: false,
      }
      sessions.set(session, began)
      latest.set(`${phase} ${attempt}`, began)
    } else if (body.kind === 'attempt.ended') {
      const ended = sessions.get(body.session)
      if (ended) ended.ended = body
    } else if (body.kind === 'attempt.judged') {
      const judged = latest.get(`${body.phase} ${body.attempt}`)
      judged?.objections.push(...body.objections.map((text) => ({ by: objectors[body.by], text })))
      if (judged) judged.accepted = body.verdict === 'pass' && body.accepted === true
    }
  }
  return [...sessions.values()]
}
