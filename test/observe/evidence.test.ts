/** Evidence of a snapshot: however much one needs, the ledger gives it. */
import { expect, test } from '@jest/globals'
import { type EvidenceRequest, type EvidenceResult, evidenceKey, viewOf } from '../../src/core/evidence.ts'
import { loadNeeds } from '../../src/observe/evidence.ts'
import { openTestLedger } from '../support/ledger.ts'

test('R3: a window of 2,400 samples is loaded whole', async () => {
  const ledger = await openTestLedger()
  try {
    const samples = Array.from(
      { length: 2400 },
      (_, at): EvidenceRequest => ({ kind: 'sample', deployment: 1, atMs: at, untilMs: at + 1, sources: [] }),
    )
    const last = samples.at(-1) as EvidenceRequest
    const result: EvidenceResult = { ok: true, body: { readings: [] } }
    await ledger.putEvidence(evidenceKey('acme/widgets', last), result)
    const results = new Map<string, EvidenceResult>()
    await loadNeeds('acme/widgets', results, ledger, () => samples)
    expect(viewOf('acme/widgets', results).get(last)).toEqual(result)
    expect(results.size).toBe(1)
  } finally {
    await ledger.close()
  }
})
