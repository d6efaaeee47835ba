/** What the ledger is told when a pull request is ready: gates and approvals, for tracing and for nothing else (O1). */
import type { Account } from '../../core/account.ts'
import type { Action } from '../../core/action.ts'
import type { CheckName } from '../../core/checkRun.ts'
import { digestOf } from '../../core/digest.ts'
import { type FactBody, factsOf, lastFact } from '../../core/facts.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import type { Policy } from '../../policy/schema.ts'
import type { PullVerdicts } from './verdicts.ts'

type Told = Extract<FactBody, { kind: 'verdicts.told' }>
type RecordAction = Extract<Action, { kind: 'record' }>

const longestSentence = 1000

/** Gates and approvals as they stand, as one fact. */
export function told(snapshot: PullSnapshot<Policy>, verdicts: PullVerdicts): RecordAction {
  return { kind: 'record', subject: snapshot.key, actor: null, body: bodyOf(snapshot, verdicts) }
}

/**
 * Where GitHub merges by itself (`merge.mode: checks`) no intent of ours comes before the merge, so it is told when
 * everything has turned green, and again when something else is green for the same commit.
 */
export function toldWhenGreen(snapshot: PullSnapshot<Policy>, verdicts: PullVerdicts): RecordAction[] {
  const { policy, pull, facts } = snapshot
  if (!policy.ok || policy.policy.merge.mode !== 'checks' || !policy.policy.enforce) return []
  if (verdicts.treatment === 'pass' || verdicts.missing.length > 0 || verdicts.shared || pull.draft) return []
  if ([verdicts.plan, verdicts.gates, verdicts.review].some(({ verdict }) => verdict.state !== 'pass'))
    return []
  const now = told(snapshot, verdicts)
  const last = lastFact(facts, 'verdicts.told')?.body
  return last && digestOf(last) === digestOf(now.body) ? [] : [now]
}

/** Who stands behind this commit: approvals of the plan that it carries, and reviews that count. */
export function standingApprovals(
  snapshot: PullSnapshot<Policy>,
  verdicts: PullVerdicts,
): { check: CheckName; by: Account }[] {
  const { digest } = verdicts.plan
  const planned =
    verdicts.treatment === 'full' && digest
      ? factsOf(snapshot.facts, 'decision').filter(
          ({ body }) =>
            body.check === 'countersign/plan' && body.verdict === 'approve' && body.bound === digest,
        )
      : []
  const reviewed = verdicts.review.voices.filter(
    (voice) => voice.state === 'counts' && voice.verdict === 'approve',
  )
  return [
    // Who pressed twice stands behind it once.
    ...new Map(
      planned.map(({ body }) => [body.by.id, { check: 'countersign/plan' as const, by: body.by }]),
    ).values(),
    ...reviewed.map(({ by }) => ({ check: 'countersign/review' as const, by })),
  ]
}

function bodyOf(snapshot: PullSnapshot<Policy>, verdicts: PullVerdicts): Told {
  const cut = (text: string) => text.slice(0, longestSentence)
  return {
    kind: 'verdicts.told',
    sha: snapshot.pull.head.sha,
    baseRef: snapshot.pull.base.ref,
    sentence: cut(verdicts.gates.verdict.sentence),
    gates: verdicts.gates.results.map(({ gate, configured, verdict, accepted }) => ({
      gate,
      state: configured ? verdict.state : 'off',
      sentence: cut(verdict.sentence),
      accepted: accepted && cut(accepted),
    })),
    approvals: standingApprovals(snapshot, verdicts).slice(0, 100),
  }
}
