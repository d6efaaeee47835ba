/** Recording doctor's proof in the ledger, where the App finds it; it expires after 30 days (A5). */
import { existsSync } from 'node:fs'
import { z } from 'zod'
import { systemClock } from '../adapters/clock.ts'
import { openLedger } from '../adapters/ledger/open.ts'
import { silentLog } from '../adapters/log.ts'
import { type EnforcementProof, proofSetting } from '../core/snapshot/rules.ts'
import type { Target } from './doctorTarget.ts'
import { ledgerPlace } from './ledger.ts'
import { type Operator, seen } from './operator.ts'

/**
 * Keep the proof of the branches that hold. A branch that does not hold keeps the proof it had: the App's own watch
 * then says what was loosened since (T19).
 *
 * @returns one sentence about what was kept, or why it could not be.
 */
export async function recordProof(
  operator: Operator,
  settings: Record<string, string | undefined>,
  target: Target,
  appId: number,
  branches: readonly string[],
): Promise<string> {
  if (branches.length === 0)
    return 'No proof is recorded: it takes green lines for checks, updates, force pushes, deletion and bypass.'
  const place = ledgerPlace(settings)
  if ('dataDir' in place && !existsSync(place.dataDir))
    return `No proof is recorded: there is no ledger at ${place.dataDir}. Run doctor where the App keeps its data.`
  const who = await seen(() => operator.ask('GET /user', {}, z.object({ login: z.string() })))
  const proof: EnforcementProof = {
    appId,
    mode: target.mode,
    provenAtMs: systemClock.nowMs(),
    by: who.seen ? who.value.login : 'an operator',
  }
  try {
    const ledger = await openLedger(place, { clock: systemClock, log: silentLog })
    try {
      for (const branch of branches)
        await ledger.putSetting(proofSetting(target.repository, branch), JSON.stringify(proof))
    } finally {
      await ledger.close()
    }
    return `Proof recorded for ${branches.join(', ')}; it lasts 30 days.`
  } catch (error) {
    // The embedded ledger belongs to one process; what doctor found is true all the same.
    const reason = error instanceof Error ? error.message : String(error)
    return `No proof is recorded: ${reason} Stop the App for a moment, or keep the ledger in PostgreSQL (DATABASE_URL).`
  }
}
