/** The check runs of a merged pull request: they say so, ask for nothing, and keep what they concluded. */
import type { Action } from '../../core/action.ts'
import { type ObservedCheckRun, parseExternalId } from '../../core/checkRun.ts'
import { lastFact } from '../../core/facts.ts'
import { code, headline, short } from '../../core/sentences.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import type { Policy } from '../../policy/schema.ts'
import { newestRuns } from './checks.ts'

const asks = /^(?:Next: |The buttons count |Accepting it takes ).*$/gm

/**
 * One last writing, once the merge is on record: until then the runs are the evidence of what was green (A5). A run that
 * asks for nothing is left as it is. Runs that another open pull request shares are that one's.
 */
export function mergedRuns(snapshot: PullSnapshot<Policy>): Extract<Action, { kind: 'checkRun' }>[] {
  const { pull, runs, siblings, repository } = snapshot
  const merged = lastFact(snapshot.facts, 'merged')
  if (pull.state !== 'merged' || !merged || runs === 'unknown') return []
  if (siblings === 'unknown' || siblings.length > 0) return []
  const { landedOn, merge } = merged.body
  const title = headline(`Merged as ${short(merge)} into ${landedOn}`, 100)
  // A run that never ended stays as it is, and is told once (L2).
  const open = newestRuns(runs, pull.head.sha).filter((run) => asked(run) && run.title !== title)
  return open.flatMap((run) => {
    const external = parseExternalId(run.externalId)
    if (!external) return []
    const before = (run.summary ?? '').replace(asks, '').trim()
    const summary = [
      `#${pull.number} was merged into ${code(landedOn)} as ${merge}. There is nothing left to decide here.`,
      ...(before === '' ? [] : ['', `What stood here until then: **${run.title ?? ''}**`, '', before]),
    ].join('\n')
    const desired = {
      name: run.name,
      sha: run.sha,
      externalId: run.externalId,
      state: 'kept' as const,
      title,
      summary,
      buttons: [],
      shown: external.shown,
      annotations: [],
    }
    return [{ kind: 'checkRun' as const, repository: repository.name, run: desired, runId: run.id }]
  })
}

/** True when a run may show buttons, or waits for something that no longer comes. */
function asked(run: ObservedCheckRun): boolean {
  return run.status !== 'completed' || /^The buttons count /m.test(run.summary ?? '')
}
