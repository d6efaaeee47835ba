/** Tasks: what the rounds of a delegated issue need, judge and decide. The only way in for the loop and the web. */
export { decide } from './task/decide.ts'
export { judge, needs } from './task/judge.ts'
export { isOver } from './task/over.ts'
export type { PhaseView, PhaseWord } from './task/phaseView.ts'
export type { TaskVerdicts } from './task/verdicts.ts'
export { type TaskView, titleOf, view } from './task/view.ts'
