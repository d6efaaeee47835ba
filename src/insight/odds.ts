/** Odds of success by attempt: whether another try at a phase helps, which is what the cap on attempts should rest on (O2, P3). */
import type { Fact, FactOf } from '../core/facts.ts'
import type { Chains } from './chains.ts'
import { within } from './period.ts'

/** Attempts from this one on share a row. */
export const lastAttempt = 4

/** How an attempt stands: `open` is at work, or its judgement is not all there. */
type Standing = 'open' | 'accepted' | 'takenBack' | 'failed'

export interface PhaseOdds {
  phase: string
  /** By the attempt's number in its task, from 1; the last row holds that number and all above it. */
  attempts: {
    attempt: number
    started: number
    /** No longer open: what accepted and taken back are a part of. */
    settled: number
    /** Accepted, and standing. */
    accepted: number
    /** Accepted at first; then the review session or a person sent it back. */
    takenBack: number
  }[]
}

/**
 * An attempt counts in the period in which it was started. It succeeded when everything that judges it said pass and
 * nobody has sent it back since; it failed when somebody objected, or when its session ended without a deliverable: by an
 * error, a question, a limit or a stop. Numbers go on through a task: the first repair of a second red CI is not attempt 1.
 * Left out: the sessions of validators, which judge attempts and make none, and fixes of review comments.
 */
export function odds({ tasks, period }: Chains): PhaseOdds[] {
  const isIn = within(period)
  const phases = new Map<string, { attempt: number; standing: Standing }[]>()
  for (const { facts } of tasks)
    for (const attempt of attemptsIn(facts)) {
      if (!isIn(attempt.started)) continue
      const { phase } = attempt.started.body
      phases.set(phase, [...(phases.get(phase) ?? []), attempt])
    }
  return [...phases]
    .map(([phase, all]) => ({ phase, attempts: rowsOf(all) }))
    .sort((a, b) => Number(a.phase > b.phase) - Number(a.phase < b.phase))
}

interface AttemptRead {
  attempt: number
  standing: Standing
  started: FactOf<'attempt.started'>
}

/** Every attempt of a task with how it stands; the fold agrees with the pipeline's own, which decides what is due. */
export function attemptsIn(facts: readonly Fact[]): AttemptRead[] {
  const attempts = new Map<string, AttemptRead>()
  for (const fact of facts) {
    const { body } = fact
    if (body.kind === 'attempt.started') {
      const name = `${body.phase} ${body.attempt}`
      if (!body.phase.includes(':') && !attempts.has(name))
        attempts.set(name, { attempt: body.attempt, standing: 'open', started: { ...fact, body } })
    } else if (body.kind === 'attempt.ended' || body.kind === 'attempt.judged') {
      const found = attempts.get(`${body.phase} ${body.attempt}`)
      if (found) found.standing = next(found.standing, body)
    }
  }
  return [...attempts.values()]
}

function next(
  standing: Standing,
  body: FactOf<'attempt.ended'>['body'] | FactOf<'attempt.judged'>['body'],
): Standing {
  if (body.kind === 'attempt.ended') return body.outcome.kind === 'deliverable' ? standing : 'failed'
  if (body.by === 'person' || body.by === 'review') return standing === 'failed' ? standing : 'takenBack'
  if (body.verdict === 'objections') return 'failed'
  return body.accepted && standing === 'open' ? 'accepted' : standing
}

function rowsOf(all: readonly { attempt: number; standing: Standing }[]): PhaseOdds['attempts'] {
  const highest = Math.min(lastAttempt, Math.max(...all.map(({ attempt }) => attempt)))
  return Array.from({ length: highest }, (_, index) => {
    const attempt = index + 1
    const here = all.filter((one) => Math.min(one.attempt, lastAttempt) === attempt)
    const count = (standing: Standing) => here.filter((one) => one.standing === standing).length
    return {
      attempt,
      started: here.length,
      settled: here.length - count('open'),
      accepted: count('accepted'),
      takenBack: count('takenBack'),
    }
  })
}
