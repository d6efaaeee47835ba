/** The rules in force on a branch, and the proof of them that an operator recorded (A5, T19). */
import { z } from 'zod'

/** What GitHub's rulesets ask of a branch now, as far as Countersign judges it. Classic protection is not in it. */
export interface BranchRules {
  /** `appId` null: the check counts from anyone who can write its name (T15). */
  requiredChecks: { context: string; appId: number | null }[]
  /** Only actors who may bypass a ruleset can update the branch at all. */
  updatesRestricted: boolean
  forcePushesBlocked: boolean
  deletionsBlocked: boolean
  mergeQueue: boolean
  /** Every commit that lands must be signed. */
  signaturesRequired: boolean
}

/** What `countersign doctor` found with an administrator's eyes; kept as a setting of the ledger, one a branch. */
export const EnforcementProof = z.object({
  appId: z.number().int().positive(),
  mode: z.enum(['checks', 'merge']),
  /** App clock, milliseconds since 1970. */
  provenAtMs: z.number().int().nonnegative(),
  /** Login of the operator whose token was used. */
  by: z.string().max(100),
})
export type EnforcementProof = z.infer<typeof EnforcementProof>

export interface EnforcementReading {
  /** Null when nothing asked for them: no merge mode, no proof, or a branch that policy does not protect. */
  rules: BranchRules | null
  proof: EnforcementProof | null
}

/** Name of the ledger's setting that holds the proof for a branch. */
export const proofSetting = (repository: string, branch: string) =>
  `enforcement:${repository.toLowerCase()}@${branch}`
