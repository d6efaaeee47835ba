/** Pull requests: what their rounds need, judge and decide. The only way in for the loop, the task and the web. */
export { check } from './pull/check.ts'
export { decide, isOver } from './pull/decide.ts'
export { judge } from './pull/judge.ts'
export { needs } from './pull/needs.ts'
export type { CheckVerdict, PullVerdicts } from './pull/verdicts.ts'
