/** What kept readings show of an event: those that show it otherwise are old; of one under way nobody knows what it will show. */
import type { Sha } from '../../core/ids.ts'
import type { Found, PullObservation, PullState, ReadingPart } from '../../core/ports.ts'
import type { WorkflowRun } from '../../core/snapshot/pull.ts'

interface Kept {
  part: ReadingPart
  asked: readonly unknown[]
  answer?: unknown
}

/** Whether a reading shows the branch, or a pull request from or onto it, anywhere but there; one under way may. */
export function showsElsewhere({ part, asked, answer }: Kept, ref: string, to: Sha): boolean {
  if (part === 'branches') return asked[1] === ref
  if (part !== 'pull') return false
  const reading = answer as Found<PullObservation> | undefined
  if (!reading?.found) return true
  const { head, base } = reading.value.pull
  return (head.ref === ref && head.sha !== to) || (base.ref === ref && base.tip !== to)
}

/** Whether a reading shows the pull request in another state than it has, or as a sibling that it no longer is. */
export function showsOtherwise({ part, asked, answer }: Kept, pull: PullState | undefined): boolean {
  if (part !== 'pull' || !pull) return false
  const reading = answer as Found<PullObservation> | undefined
  if (!reading?.found) return true
  const { draft, state } = reading.value.pull
  if (asked[0] !== pull.number) return pull.state === 'closed' && reading.value.siblings.includes(pull.number)
  return draft !== pull.draft || (state === 'open') !== (pull.state === 'open')
}

/** Whether a reading shows the checks of a commit, by itself or with a pull request; one under way may. */
export function showsChecksOf({ part, asked, answer }: Kept, sha: Sha): boolean {
  if (part === 'checks' && asked[0] === 'run') {
    const run = answer as Found<WorkflowRun> | undefined
    return !run?.found || run.value.sha === sha
  }
  if (part === 'checks') return asked.at(-1) === sha
  if (part !== 'pull') return false
  const reading = answer as Found<PullObservation> | undefined
  return !reading?.found || reading.value.pull.head.sha === sha
}

/** The open pull requests that a reading shows with this head. */
export function pullsShown({ part, answer }: Kept, sha: Sha): number[] {
  const reading = part === 'pull' ? (answer as Found<PullObservation> | undefined) : undefined
  if (!reading?.found) return []
  const { pull, siblings } = reading.value
  return pull.state === 'open' && pull.head.sha === sha ? [pull.number, ...siblings] : []
}
