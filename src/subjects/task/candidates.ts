/** Accepted work of a task that may leave the host: which phases write it, and what the last of them wrote. */
import type { Sha } from '../../core/ids.ts'
import type { PhaseId } from '../../pipeline/settings.ts'
import { acceptedHead, routeOf, stateOf } from '../../pipeline/taskState.ts'
import type { TaskContext } from './context.ts'

/** The phases whose accepted work may be pushed: code that failed the sandbox never reaches CI (P6, T38). */
export const pushedPhases: readonly PhaseId[] = ['implementation', 'documentation', 'repair']

/** A candidate that may be pushed, and the phase that wrote it. */
export interface Candidate {
  phase: PhaseId
  sha: Sha
}

/** What the last phase before this one wrote that may be pushed, or null. */
export function writtenBefore(context: TaskContext, before: PhaseId): Candidate | null {
  const head = acceptedHead(context, before)
  const { after } = routeOf(context)
  for (const phase of after.slice(0, after.indexOf(before)).reverse()) {
    const sha = acceptedCandidate(context, phase)
    if (sha !== null && sha === head) return pushedPhases.includes(phase) ? { phase, sha } : null
  }
  return null
}

/** What a phase wrote, once it is accepted, or null. */
export function acceptedCandidate(context: TaskContext, phase: PhaseId): Sha | null {
  const { progress } = stateOf(context, phase)
  return progress.state === 'accepted' ? (progress.attempt.ended?.candidate ?? null) : null
}
