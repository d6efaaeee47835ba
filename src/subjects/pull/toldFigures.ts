/** What the ledger is told for the team's figures and for nothing else: when people were asked, and what gates caught (O2). */
import type { Action } from '../../core/action.ts'
import { type FactBody, factsOf } from '../../core/facts.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import type { Policy } from '../../policy/schema.ts'
import type { PullVerdicts } from './verdicts.ts'

type RecordAction = Extract<Action, { kind: 'record' }>
type ReviewState = Extract<FactBody, { kind: 'review.told' }>['state']
type Caught = Extract<FactBody, { kind: 'gates.caught' }>['gates']

/** Nobody waits for these facts: a round that records nothing else has changed nothing. */
export const isForFigures = ({ body }: RecordAction): boolean =>
  body.kind === 'review.told' || body.kind === 'gates.caught'

/**
 * Each at most once for its commit, and only from a complete observation; so a pull request at rest is told nothing, and
 * a head at most a fixed number of times (S7, L2). That it is told is all that is ever read of these facts here.
 */
export function toldForFigures(snapshot: PullSnapshot<Policy>, verdicts: PullVerdicts): RecordAction[] {
  if (verdicts.missing.length > 0) return []
  const { sha } = snapshot.pull.head
  const bodies: FactBody[] = []
  const state = reviewState(snapshot, verdicts)
  if (state !== null && !isTold(snapshot, state)) bodies.push({ kind: 'review.told', sha, state })
  const gates = caughtNow(snapshot, verdicts)
  if (gates.length > 0) bodies.push({ kind: 'gates.caught', sha, gates })
  return bodies.map((body) => ({ kind: 'record', subject: snapshot.key, actor: null, body }))
}

/** Where nobody's word is needed, or no button is shown, nobody was asked. */
function reviewState(
  { pull, policy }: PullSnapshot<Policy>,
  { treatment, shared, review }: PullVerdicts,
): ReviewState | null {
  if (pull.draft || treatment !== 'full' || shared || !policy.ok || !policy.policy.enforce) return null
  if (review.verdict.state === 'pass') return 'approved'
  if (review.voices.some((voice) => voice.state === 'blocks')) return 'rejected'
  return review.buttons.includes('approve') ? 'asked' : null
}

function isTold({ facts, pull }: PullSnapshot<Policy>, state: ReviewState): boolean {
  return factsOf(facts, 'review.told').some(
    ({ body }) => body.state === state && (state === 'asked' || body.sha === pull.head.sha),
  )
}

/** What gates say no to, or want looked at, and have not said of this commit before. */
function caughtNow({ facts, pull }: PullSnapshot<Policy>, { gates }: PullVerdicts): Caught {
  const told = new Set(
    factsOf(facts, 'gates.caught')
      .filter(({ body }) => body.sha === pull.head.sha)
      .flatMap(({ body }) => body.gates.map(({ gate, state }) => `${gate} ${state}`)),
  )
  return gates.results.flatMap(({ gate, configured, verdict: { state } }) =>
    configured && (state === 'fail' || state === 'flag') && !told.has(`${gate} ${state}`)
      ? [{ gate, state }]
      : [],
  )
}
