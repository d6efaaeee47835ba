/** The App's own watch over the rules in force: drift blocks, what cannot be read waits (T19, S9). */
import { code } from '../core/sentences.ts'
import type { Known } from '../core/snapshot/common.ts'
import type { EnforcementProof, EnforcementReading } from '../core/snapshot/rules.ts'
import { fail, type Verdict, wait } from '../core/verdict.ts'
import { doctorCommand } from './finding.ts'
import { type Clause, clauses, type Mode, weaknesses } from './weaknesses.ts'

/** Bypass lists are shown only to administrators, so what doctor saw must be looked at again after 30 days. */
export const proofLastsMs = 30 * 24 * 3600 * 1000

export interface Watched {
  repository: string
  branch: string
  appId: number
  mode: Mode
  reading: Known<EnforcementReading>
  nowMs: number
}

/** Whether the rules of a branch are watched: always in merge mode, and wherever they were once proven. */
export function isWatched(mode: Mode, proof: EnforcementProof | null): boolean {
  return mode === 'merge' || proof !== null
}

/**
 * What the watch says against a green gates check; null when it has nothing against it.
 *
 * Merge mode needs its checks and the App's sole right to update; a proof promised every clause.
 */
export function judgeWatch({ repository, branch, appId, mode, reading }: Watched): Verdict | null {
  const again = 'It is asked for again.'
  if (reading === 'unknown') return wait(`The rules in force on ${code(branch)} could not be read. ${again}`)
  const { rules, proof } = reading
  if (!isWatched(mode, proof)) return null
  if (!rules) return wait(`The rules in force on ${code(branch)} are not read yet. ${again}`)
  const found = weaknesses(rules, appId, mode)
  // A merge queue holds things up and lets nothing through, so it is left to doctor.
  const asked: readonly Clause[] = proof
    ? clauses.filter((clause) => clause !== 'queue')
    : ['checks', 'updates']
  const broken = asked.flatMap((clause) => found[clause] ?? [])
  if (broken.length === 0) return null
  return fail(
    `The rules of ${code(branch)} no longer enforce the checks: ${broken.join('; ')} (A5, T19). An administrator runs ${code(`${doctorCommand(repository)} --fix`)}.`,
  )
}

/** What is known of the proof, as one line of the gates check; null where nothing is watched. */
export function proofLine({ repository, mode, appId, reading, nowMs }: Watched): string | null {
  if (reading === 'unknown' || !isWatched(mode, reading.proof)) return null
  const { proof } = reading
  const run = code(doctorCommand(repository))
  if (!proof)
    return `Enforcement: the rules in force are watched; who may bypass them was never proven. An administrator runs ${run}.`
  const day = new Date(proof.provenAtMs).toISOString().slice(0, 10)
  // Who may bypass was looked at for other rules than those that hold now.
  if (proof.mode !== mode || proof.appId !== appId)
    return `Enforcement: the proof of ${day} is for ${proof.mode} mode and the App ${proof.appId}; in force are ${mode} mode and the App ${appId}. An administrator runs ${run} again.`
  return nowMs - proof.provenAtMs < proofLastsMs
    ? `Enforcement: proven on ${day} by ${code(proof.by, 40)}, and the rules in force still hold.`
    : `Enforcement: the proof of ${day} has expired after 30 days. An administrator runs ${run} again.`
}
