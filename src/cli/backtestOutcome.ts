/** What production's verdicts on a past pull request come to: blocked, flagged, passes, or not to be known (O7, S9). */
import { listed } from '../core/sentences.ts'
import { allGates } from '../gates/all.ts'
import type { PullVerdicts } from '../subjects/pull.ts'
import { type BacktestPull, type Finding, type Outcome, outcomes } from './backtestReport.ts'

const mostPlaces = 10
const parts = {
  approvals: { part: 'approvals', requirement: 'A3', title: 'Approvals on the merged commit' },
  limits: { part: 'limits', requirement: 'T18', title: "GitHub's limits" },
  origin: { part: 'origin', requirement: 'A6', title: 'Origin' },
  history: { part: 'history', requirement: 'O7', title: 'What GitHub still tells' },
} as const

export function finding(part: keyof typeof parts, state: Finding['state'], sentence: string): Finding {
  return { ...parts[part], state, sentence: spoken(sentence), places: [] }
}

export function outcomeOf(findings: readonly Finding[]): Outcome {
  return outcomes.find((outcome) => findings.some(({ state }) => state === outcome)) ?? 'passes'
}

/**
 * Everything that verdicts on a merged pull request leave standing.
 *
 * @param doubts what its past is not told of: each keeps a pass from being one.
 * @param gone why reports of CI cannot be read any more.
 */
export function findingsOf(
  verdicts: PullVerdicts,
  doubts: readonly string[],
  gone: readonly string[],
): Finding[] {
  const { origin, gates, treatment } = verdicts
  const unclear = origin?.kind === 'unclear'
  return [
    // Of what is unclear no gate is asked, so that they have nothing to say.
    ...(unclear ? [finding('origin', 'unknown', origin.sentence)] : gateFindings(gates, gone)),
    ...(treatment === 'full' && !unclear ? approvalFindings(verdicts) : []),
    ...doubts.map((doubt) => finding('history', 'unknown', doubt)),
  ]
}

const stateOf = { fail: 'blocked', flag: 'flagged', wait: 'unknown' } as const

function gateFindings({ results }: PullVerdicts['gates'], gone: readonly string[]): Finding[] {
  return results.flatMap(({ gate, requirement, title, configured, verdict }) => {
    if (!configured || verdict.state === 'pass') return []
    const sentence = verdict.state === 'wait' ? notKnown(gate, verdict.sentence, gone) : verdict.sentence
    const places = (verdict.annotations ?? [])
      .slice(0, mostPlaces)
      .map(({ path, startLine, message }) => ({ path, line: startLine, message }))
    return [
      { part: gate, requirement, title, state: stateOf[verdict.state], sentence: spoken(sentence), places },
    ]
  })
}

/** Why a gate would still wait: what it rests on is not there any more, or is never made here. */
function notKnown(id: string, sentence: string, gone: readonly string[]): string {
  const reads = allGates.find((gate) => gate.id === id)?.reads
  if (reads === 'report' && gone.length > 0) return `Not known any more: ${listed(gone, 2)}.`
  if (reads === 'command' || (reads === 'command or report' && gone.length === 0))
    return 'It rests on a command of the policy, and nothing of the repository is run here.'
  return gone.length > 0 && reads !== 'ci' ? `Not known any more: ${listed(gone, 2)}.` : sentence
}

/** A rejection that stands, or who is missing; not known while the standing of somebody who spoke is not. */
function approvalFindings({ review }: PullVerdicts): Finding[] {
  const rejection = review.voices.find(({ state }) => state === 'blocks')
  if (rejection) return [finding('approvals', 'blocked', rejection.sentence)]
  if (review.needed.length === 0) return []
  const waits = review.voices.find(({ state }) => state === 'wait')
  return [
    waits
      ? finding('approvals', 'unknown', waits.sentence)
      : finding('approvals', 'blocked', review.verdict.sentence),
  ]
}

/** Evidence makes an agent's for certain; without any it is one because not all of its people have write access. */
export function originOf({ origin }: PullVerdicts, pusherKnown: boolean): BacktestPull['origin'] {
  if (!origin) return { kind: 'unclear', sentence: 'The policy cannot be read.' }
  if (origin.kind === 'person' && !pusherKnown)
    return { kind: 'unclear', sentence: 'Nothing points to an agent, as far as it can be seen.' }
  const sentence = spoken(origin.sentence)
  const treated = origin.kind === 'agent' && origin.fresh.length === 0
  return { kind: treated ? 'treated as an agent' : origin.kind, sentence }
}

/** A sentence of a check run for a terminal, about something that is over. */
function spoken(sentence: string): string {
  return sentence
    .replaceAll('**', '')
    .replace(/(?:[.;] (?:It is|it is|They are|they are) (?:read|asked for) again)(?=\.?$)/, '')
}
