/** Where a phase stands: a pure fold over the task's facts, with the cap and the early stop of P3. */
import { type Fact, type FactOf, factsOf, settledBySeq } from '../core/facts.ts'
import { cameBack, type Objection, objectionsText, objectionsTo } from './objections.ts'
import { validatorPrefix } from './phases.ts'
import type { PhaseId } from './settings.ts'

/** One attempt with everything that was said about it. */
export interface Attempt {
  attempt: number
  seq: number
  session: string
  endpoint: string
  model: string
  ended: FactOf<'attempt.ended'>['body'] | null
  code: 'pass' | 'objections' | null
  validator: 'pass' | 'objections' | null
  rejectedBySeq: number | null
  /** True once the review session has sent the accepted deliverable back. */
  sentBack: boolean
  objections: Objection[]
  /** Where sessions that checked this attempt ended without a deliverable: the seq of each end. */
  brokenValidators: number[]
  validatorRunning: { session: string; endpoint: string; model: string } | null
  validatorAnswer: FactOf<'attempt.ended'>['body'] | null
}

export type Progress =
  /** A session is due: the first, or the next one with what the earlier ones were told. */
  | { state: 'due'; attempt: number; continues: string | null; message: string | null }
  | { state: 'running'; attempt: Attempt }
  | { state: 'judging'; attempt: Attempt }
  | { state: 'validating'; attempt: Attempt }
  | { state: 'asked'; attempt: Attempt; questions: string[] }
  | { state: 'accepted'; attempt: Attempt }
  | { state: 'exhausted'; attempt: Attempt; reason: string }

export interface PhaseState {
  phase: PhaseId
  attempts: Attempt[]
  progress: Progress
}

export interface FoldOptions {
  /** Facts up to this seq belong to an earlier bundle or plan and do not count for this one. */
  since: number
  /** Attempts before a person takes over (policy). */
  cap: number
  validated: boolean
}

/** Fold the facts of one phase. */
export function phaseState(facts: readonly Fact[], phase: PhaseId, options: FoldOptions): PhaseState {
  const attempts = attemptsOf(facts, phase, options.since)
  const next =
    1 +
    Math.max(
      0,
      ...factsOf(facts, 'attempt.started')
        .filter((fact) => fact.body.phase === phase)
        .map((fact) => fact.body.attempt),
    )
  return { phase, attempts, progress: progressOf(facts, attempts, next, options) }
}

function attemptsOf(facts: readonly Fact[], phase: PhaseId, since: number): Attempt[] {
  const attempts = new Map<number, Attempt>()
  for (const { seq, body } of facts) {
    if (seq <= since) continue
    if (body.kind === 'attempt.started') {
      const { attempt, session, endpoint, model } = body
      if (body.phase === phase && !attempts.has(attempt))
        attempts.set(attempt, {
          attempt,
          seq,
          session,
          endpoint,
          model,
          ended: null,
          code: null,
          validator: null,
          rejectedBySeq: null,
          sentBack: false,
          objections: [],
          brokenValidators: [],
          validatorRunning: null,
          validatorAnswer: null,
        })
      const checked = attempts.get(attempt)
      if (body.phase === validatorPrefix + phase && checked)
        checked.validatorRunning = { session, endpoint, model }
    } else if (body.kind === 'attempt.ended') {
      const found = attempts.get(body.attempt)
      if (!found) continue
      if (body.phase === phase) found.ended = body
      if (body.phase === validatorPrefix + phase) {
        found.validatorRunning = null
        if (body.outcome.kind === 'deliverable') found.validatorAnswer = body
        else found.brokenValidators.push(seq)
      }
    } else if (body.kind === 'attempt.judged' && body.phase === phase) {
      const found = attempts.get(body.attempt)
      if (!found) continue
      const { by } = body
      if (by === 'person') found.rejectedBySeq = seq
      else if (by === 'review') found.sentBack = true
      else found[by] = body.verdict
      found.objections.push(...body.objections.map((text): Objection => ({ by, text })))
    }
  }
  return [...attempts.values()].sort((a, b) => a.attempt - b.attempt)
}

function progressOf(
  facts: readonly Fact[],
  attempts: Attempt[],
  next: number,
  options: FoldOptions,
): Progress {
  const last = attempts.at(-1)
  if (!last) return { state: 'due', attempt: next, continues: null, message: null }
  if (!last.ended) return { state: 'running', attempt: last }
  const { outcome } = last.ended
  if (outcome.kind === 'questions') {
    const answer = answerAfter(facts, last.seq)
    return answer === null
      ? { state: 'asked', attempt: last, questions: outcome.questions }
      : {
          state: 'due',
          attempt: next,
          continues: last.session,
          message: `The answer of the people on the issue:\n${answer}`,
        }
  }
  if (outcome.kind === 'stopped')
    return {
      state: 'due',
      attempt: next,
      continues: last.session,
      message: 'The work was stopped and goes on now. Continue where you were.',
    }
  if (outcome.kind === 'deliverable' && !last.sentBack) {
    if (last.rejectedBySeq !== null) return again(attempts, next)
    if (last.code === null) return { state: 'judging', attempt: last }
    if (last.code === 'pass' && last.validator === 'pass') return { state: 'accepted', attempt: last }
    if (last.code === 'pass' && !options.validated) return { state: 'accepted', attempt: last }
    if (last.code === 'pass' && last.validator === null) {
      const from = lastReset(facts, attempts)
      const broken = last.brokenValidators.filter((seq) => seq > from).length
      return broken >= options.cap
        ? {
            state: 'exhausted',
            attempt: last,
            reason: `the session that checks the deliverable failed ${broken} times`,
          }
        : { state: 'validating', attempt: last }
    }
  }
  const reason = stopReason(facts, attempts, options.cap)
  return reason === null ? again(attempts, next) : { state: 'exhausted', attempt: last, reason }
}

/** The next attempt is told the objections of all attempts, not just the last (P3). */
function again(attempts: Attempt[], next: number): Progress {
  return {
    state: 'due',
    attempt: next,
    continues: attempts.at(-1)?.session ?? null,
    message: objectionsText(attempts),
  }
}

/** Why the phase goes to a person now, or null: the cap, or an objection that came back (also A, B, A). */
function stopReason(facts: readonly Fact[], attempts: readonly Attempt[], cap: number): string | null {
  const from = lastReset(facts, attempts)
  const tried = attempts.filter(
    (one) => one.seq > from && one.rejectedBySeq === null && objectionsTo(one).length > 0,
  )
  if (cameBack(tried)) return 'the same objection came back, so another attempt would not help'
  if (tried.length >= cap) return `${tried.length} of ${cap} attempts were used (pipeline.attempts)`
  return null
}

/** Attempts before a person's retry, larger budget or rejection do not count towards the cap any more. */
function lastReset(facts: readonly Fact[], attempts: readonly Attempt[]): number {
  const retried = acceptedCommands(facts)
    .filter((command) => command.verb === 'retry' || command.verb === 'budget')
    .map((command) => command.settledSeq)
  const rejected = attempts.flatMap((one) => (one.rejectedBySeq === null ? [] : [one.rejectedBySeq]))
  return Math.max(-1, ...retried, ...rejected)
}

function answerAfter(facts: readonly Fact[], seq: number): string | null {
  const answers = acceptedCommands(facts).filter((command) => command.verb === 'answer' && command.seq > seq)
  return answers.length === 0 ? null : answers.map((command) => command.rest).join('\n')
}

export interface AcceptedCommand {
  seq: number
  settledSeq: number
  verb: FactOf<'comment.command'>['body']['verb']
  rest: string
  actor: Fact['actor']
}

/** Commands that were accepted, in the order in which they were settled. */
export function acceptedCommands(facts: readonly Fact[]): AcceptedCommand[] {
  const settled = settledBySeq(facts)
  return factsOf(facts, 'comment.command')
    .flatMap(({ seq, actor, body }) => {
      const answer = settled.get(seq)
      return answer?.body.outcome === 'accepted'
        ? [{ seq, settledSeq: answer.seq, verb: body.verb, rest: body.rest, actor }]
        : []
    })
    .sort((a, b) => a.settledSeq - b.settledSeq)
}
