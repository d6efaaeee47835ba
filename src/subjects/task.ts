/** Tasks: what the rounds of a delegated issue need, judge and decide. The only way in for the loop, work and the web. */
export { contextOf, stateOf, type TaskContext } from './task/context.ts'
export { decide } from './task/decide.ts'
export { judge, needs } from './task/judge.ts'
export { isOver } from './task/over.ts'
export { type SessionPlan, sessionPlan } from './task/session.ts'
export type { Answer, Step, TaskVerdicts } from './task/verdicts.ts'
