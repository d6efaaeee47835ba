/** Rollouts: what an environment's rounds need, judge and decide. */
export { check } from './rollout/check.ts'
export { decide, isOver } from './rollout/decide.ts'
export { awaitsPerson } from './rollout/failure.ts'
export { judge } from './rollout/judge.ts'
export { needs, windowRequests } from './rollout/needs.ts'
export type { RolloutVerdicts } from './rollout/verdicts.ts'
export { judgePast } from './rollout/watched.ts'
