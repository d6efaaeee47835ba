/** What the rules of a branch lack for each mode: the same answer for the App's watch and for `countersign doctor` (A5, T19). */
import { checkNames } from '../core/checkRun.ts'
import { code, listed } from '../core/sentences.ts'
import type { BranchRules } from '../core/snapshot/rules.ts'

export type Mode = 'checks' | 'merge'

/** The checks that branch rules must require; a deployment's check is asked of environments, not of branches. */
export const requiredNames = checkNames.filter((name) => name !== 'countersign/deploy')

/** The clauses of enforcement, in the order in which they are reported. */
export const clauses = ['checks', 'updates', 'forcePushes', 'deletions', 'queue'] as const
export type Clause = (typeof clauses)[number]

/**
 * Judge each clause of a branch's rules.
 *
 * @returns for each clause null when it holds, else what is wrong, as the end of a sentence without a full stop.
 */
export function weaknesses(rules: BranchRules, appId: number, mode: Mode): Record<Clause, string | null> {
  return {
    checks: checksWeakness(rules, appId),
    updates:
      mode === 'merge' && !rules.updatesRestricted
        ? 'people can update the branch past Countersign, and merge mode needs a rule that only the App may'
        : null,
    forcePushes: rules.forcePushesBlocked ? null : 'force pushes are not blocked',
    deletions: rules.deletionsBlocked ? null : 'the branch can be deleted',
    queue:
      mode === 'merge' && rules.mergeQueue
        ? 'a merge queue is on, and in merge mode only Countersign merges: queues belong to checks mode'
        : null,
  }
}

function checksWeakness({ requiredChecks }: BranchRules, appId: number): string | null {
  const required = (name: string) => requiredChecks.filter((check) => check.context === name)
  const absent = requiredNames.filter((name) => required(name).length === 0)
  if (absent.length > 0)
    return `${listed(absent.map((name) => code(name)))} ${absent.length === 1 ? 'is' : 'are'} not required`
  // One pinned entry is enough: every required entry must be satisfied.
  const loose = requiredNames.filter((name) => !required(name).some((check) => check.appId === appId))
  if (loose.length > 0)
    return `${listed(loose.map((name) => code(name)))} ${loose.length === 1 ? 'is' : 'are'} required by name and not from this App (id ${appId}), so anyone could satisfy it`
  return null
}
