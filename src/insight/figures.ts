/** The team's figures of one repository over a period, from its facts alone (O2). Each figure is one file beside this one. */
import type { Fact, FactKind } from '../core/facts.ts'
import type { RepositoryName } from '../core/ids.ts'
import { type Caught, caught } from './caught.ts'
import { chainsOf } from './chains.ts'
import { type ChangeFailure, changeFailure } from './changeFailure.ts'
import { type Costs, cost } from './cost.ts'
import { type Features, features } from './features.ts'
import { odds, type PhaseOdds } from './odds.ts'
import type { Period } from './period.ts'
import { type ReviewTime, reviewTime } from './reviewTime.ts'
import { type Rework, rework } from './rework.ts'

/** Facts that are counted: those of the period are read. */
export const countedKinds = [
  'bundle.frozen',
  'attempt.started',
  'attempt.ended',
  'attempt.judged',
  'work.pushed',
  'merged',
  'review.told',
  'gates.caught',
  'decision',
  'fix.ended',
  'rework.classified',
  'window.ended',
  'rollout.failed',
  'deploy.intended',
] as const satisfies readonly FactKind[]

/** Which task opened which pull request: read whatever their age, since a merge names no task. */
export const linkKinds = ['pull.opened'] as const satisfies readonly FactKind[]

/** What has to be known of the subjects that are counted, whatever its age: whose, which route, when it was first asked for. */
export const backgroundKinds = [
  'bundle.frozen',
  'route.chosen',
  'origin.evidence',
  'review.told',
  'deploy.decided',
] as const satisfies readonly FactKind[]

export interface Figures {
  repository: RepositoryName
  period: Period
  /** False when there was more to read than is read at once: then `period` begins later than was asked for. */
  complete: boolean
  features: Features
  rework: Rework
  changeFailure: ChangeFailure
  reviewTime: ReviewTime
  caught: Caught
  odds: PhaseOdds[]
  cost: Costs
}

/**
 * Compute every figure.
 *
 * @param facts of the kinds above, in any order; those of other repositories are left out.
 */
export function figures(input: {
  repository: RepositoryName
  facts: readonly Fact[]
  period: Period
  complete: boolean
}): Figures {
  const { repository, facts, period, complete } = input
  const chains = chainsOf(facts, repository, period)
  return {
    repository,
    period,
    complete,
    features: features(chains),
    rework: rework(chains),
    changeFailure: changeFailure(chains),
    reviewTime: reviewTime(chains),
    caught: caught(chains),
    odds: odds(chains),
    cost: cost(chains),
  }
}
