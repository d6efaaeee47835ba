/** All deterministic checks by id, and running those of one phase. */
import { type Check, type CheckContext, type CheckResult, together } from './checks/check.ts'
import { citations } from './checks/citations.ts'
import { commands } from './checks/commands.ts'
import { planShape } from './checks/planShape.ts'
import { protectedFiles } from './checks/protectedFiles.ts'
import { references } from './checks/references.ts'
import { scope } from './checks/scope.ts'
import { splitShape } from './checks/splitShape.ts'
import { greenOnResult, redOnBase, testsFrozen } from './checks/tests.ts'
import type { CheckId } from './phase.ts'
import { phases } from './phases.ts'

export { type CheckContext, type CheckResult, objects, satisfied } from './checks/check.ts'

const checks: Record<CheckId, Check> = {
  citations,
  planShape,
  splitShape,
  bundles: (context) => context.bundles,
  scope,
  redOnBase,
  greenOnResult,
  testsFrozen,
  commands,
  protected: protectedFiles,
  references,
}

/** What the checks of a phase found, and which of them objected: a check by its id, or the commands of policy by theirs. */
export interface Checked extends CheckResult {
  caught: string[]
}

/**
 * Run a phase's checks in their order and stop at the first that objects or waits, so that no command runs on a
 * candidate which already fails on its diff.
 */
export function runChecks(context: CheckContext): Checked {
  const results: CheckResult[] = []
  for (const id of phases[context.phase].checks) {
    const result = checks[id](context)
    results.push(result)
    const objected = result.objections.length > 0
    if (result.waiting || objected) {
      const names = result.commands?.length ? [...result.commands] : [id]
      return { ...together(results), caught: objected ? names : [] }
    }
  }
  return { ...together(results), caught: [] }
}
