/** The evidence of a snapshot: what the subject needs is loaded until nothing new is asked for. */
import { Bug } from '../core/errors.ts'
import {
  type EvidenceRequest,
  type EvidenceResult,
  type EvidenceView,
  evidenceKey,
  keysAtOnce,
} from '../core/evidence.ts'
import type { Digest, RepositoryName } from '../core/ids.ts'
import type { Ledger } from '../core/ports.ts'

/** One answer may lead to further needs (a diff, then its commands); more steps than this mean a loop. */
const maximumRounds = 10

/** A view over a growing set of results; keys that were never loaded read as not collected yet. */
export function viewOf(
  repository: RepositoryName,
  results: ReadonlyMap<Digest, EvidenceResult>,
): EvidenceView {
  return {
    get<R extends EvidenceRequest>(request: R) {
      // The key covers the kind, so the result under it is of that kind.
      return results.get(evidenceKey(repository, request)) as EvidenceResult<R['kind']> | undefined
    },
  }
}

/**
 * Load everything a snapshot needs into `results`, asking `needs` again after each load.
 *
 * @throws Bug when the needs still grow after ten rounds.
 */
export async function loadNeeds(
  repository: RepositoryName,
  results: Map<Digest, EvidenceResult>,
  ledger: Pick<Ledger, 'evidence'>,
  needs: () => EvidenceRequest[],
): Promise<void> {
  const asked = new Set<Digest>()
  for (let round = 0; round < maximumRounds; round++) {
    const wanted = new Set(needs().map((request) => evidenceKey(repository, request)))
    const keys = [...wanted].filter((key) => !asked.has(key))
    if (keys.length === 0) return
    for (const key of keys) asked.add(key)
    for (let from = 0; from < keys.length; from += keysAtOnce)
      for (const [key, result] of await ledger.evidence(keys.slice(from, from + keysAtOnce)))
        results.set(key, result)
  }
  throw new Bug(`the evidence needs of ${repository} still grow after ${maximumRounds} rounds`)
}
