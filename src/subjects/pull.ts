/** Pull requests: what their rounds need, judge and decide. The only way in for the loop, the task and the web. */
export { type PullContext, contextOf } from './pull/context.ts'
export { decide, isOver } from './pull/decide.ts'
export { judge } from './pull/judge.ts'
export { check } from './pull/check.ts'
export { needs } from './pull/needs.ts'
export type { CheckVerdict, GateResult, PlanVerdict, PullVerdicts } from './pull/verdicts.ts'
