/** What a pull request's round wants to be collected. */
import { digestOf } from '../../core/digest.ts'
import type { EvidenceRequest } from '../../core/evidence.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import { allGates } from '../../gates/all.ts'
import type { Policy } from '../../policy/schema.ts'
import { contextNeeds, contextOf } from './context.ts'
import { gateInput } from './gates.ts'

/**
 * Evidence that the verdicts read, each request once. Asked again after each answer: later needs may depend on
 * earlier results. A person's pull request that policy lets pass asks for the commits and the diff only.
 */
export function needs(snapshot: PullSnapshot<Policy>): EvidenceRequest[] {
  if (!snapshot.policy.ok || snapshot.pull.state !== 'open') return []
  const context = contextOf(snapshot, snapshot.policy.policy)
  const requests = contextNeeds(context)
  // Who wrote it decides whether anything is run at all; while that is unclear nothing of it runs in the sandbox.
  if (context.treatment !== 'pass' && context.origin.kind !== 'unclear' && !context.planning) {
    const input = gateInput(context)
    requests.push(...allGates.filter((gate) => gate.off(input) === null).flatMap((gate) => gate.needs(input)))
  }
  return [...new Map(requests.map((request) => [digestOf(request), request])).values()]
}
