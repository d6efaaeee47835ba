/** The evidence of a snapshot: what the subject needs is loaded until nothing new is asked for. */
import { Bug } from '../core/errors.ts'
import { type EvidenceRequest, type EvidenceResult, evidenceKey } from '../core/evidence.ts'
import type { Digest, RepositoryName } from '../core/ids.ts'
import type { Ledger } from '../core/ports.ts'

/** One answer may lead to further needs (a diff, then its commands); more steps than this mean a loop. */
const maximumRounds = 10

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
    for (const [key, result] of await ledger.evidence(keys)) results.set(key, result)
  }
  throw new Bug(`the evidence needs of ${repository} still grow after ${maximumRounds} rounds`)
}
