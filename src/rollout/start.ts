/** Where a round of a rollout begins: what stands, what wants to come, and which commits it is about. */
import type { Fact } from '../core/facts.ts'
import type { Sha } from '../core/ids.ts'
import type { Known } from '../core/snapshot/common.ts'
import type { DeploymentReading } from '../core/snapshot/rollout.ts'
import { type Questions, questionsOf } from './candidate.ts'
import type { EnvironmentSettings } from './settings.ts'
import { type RolloutState, rolloutState, type Seen, wasLetThrough } from './state.ts'

export interface Start {
  settings: EnvironmentSettings | null
  state: RolloutState
  questions: Questions
  /** The commit whose way here is judged: the candidate, else what was deployed last and is not healthy yet. */
  target: Sha | null
  /** What was deployed last on purpose, whatever stands now. */
  last: Seen | null
  /** The same where it came here without our word, and is not healthy yet. */
  stranger: Seen | null
  /** The commits whose check run is ours to write: the candidate, and what was deployed last. */
  focus: Sha[]
}

export function startOf(input: {
  settings: EnvironmentSettings | null
  facts: readonly Fact[]
  deployments: Known<readonly DeploymentReading[]>
  tip: Sha
  before: readonly Fact[] | null
}): Start {
  const { settings, facts, deployments, tip, before } = input
  const state = rolloutState(facts, deployments === 'unknown' ? [] : deployments)
  const questions = questionsOf(settings, facts, state, tip, before)
  const candidate = questions.candidate?.sha ?? null
  const last =
    state.seen.find(({ adopted, intent }) => !adopted && intent?.body.purpose !== 'rollback') ?? null
  const [newest] = state.seen.filter(({ adopted }) => !adopted)
  const open = last && last.ended?.body.outcome !== 'healthy' ? last.sha : null
  return {
    settings,
    state,
    questions,
    target: candidate ?? open,
    last,
    stranger: open !== null && newest === last && !wasLetThrough(facts, last) ? last : null,
    focus: [...new Set([candidate, last?.sha ?? null].filter((sha) => sha !== null))],
  }
}
