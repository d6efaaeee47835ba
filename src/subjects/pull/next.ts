/** The exact next thing to do on a pull request, as one sentence for people. */
import { listed } from '../../core/sentences.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import type { Policy } from '../../policy/schema.ts'
import type { CheckVerdict, PullVerdicts } from './verdicts.ts'

/** The first open point in the order in which a change is decided: plan, gates, review, merge. */
export function nextStep(snapshot: PullSnapshot<Policy>, verdicts: Omit<PullVerdicts, 'next'>): string {
  const { plan, gates, review, shared, merge, missing } = verdicts
  if (snapshot.pull.state !== 'open') return `Nothing: this pull request is ${snapshot.pull.state}.`
  if (missing.length > 0)
    return `Nothing: ${listed(missing, 3)} could not be read and will be asked for again.`
  if (shared)
    return `Close all but one of ${listed(shared.numbers.map((number) => `#${number}`))}: they share one commit.`
  if (plan.verdict.state !== 'pass') return step('countersign/plan', plan)
  if (review.verdict.state === 'fail') return step('countersign/review', review)
  if (gates.verdict.state === 'flag')
    return 'Press Accept on countersign/gates, after a look at what it names.'
  if (gates.verdict.state !== 'pass') return `${gates.verdict.sentence} See countersign/gates.`
  if (review.verdict.state !== 'pass') return step('countersign/review', review)
  if (merge.ready) return 'Press Merge on countersign/review, or comment `/agent merge`.'
  return merge.sentence
}

function step(name: string, check: CheckVerdict): string {
  if (check.verdict.state === 'fail') return check.verdict.sentence
  if (check.buttons.includes('approve')) return `Press Approve or Request changes on ${name}.`
  return check.verdict.sentence
}
