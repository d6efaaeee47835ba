/** The story in its order; a new chapter is one more file beside this one and one more entry here. */
import type { Production } from '../production.ts'
import type { Step } from '../story.ts'
import { merge, review } from './approval.ts'
import { board } from './board.ts'
import { checks, code } from './code.ts'
import { delegation } from './delegation.ts'
import { otherAgent, person, stopping } from './others.ts'
import { countersignPlan, planning } from './planning.ts'
import { rolledBack, toProduction } from './production.ts'

export const steps: Step[] = [
  delegation,
  planning,
  countersignPlan,
  code,
  checks,
  review,
  merge,
  stopping,
  person,
  otherAgent,
]

/** What follows on main: the change goes on to production. */
export const productionSteps = (production: Production): Step[] => [
  toProduction(production),
  rolledBack(production),
  board,
]

/** The number of the issue that is stopped: it is opened after the stranger's issue and the agent's pull request. */
export const stoppedIssue = 4
