/** The candidate changes only what its phase may change, inside the plan and the caps (P5, P12). */
import { type AllowedPaths, disallowedSentence, isAllowedPath } from '../../core/agentProfile.ts'
import { classify } from '../../core/classify.ts'
import type { DiffFile } from '../../core/evidence.ts'
import type { Plan } from '../../core/plan.ts'
import type { Writes } from '../phase.ts'
import { phases } from '../phases.ts'
import { type Check, objects, satisfied, together, withEvidence } from './check.ts'

/**
 * Whether a phase may write a path: one of the plan's files, of the phase's own kind, that the agent profile may change.
 * The file tools, the host's commit and this check share it, so that they cannot disagree.
 */
export function mayWrite(writes: Writes, plan: Plan, allowed: AllowedPaths | null, path: string): boolean {
  if (!isAllowedPath(allowed, path) || !plan.files.some((file) => file.path === path)) return false
  const kind = classify(path)
  switch (writes) {
    case 'none':
      return false
    case 'tests':
      return kind === 'test'
    case 'docs':
      return kind === 'documentation'
    case 'code':
      return kind !== 'test'
    default:
      return writes satisfies never
  }
}

export const scope: Check = (context) => {
  const { plan, before, candidate, planCommit, settings, allowed } = context
  const { writes } = phases[context.phase]
  if (writes === 'none' || !plan) return satisfied
  if (!candidate || !before || !planCommit)
    return objects('Nothing was changed, although the plan asks for a change in this phase.')
  const step = withEvidence(
    context,
    { kind: 'diff', base: before, head: candidate },
    'What was changed',
    ({ files }) => [
      ...(files.length === 0
        ? ['Nothing was changed, although the plan asks for a change in this phase.']
        : []),
      ...files.flatMap((file) => pathsOf(file).flatMap((path) => objectionTo(writes, plan, allowed, path))),
    ],
  )
  const whole = withEvidence(
    context,
    { kind: 'diff', base: planCommit, head: candidate },
    'The whole change',
    ({ files }) => {
      const lines = files.reduce((sum, file) => sum + file.additions + file.deletions, 0)
      return [
        ...(lines > settings.max_lines
          ? [`The change has ${lines} lines; policy allows ${settings.max_lines} (pipeline.max_lines).`]
          : []),
        ...(files.length > settings.max_files
          ? [
              `The change touches ${files.length} files; policy allows ${settings.max_files} (pipeline.max_files).`,
            ]
          : []),
      ]
    },
  )
  return together([step, whole])
}

function pathsOf(file: DiffFile): string[] {
  return file.renamedFrom === null ? [file.path] : [file.path, file.renamedFrom]
}

function objectionTo(writes: Writes, plan: Plan, allowed: AllowedPaths | null, path: string): string[] {
  if (mayWrite(writes, plan, allowed, path)) return []
  const disallowed = disallowedSentence(allowed, [path])
  if (disallowed !== null) return [`${disallowed} Undo that change.`]
  return plan.files.some((file) => file.path === path)
    ? [
        `${path} may not be changed in this phase, which writes ${writes === 'docs' ? 'documentation' : writes} only. Undo that change.`,
      ]
    : [
        `${path} is not among the plan's files. Undo that change; nothing outside the approved plan may be touched.`,
      ]
}
