/** The ledger with its facts counted as they are appended: sessions with their cost, and how each attempt came out (O2, O5). */
import type { FactBody } from '../../core/facts.ts'
import type { Ledger, Metrics } from '../../core/ports.ts'

type Ended = Extract<FactBody, { kind: 'attempt.ended' }>
type Judged = Extract<FactBody, { kind: 'attempt.judged' }>

/** Attempts beyond this one share a label, so that the number of series is bounded. */
const lastAttempt = 10

/** Only what was really written is counted: a refused append and a doubled delivery are not. */
export function countingLedger(ledger: Ledger, metrics: Metrics): Ledger {
  return {
    ...ledger,
    async append(subject, facts, options) {
      const written = await ledger.append(subject, facts, options)
      for (const { body } of written ?? []) {
        if (body.kind === 'attempt.ended') countSession(metrics, body)
        else if (body.kind === 'attempt.judged') countJudgement(metrics, body)
      }
      return written
    },
  }
}

function countSession(metrics: Metrics, body: Ended): void {
  const { phase, outcome, usage, costUsd, durationMs, model } = body
  metrics.count('sessions_total', { phase, outcome: outcome.kind })
  metrics.observe('session_seconds', durationMs / 1000, { phase })
  metrics.count('session_cost_usd_total', { phase, model }, costUsd)
  const directions = {
    input: usage.inputTokens,
    output: usage.outputTokens,
    cache_read: usage.cacheReadTokens,
    cache_write: usage.cacheWriteTokens,
  }
  for (const [direction, tokens] of Object.entries(directions))
    metrics.count('session_tokens_total', { phase, direction }, tokens)
  // A deliverable is judged; what ended without one has come out already. Validators make no attempt of their own.
  if (outcome.kind !== 'deliverable' && !phase.includes(':')) countAttempt(metrics, body, outcome.kind)
}

/** An attempt is accepted once, and may be sent back later: then both are counted. */
function countJudgement(metrics: Metrics, body: Judged): void {
  if (body.verdict === 'objections') countAttempt(metrics, body, `objections_${body.by}`)
  else if (body.accepted) countAttempt(metrics, body, 'accepted')
}

function countAttempt(metrics: Metrics, of: { phase: string; attempt: number }, outcome: string): void {
  const attempt = of.attempt > lastAttempt ? `over ${lastAttempt}` : String(of.attempt)
  metrics.count('attempts_total', { phase: of.phase, attempt, outcome })
}
