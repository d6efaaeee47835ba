/** A merge queue's groups: what their rounds need, judge and decide. */
export { check } from './group/check.ts'
export { decide, isOver } from './group/decide.ts'
export { judge } from './group/judge.ts'
export { needs } from './group/needs.ts'
